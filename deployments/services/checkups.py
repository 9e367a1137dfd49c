"""Verbs around the doctor: have installations examined, and read the newest answers.

A look says nothing where a deployment ran meanwhile. It stays unanswered then, as one that was lost
with its worker does, and is taken up again.
"""

from datetime import timedelta
from math import ceil

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy, queue
from ..errors import Refused
from ..models import Checkup, Deployment, Installation, Target
from .acting import acting, demand, hold

LOST_AFTER = timedelta(minutes=5)
"""Nobody holds an examination by a lease: one that has not been answered by then is asked anew."""
NIGHTLY = timedelta(hours=20)
NIGHT_HOURS = range(1, 6)
ROUNDS = 48
"""In so many calls of `ask_at_night` all are examined: the schedule makes 60 of them in a night."""
KEPT = 60
"""Examinations of one installation that are kept."""


def ask(actor, environment):
    """Have all active installations of the environment examined; return their Checkups."""
    with acting(actor, "doctor.asked", environment=environment):
        demand(policy.may_examine(actor, environment))
        places = environment.installations.filter(is_active=True).select_related("server")
        if not places:
            raise Refused(_("{environment} has no server yet.").format(
                environment=environment.name),
                          _("Add an installation, then press Examine again."))
        if scene_of(environment) is None:
            raise Refused(_("A release is under way here: its servers change just now."),
                          _("Press Examine again when it has ended."))
        audit.record("doctor.asked",
                     _("{actor} had the doctor look at {project} ({environment})").format(
                         actor=actor.name, project=environment.project,
                         environment=environment.name), actor=actor, environment=environment)
        return [ask_about(place, asked_by_name=actor.name) for place in places]


def scene_of(environment):
    """Return what is another value once a deployment began to run there; None while one runs."""
    rows = environment.deployments
    if rows.filter(status="running").exists():
        return None
    return rows.aggregate(fence=Max("fence"))["fence"] or 0


@transaction.atomic
def ask_about(installation, *, asked_by_name="", task=queue.EXAMINE):
    """Return the installation's Checkup that waits for its answer, asked for now if there is
    none. `asked_by_name` accepts what is found (see `known_facts`)."""
    hold(installation)
    waiting = Checkup.objects.filter(
        installation=installation, answered_at=None,
        asked_at__gt=timezone.now() - LOST_AFTER).first()
    if waiting and asked_by_name and not waiting.asked_by_name:
        waiting.asked_by_name = asked_by_name
        waiting.save(update_fields=["asked_by_name"])
        queue.wake(task, waiting.pk)  # a person waits for no builds
    if waiting:
        return waiting
    checkup = Checkup.objects.create(installation=installation, asked_by_name=asked_by_name)
    queue.wake(task, checkup.pk)
    return checkup


def ask_after_change(installation):
    """Examine it after somebody set something up; None while the server's identity is unknown."""
    if installation.is_active and installation.server.host_key:
        return ask_about(installation)
    return None


def ask_after_refusal(deployment_pk):
    """Examine at once where a release was stopped by its own look, once it has ended: what that
    look saw is to stand on the doctor's page. It accepts nothing."""
    rows = Target.objects.filter(
        deployment=deployment_pk, deployment__status="failed", status="failed", step="examine",
        installation__is_active=True)
    for row in rows.select_related("installation", "deployment").order_by("pk"):
        if not row.installation.checkups.filter(asked_at__gt=row.deployment.finished_at).exists():
            ask_about(row.installation)


def ask_about_server(server):
    """Examine what lies on a server whose identity was confirmed, or whose setup was changed."""
    places = server.installations.filter(is_active=True).exclude(server__host_key="")
    for installation in places.order_by("pk"):
        ask_about(installation)


def ask_at_night():
    """Examine each installation once a night, some at a time. At any hour: one that never was, or
    was only seen without a version (what PHP is handed shows with one), and one that got no answer.
    Forget what is older than the last `KEPT`, but for the one that releases are compared with.
    """
    now, due = timezone.now(), []
    is_night = timezone.localtime(now).hour in NIGHT_HOURS
    places = Installation.objects.filter(is_active=True).exclude(server__host_key="")
    for place in places.select_related("server", "environment"):
        newest = place.checkups.defer("findings").first()
        if scene_of(place.environment) is None:
            continue
        if newest is None or _is_live_since(newest, place):
            ask_about(place, task=queue.EXAMINE_LATER)
        elif newest.answered_at is None:
            _ask_again(newest)
        elif is_night and newest.asked_at < now - NIGHTLY:
            due.append((newest.asked_at, place.pk, place))
        _forget(place)
    for __, __, place in sorted(due)[:ceil(len(places) / ROUNDS)]:
        ask_about(place, task=queue.EXAMINE_LATER)


