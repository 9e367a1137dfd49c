"""Verbs around the drift watch: have servers looked at, keep what was seen, tell who is to know.

`facts` of a DriftCheck: `title` and `name` of the live version; `since` (ISO) and `looks`: how long
and how often in a row the answer was the same; `whole`: all files were read; `counts` {sort: how
many findings}, `more`: others there are at least; `notes`: sentences on what was not looked at;
`releases` {name: {epoch, folder, whole_at, is_good}} and `ours` {path: SHA-256}: what the next look
builds on; `told`: the sorts that people know of, `is_away`: they know that it cannot be looked at.
"""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy, queue
from ..drift_words import NO_LOOK, NOT_AS_RELEASED, count, counted, gravest_first
from ..errors import Refused
from ..models import Deployment, DriftCheck, Environment, Installation
from . import notices
from .acting import acting, demand, hold

LOST_AFTER = timedelta(minutes=40)
"""Nobody holds a look by a lease: one that has not been answered by then is asked for anew."""
ROOM = timedelta(minutes=5)
"""How long a look keeps others from being begun: builds need the workers too."""
SHOWN = 200
"""Findings of one installation that are kept in words; the others are counted."""
KEPT = 300
"""Different answers in a row of one installation that are kept."""
AWAY_AFTER = 3
"""Looks in a row that reached nothing until people are told."""
DROPPED = "A release began meanwhile, so this look says nothing."


@dataclass(frozen=True)
class Scene:
    """What a look is about: pks of the live deployment and of the newest one."""

    live: int
    newest: int


def scene_of(environment):
    """Return the Scene, None where nothing of ours is live or a deployment is under way."""
    live = Deployment.objects.live(environment)
    rows = environment.deployments
    if live is None or live.kind == Deployment.ADOPTED or rows.active().exists():
        return None
    return Scene(live.pk, rows.aggregate(newest=Max("pk"))["newest"])


def ask(actor, environment):
    """*Look now*: have all servers of the environment looked at; return the DriftChecks."""
    with acting(actor, "drift.asked", environment=environment):
        demand(policy.may_examine(actor, environment))
        if scene_of(environment) is None:
            _refuse(environment)
        audit.record("drift.asked", _("{actor} had the servers of {environment} compared "
                                      "with what was released").format(
            actor=actor.name, environment=environment), actor=actor, environment=environment)
        rows = _ask(environment, asked_by_name=actor.name)
        if not rows:
            raise Refused(_("{environment} has no server whose identity is confirmed.").format(
                environment=environment.name),
                          _("Ask an administrator to fetch and confirm it."))
        return rows


def _refuse(environment):
    if environment.deployments.active().exists():
        raise Refused(_("A release is under way here: its servers change just now."),
                      _("Look again when it has ended."))
    raise Refused(_("Nothing is live and checked in {environment} yet.").format(
        environment=environment.name),
                  _("Release a version first."))


@transaction.atomic
def _ask(environment, *, asked_by_name=""):
    """Return the DriftChecks that wait for an answer, asked for now where there are none."""
    hold(environment)
    rows = DriftCheck.objects.filter(installation__environment=environment, answered_at=None)
    fresh = rows.filter(asked_at__gt=timezone.now() - LOST_AFTER)
    if fresh:
        fresh.update(asked_by_name=asked_by_name or fresh[0].asked_by_name)
        return list(fresh)
    rows.delete()
    places = _places().filter(environment=environment)
    made = [DriftCheck.objects.create(installation=place, asked_by_name=asked_by_name)
            for place in places]
    if made:
        queue.wake(queue.LOOK, environment.pk)
    return made


def _places():
    return Installation.objects.filter(is_active=True).exclude(server__host_key="")


