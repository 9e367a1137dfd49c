"""What a deployment's page says of its state and its outcome, and what to do or to look at now."""

import re

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ..explained import anchor_of, state_anchor
from ..models import AuditEntry, Deployment
from ..services.line import holder
from ..states import WORKER_LOST, Words
from ..waves import listed
from .evidence import workers_sentence
from .witness import sentence_of
from .workers import nobody_works

_WAITING = ("awaiting_approval", "approved", "scheduled")


def words_of(deployment):
    """Its state, which promises no worker where nobody works."""
    if deployment.is_decided and deployment.decision == Deployment.FINISH:
        return Words(_("In line"), "wait")
    words = deployment.words
    if deployment.status == "running" and words == WORKER_LOST and nobody_works():
        return Words(_("The worker was lost - it goes on when one is there"), "wait")
    return words


def result_of(deployment):
    """The sentence people read when it has ended or needs them; "" while it goes on."""
    if deployment.is_open and not deployment.needs_a_person:
        return ""
    if deployment.status == "succeeded":
        workers = workers_sentence(deployment)
        result = f"{workers}{sentence_of(deployment)}" if workers else deployment.result
        return _("As it was then: {result}").format(result=result) if deployment.is_replaced \
            else result
    result = deployment.result or f"{words_of(deployment)}."
    return _after_a_decision(deployment, result) if deployment.decided_by_name else result


def advice_of(deployment):
    """What to know and to do before deciding; "" where nothing is to be decided."""
    if not deployment.needs_a_person:
        return ""
    targets = deployment.targets.all()
    back = names_of(row for row in targets if row.status == "reverted")
    away = names_of(row for row in targets if row.problem and (
        row.status == "unknown" or (row.status, row.step) == ("failed", "connect")))
    before = deployment.before_title
    to = _("{names} went back to {before} already.") if before else _(
        "{names} was taken off again already.")
    said = [to.format(names=listed(back), before=before)] if back else []
    said += [_("Mend {away} first, then decide.").format(away=listed(away))] if away else []
    return " ".join(said)


def explained_at(deployment, step):
    """The address in Help of what went wrong or is waited for, where that is explained; else of
    the state."""
    is_wrong = deployment.status in ("failed", "errored", "cancelled", "needs_attention")
    anchor = anchor_of((deployment.cause or deployment.result) if is_wrong else step)
    anchor = anchor or state_anchor("deployment", deployment.status)
    return f"{reverse('admin:help')}?see={anchor}#{anchor}"


def hint_of(deployment):
    """(sentence, words of a link, address): what else is to be looked at; empty where nothing."""
    if deployment.status == "waiting_turn":
        first = holder(deployment.environment)
        return ("", _("See {release}").format(release=first.release.title),
                _page_of(first)) if first else ("", "", "")
    if deployment.status in _WAITING and deployment.previous:
        return _("Until it is live, visitors see {release}.").format(
            release=deployment.previous.title), "", ""
    if not deployment.is_replaced:
        return "", "", ""
    live = Deployment.objects.live(deployment.environment)
    words = _("{release} is live again.") if live.release_id == deployment.release_id else \
        _("{release} is live now.")
    return words.format(release=live.release.title), _("See it"), _page_of(live)


def names_of(targets):
    """Their servers, each once."""
    return list(dict.fromkeys(target.server_name for target in targets))


def _page_of(deployment):
    return reverse("admin:deployment-progress", args=[deployment.pk])


def _after_a_decision(deployment, result):
    """The result, with who decided what: why it had stopped before is over, and no order now."""
    name = deployment.decided_by_name
    entry = _decided(deployment)
    if entry is None:
        return result
    is_to_finish = entry.details.get("decision") == Deployment.FINISH
    if deployment.is_open or is_to_finish:
        sentence = (
            _("{name} decided to finish at {at:%H:%M}; it stopped again: {result}") if is_to_finish
            else _("{name} decided to put all back at {at:%H:%M}; it stopped again: {result}"))
        return sentence.format(name=name, at=timezone.localtime(entry.at), result=result)
    rest = result.removeprefix(deployment.cause).strip()
    told = f" {rest}" if rest else ""
    return _("{name} decided to put all back.{told} It had stopped because: {past}").format(
        name=name, told=told, past=_past(deployment))


def _decided(deployment):
    """The newest decision about it in the audit log, or None: turning back is none."""
    return AuditEntry.objects.filter(
        action="deployment.decided", outcome=AuditEntry.DONE, at__gte=deployment.requested_at,
        details__deployment=deployment.pk).order_by("-seq").first()


def _past(deployment):
    """What went wrong, without what was to be done about it: that stands behind a semicolon."""
    return re.sub(r"; [^;]*?(?=\.(\s|$))", "", deployment.cause)
