"""One deployment from its first second to its evidence: the page, its rows, and what people may
say to it: stop, turn back, decide."""

from django.db.models import prefetch_related_objects
from django.http import JsonResponse
from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..services import stopping
from ..services.notices import title_of
from . import log
from .approved_words import approved_words, shown_at
from .door import deployment_page, see_other, show
from .evidence import evidence_of
from .offers import labels_of, links_of, offers_of, warning_of, way_back
from .progress_kept import kept, wait_ms
from .progress_result import advice_of, explained_at, hint_of, result_of, words_of
from .progress_table import STEPS, table_of
from .progress_time import done_of, left_sentence
from .progress_waves import wave_sentence
from .progress_words import next_ms, step_sentence
from .told import is_telling, notices_of, told_sentence
from .witness import drawn_sentence, witness_of
from .workers import nobody_works

TELLING_MS = 2000
"""How soon to ask again, when all has ended and somebody is still being told."""


@deployment_page("GET")
def watch(request, actor, deployment):
    """The page; works without scripts (it loads itself again), permalink for whoever may look."""
    return _page(request, actor, deployment)


@deployment_page("GET")
def rows(request, actor, deployment):
    """What has changed, for `progress.js`: state, table, and log lines after `?after=N`."""
    find, cursor = log.sought(request), log.cursor(request)
    lines = log.after(log.having(deployment.log.all(), find), cursor)
    is_more = len(lines) == log.AT_ONCE
    prefetch_related_objects([deployment], "targets")
    if deployment.status == "running" and not (find or is_more):
        newest = lines[-1]["number"] if lines else cursor
        back, news = kept(deployment, newest, lambda: _news(actor, deployment))
        news = news | {"next_ms": wait_ms(deployment, actor, news["next_ms"])}
    else:
        back, news = _news(actor, deployment, is_more=is_more)
    return JsonResponse(news | {"lines": lines, "offers": offers_of(actor, deployment, back)})


def _news(actor, deployment, *, is_more=False):
    """The way back, and what a poll is answered but for lines and for what this person may do."""
    wait, notices = next_ms(deployment, is_more=is_more), notices_of(deployment)
    if wait is None and is_telling(notices):
        wait = TELLING_MS
    back, said = _said(actor, deployment, notices)
    words = said["words"]
    return back, said | {"tone": words.tone, "icon": words.icon, "next_ms": wait,
                         "drawn": drawn_sentence(deployment)}


@deployment_page("POST")
def stop(request, actor, deployment):
    """Stop it, up to the first switch."""
    return _told(request, actor, deployment, lambda: stopping.stop(actor, deployment),
                 policy.may_stop)


@deployment_page("POST")
def turn_back(request, actor, deployment):
    """Put back what is switched already, instead of going on."""
    return _told(request, actor, deployment, lambda: stopping.turn_back(actor, deployment),
                 policy.may_turn_back)


@deployment_page("POST")
def decide(request, actor, deployment):
    """Finish it or put all back, where it needs a decision."""
    decision = request.POST.get("decision", "")
    return _told(request, actor, deployment,
                 lambda: stopping.decide(actor, deployment, decision), policy.may_decide)


@deployment_page("GET")
def download(request, actor, deployment):
    """The technical log as a text file, masked as it was stored."""
    name = f"{deployment.environment.project.slug}-R-{deployment.pk}"
    return log.as_file(deployment.log.all(), name)


def _told(request, actor, deployment, act, may):
    """Do it and show the page anew; where it is refused, the page says why."""
    try:
        act()
    except Refused as refusal:
        deployment.refresh_from_db()
        return _page(request, actor, deployment, refusal=refusal,
                     decision=may(actor, deployment))
    return see_other("deployment-progress", deployment.pk)


def _said(actor, deployment, notices):
    """The way back, and what both the page and its script show, called like the page's parts."""
    _read_once(deployment)
    back, release, table = way_back(deployment), deployment.release, table_of(deployment)
    hint, see, address = hint_of(deployment)
    step = step_sentence(deployment, actor)
    return back, {
        "words": words_of(deployment), "step": step,
        "result": result_of(deployment), "advice": advice_of(deployment),
        "evidence": evidence_of(deployment), "targets": table,
        "done": done_of(deployment, table), "left": left_sentence(deployment),
        "labels": labels_of(deployment, back),
        "links": links_of(deployment, back) | {
            "see": address, "explained": explained_at(deployment, step)}, "hint": hint, "see": see,
        "warning": warning_of(deployment), "approved": _approved(deployment),
        "nobody": nobody_works() if deployment.is_open else "",
        "waves": wave_sentence(deployment), "content": release.digest[:12],
        "plan": deployment.plan_hash[:12], "told": told_sentence(notices),
    }


def _read_once(deployment):
    """Its servers, and whether its worker is lost: nearly every sentence asks for them."""
    prefetch_related_objects([deployment], "targets")
    deployment.is_lease_over = deployment.is_worker_lost


def _approved(deployment):
    """“, approved by Ben (28 Nov, 14:37), live from 28 Nov, 14:38”, as far as it came; or ""."""
    words = approved_words(deployment)
    if deployment.status == "succeeded" and deployment.kind in (
            deployment.DEPLOY, deployment.ROLLBACK):
        words += _(", live from {at}").format(at=shown_at(deployment.finished_at))
    return words


def _page(request, actor, deployment, *, refusal=None, decision=None):
    status = 200 if refusal is None else 409 if decision else 403
    find = log.sought(request)
    lines, notices = log.newest(log.having(deployment.log.all(), find)), notices_of(deployment)
    back, said = _said(actor, deployment, notices)
    offers, is_open = offers_of(actor, deployment, back), next_ms(deployment) is not None
    if refusal and not refusal.remedy and offers["go_back"]:
        refusal = Refused(refusal.reason, _("Go back instead."))
    return show(
        request, "progress/progress.html", status=status, deployment=deployment, refusal=refusal,
        environment=deployment.environment, title=title_of(deployment), steps=STEPS,
        lines=lines, find=find, last=lines[-1]["number"] if lines else 0,
        is_moving=is_open or is_telling(notices), offers=offers,
        witness=None if is_open else witness_of(deployment, told=said["result"]), **said)