def _ask_again(checkup):
    """Take up one that got no answer in time, as whoever asked for it wanted."""
    now = timezone.now()
    rows = Checkup.objects.filter(pk=checkup.pk, answered_at=None, asked_at__lte=now - LOST_AFTER)
    if rows.update(asked_at=now):
        queue.wake(queue.EXAMINE if checkup.asked_by_name else queue.EXAMINE_LATER, checkup.pk)


def _forget(place):
    old = list(place.checkups.values_list("pk", flat=True)[KEPT:])
    accepted = Checkup.objects.accepted(place.pk)
    if old:
        place.checkups.filter(pk__in=old).exclude(pk=accepted and accepted.pk).delete()


@transaction.atomic
def answer(checkup, scene, **columns):
    """Keep what a look has brought; where a deployment ran since `scene`, it stays unanswered."""
    environment = checkup.installation.environment
    hold(environment)
    if scene_of(environment) == scene:
        Checkup.objects.filter(pk=checkup.pk, answered_at=None).update(
            **columns, answered_at=timezone.now())


def _is_live_since(checkup, place):
    """Whether a version went live there after a look that saw none."""
    if not checkup.facts or checkup.facts.get("current"):
        return False
    live = Deployment.objects.live(place.environment)
    return live is not None and live.finished_at > checkup.asked_at


def under_way(environment):
    """Return {installation's pk: whether an answer is still to be expected}, of those alone whose
    newest Checkup is unanswered."""
    rows = Checkup.objects.filter(installation__environment=environment)
    newest = rows.values("installation").annotate(last=Max("pk")).values_list("last", flat=True)
    since = timezone.now() - LOST_AFTER
    return {row.installation_id: row.asked_at > since
            for row in rows.filter(pk__in=list(newest), answered_at=None).defer("facts")}


def known_facts(installation_id):
    """Return the facts that somebody accepted last, {} when there are none.

    They are those of the newest look that a person asked for, or of a release that succeeded since;
    where neither was, of the first look. Looks by themselves accept nothing, only
    `is_file_cached_lately` is of the newest of all: a release does not look for that itself.
    """
    look = Checkup.objects.accepted(installation_id)
    released = Target.objects.filter(
        installation_id=installation_id, deployment__kind="deploy",
        deployment__status="succeeded", evidence__has_key="doctor",
    ).select_related("deployment").order_by("-pk").first()
    if released and not (look and look.asked_by_name
                         and look.asked_at > released.deployment.finished_at):
        facts = released.evidence["doctor"]
    else:
        facts = look.facts if look else {}
    newest = Checkup.objects.known(installation_id)
    lately = newest.facts.get("is_file_cached") if newest else None
    return facts if lately is None else facts | {"is_file_cached_lately": lately}


def newest_answers(environments):
    """Return {installation's pk: its newest answered Checkup} of active installations there."""
    answered = Checkup.objects.filter(
        installation__environment__in=environments, installation__is_active=True,
        answered_at__isnull=False)
    newest = answered.values("installation").annotate(last=Max("pk")).values_list("last", flat=True)
    rows = Checkup.objects.filter(pk__in=list(newest)).select_related("installation__server")
    return {row.installation_id: row for row in rows.defer("facts")}


def what_blocks(checkup):
    """Titles of the findings of an answered Checkup that block a release."""
    if checkup.problem:
        return [checkup.problem]
    return [row["title"] for row in checkup.findings if row["level"] == "blocks"]


def unaccepted(environment):
    """Return {installation's pk: its newest answered Checkup} where that saw what nobody accepted:
    a look that a person asks for accepts what it finds, and a release goes on with that alone."""
    live = Deployment.objects.live(environment)
    since = live.finished_at if live and live.kind == "deploy" else None
    return {pk: row for pk, row in newest_answers([environment]).items()
            if row.changes and not row.asked_by_name and not (since and row.asked_at < since)}


def blocked(environments):
    """Return {environment's pk: ["web-1: title", …]}, of those alone where something blocks."""
    found = {}
    for row in newest_answers(environments).values():
        lines = [f"{row.installation.server.name}: {title}" for title in what_blocks(row)]
        if lines:
            found.setdefault(row.installation.environment_id, []).extend(lines)
    return found