def ask_due():
    """Have those environments looked at whose turn it is; where they are many, the looks are spread
    over the time between two."""
    going = DriftCheck.objects.filter(answered_at=None, asked_at__gt=timezone.now() - ROOM)
    if not settings.DRIFT_EVERY_MIN or going.exists():
        return
    environments = Environment.objects.filter(
        pk__in=_places().values("environment"), deployments__status="succeeded").distinct()
    since = timezone.now() - timedelta(minutes=settings.DRIFT_EVERY_MIN)
    due = []
    for environment in environments.annotate(asked=Max("installations__driftchecks__asked_at")):
        asked, scene = environment.asked, scene_of(environment)
        if scene and (asked is None or asked <= since or _ended_at(scene) > asked):
            due.append((asked.timestamp() if asked else 0, environment.pk, environment))
    for __, __, environment in sorted(due)[:ceil(len(environments) / settings.DRIFT_EVERY_MIN)]:
        _ask(environment)


def _ended_at(scene):
    return Deployment.objects.values_list("finished_at", flat=True).get(pk=scene.live)


def waiting(environment_pk):
    """DriftChecks of an environment that are to be answered, one after the other."""
    rows = DriftCheck.objects.filter(
        installation__environment=environment_pk, answered_at=None, installation__is_active=True)
    return rows.select_related(
        "installation__server__ssh_key", "installation__environment__project").order_by("pk")


def answered(installation):
    """Answers about an installation that say something, the newest first."""
    rows = DriftCheck.objects.filter(installation=installation, answered_at__isnull=False)
    return rows.exclude(problem=DROPPED)


def intact_since(installation_pk, release_name):
    """Return {epoch, folder} of the last look that saw this version's folder as released; {} none.
    """
    row = DriftCheck.objects.filter(
        installation=installation_pk, **{f"facts__releases__{release_name}__is_good": True}).first()
    return row.facts["releases"][release_name] if row else {}


def drop(check):
    """Answer that nothing can be said: a deployment is under way, or was meanwhile."""
    DriftCheck.objects.filter(pk=check.pk, answered_at=None).update(
        answered_at=timezone.now(), problem=DROPPED)


@transaction.atomic
def answer(check, scene, *, findings=(), facts=None, problem=""):
    """Keep what a look has brought, and tell who is to know where that is news.

    `problem`: it could not be looked at. The look is dropped when `scene` is over.
    """
    environment = check.installation.environment
    hold(environment)
    if scene is None or scene_of(environment) != scene:
        drop(check)
        return
    before = answered(check.installation).first()
    known = before.facts if before else {}
    row = DriftCheck(pk=check.pk, installation=check.installation, problem=problem)
    findings = gravest_first(findings)
    row.is_good = None if problem else not findings
    row.findings = _dated(findings[:SHOWN], before)
    kept = {name: known.get(name, {}) for name in ("releases", "ours", "title", "name")}
    row.facts = kept | (facts or {}) | {
        "counts": count(findings), "told": known.get("told", []),
        "is_away": known.get("is_away", False), "looks": 1, "since": timezone.now().isoformat()}
    is_same = before is not None and _likeness(before) == _likeness(row)
    if is_same:
        row.facts |= {"looks": known["looks"] + 1, "since": known["since"]}
    _tell(environment, row)
    if DriftCheck.objects.filter(pk=check.pk, answered_at=None).update(
            answered_at=timezone.now(), problem=problem, is_good=row.is_good,
            findings=row.findings, facts=row.facts):
        _forget(check, before if is_same else None)


def _dated(findings, before):
    """The findings with the moment each was found first."""
    now = timezone.now().isoformat()
    known = {row["key"]: row["since"] for row in before.findings} if before else {}
    return [row | {"since": known.get(row["key"], now)} for row in findings]


def _likeness(row):
    """What makes two answers the same; why nothing was reached does not."""
    return (row.is_good, row.facts.get("name"), row.facts.get("counts"),
            [found["key"] for found in row.findings])


def _forget(check, same):
    """One row for equal answers in a row, dropped looks until the next, and so many rows in all."""
    rows = DriftCheck.objects.filter(installation=check.installation).exclude(pk=check.pk)
    rows.filter(problem=DROPPED).delete()
    if same:
        same.delete()
    old = rows.filter(answered_at__isnull=False).values_list("pk", flat=True)[KEPT:]
    rows.filter(pk__in=list(old)).delete()


def _tell(environment, row):
    """Tell once what is found, what was found of another sort, and when it is over."""
    facts, server = row.facts, row.installation.server.name
    sorts = sorted(facts["counts"])
    subject = f"{environment}: {NOT_AS_RELEASED.format(server)}"
    if row.is_good is None:
        if facts["looks"] >= AWAY_AFTER and not facts["is_away"]:
            facts["is_away"] = True
            _notify(environment, row, f"{environment}: {sentence(row)}", row.problem)
        return
    if facts["is_away"]:
        facts["is_away"] = False
        _notify(environment, row, _("{environment}: {server} can be looked at again").format(
            environment=environment, server=server),
                _("It is compared with what was released as before."), is_gone=True)
    if row.is_good and facts["told"]:
        facts["told"] = []
        _notify(environment, row, _("{environment}: {server} is as it was released again").format(
            environment=environment, server=server),
                _("What had been changed there is as it should be."), is_gone=True)
    elif set(sorts) - set(facts["told"]):
        facts["told"] = sorts
        first = " ".join(found["text"] for found in row.findings[:5])
        _notify(environment, row, subject,
                _("{sentence}. {first} The page of the drift watch says what to do; nothing was "
                  "changed by us.").format(sentence=sentence(row), first=first))


def _notify(environment, row, subject, text, *, is_gone=False):
    audit.record("drift.gone" if is_gone else "drift.found", subject, environment=environment,
                 server=row.installation.server.name, check=row.pk,
                 findings=[found["text"] for found in row.findings[:20]], problem=row.problem)
    notices.tell_drift(environment, subject, text, is_gone=is_gone, path=reverse(
        "admin:drift", args=[environment.project.slug, environment.slug]))


def sentence(row):
    """“web-1 is not as it was released: 1 file changed”; "" for an answer that is no bad news."""
    server, facts = row.installation.server.name, row.facts
    if row.is_good is False:
        return (f"{NOT_AS_RELEASED.format(server)}: "
                f"{counted(facts['counts'], facts.get('more', 0))}")
    if row.is_good is None and facts.get("looks", 0) >= AWAY_AFTER:
        return NO_LOOK.format(server, facts["looks"])
    return ""


def newest(environments, *, bad_only=False):
    """Return {installation's pk: its newest answer} of active installations there; without those
    that were seen as released, if `bad_only`."""
    rows = DriftCheck.objects.filter(
        installation__environment__in=environments, installation__is_active=True,
        answered_at__isnull=False).exclude(problem=DROPPED)
    last = rows.values("installation").annotate(last=Max("pk")).values_list("last", flat=True)
    found = DriftCheck.objects.filter(pk__in=list(last)).select_related("installation__server")
    if bad_only:
        found = found.exclude(is_good=True)
    return {row.installation_id: row for row in found.order_by("installation__server__name", "pk")}


def lines_of(environments):
    """Return {environment's pk: [sentence of each server that is not as it was released]}."""
    found = {}
    for row in newest(environments, bad_only=True).values():
        if line := sentence(row):
            found.setdefault(row.installation.environment_id, []).append(line)
    return found


def differing(rows):
    """“Servers differ: web-1 has 2.9.1, web-2 has 2.8.1” by these newest answers; else ""."""
    live = {row.installation.server.name: row.facts.get("current", "") for row in rows
            if row.is_good is not None}
    if len(set(live.values())) < 2:
        return ""
    sentences = [_("{server} has {release}").format(server=server, release=name or _("none"))
                 for server, name in sorted(live.items())]
    return _("Servers differ: {sentences}").format(sentences=", ".join(sentences))


def under_way(environment):
    """Return {installation's pk: whether an answer is still to be expected} where one is not there.
    """
    rows = DriftCheck.objects.filter(installation__environment=environment, answered_at=None)
    since = timezone.now() - LOST_AFTER
    return {row.installation_id: row.asked_at > since for row in rows.order_by("pk")}
