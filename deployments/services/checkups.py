"""Verbs around the doctor: have installations examined, and read the newest answers."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from .. import audit, policy, queue
from ..errors import Refused
from ..models import Checkup, Deployment, Installation
from .acting import acting, demand

LOST_AFTER = timedelta(minutes=5)
"""Nobody holds an examination by a lease: one that has not been answered by then is asked anew."""
NIGHTLY = timedelta(hours=20)
NIGHT_HOURS = range(1, 6)
KEPT = 60
"""Examinations of one installation that are kept."""


def ask(actor, environment):
    """Have all active installations of the environment examined; return their Checkups."""
    with acting(actor, "doctor.asked", environment=environment):
        demand(policy.may_examine(actor, environment))
        places = environment.installations.filter(is_active=True).select_related("server")
        if not places:
            raise Refused(f"{environment.name} has no server yet.",
                          "Add an installation, then press Examine again.")
        audit.record("doctor.asked", f"{actor.name} had the doctor look at {environment.project} "
                     f"({environment.name})", actor=actor, environment=environment)
        return [ask_about(place, asked_by_name=actor.name) for place in places]


@transaction.atomic
def ask_about(installation, *, asked_by_name=""):
    """Return the installation's Checkup that waits for its answer, asked for now if there is
    none."""
    waiting = Checkup.objects.filter(
        installation=installation, answered_at=None,
        asked_at__gt=timezone.now() - LOST_AFTER).first()
    if waiting:
        return waiting
    checkup = Checkup.objects.create(installation=installation, asked_by_name=asked_by_name)
    queue.wake(queue.EXAMINE, checkup.pk)
    return checkup


def ask_after_change(installation, *, asked_by_name=""):
    """The same after somebody set something up; None while the server's identity is unknown."""
    if installation.is_active and installation.server.host_key:
        return ask_about(installation, asked_by_name=asked_by_name)
    return None


def ask_after_confirming(server, *, asked_by_name=""):
    """Examine what lies on a server whose identity has just been confirmed."""
    for installation in server.installations.filter(is_active=True).select_related("server"):
        ask_about(installation, asked_by_name=asked_by_name)


def ask_at_night():
    """Examine each installation once a night, and at any hour one that never was, or was only seen
    without a version: what PHP is handed shows with one. Forget what is older than the last `KEPT`.
    """
    now = timezone.now()
    is_night = timezone.localtime(now).hour in NIGHT_HOURS
    places = Installation.objects.filter(is_active=True).exclude(server__host_key="")
    for place in places.select_related("server", "environment"):
        newest = place.checkups.defer("findings").first()
        if newest is None or (is_night and newest.asked_at < now - NIGHTLY) or \
                _is_live_since(newest, place):
            ask_about(place)
        old = list(place.checkups.values_list("pk", flat=True)[KEPT:])
        place.checkups.filter(pk__in=old).delete()


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
    """Return the facts of the newest Checkup that says what is there, {} when there is none."""
    known = Checkup.objects.known(installation_id)
    return known.facts if known else {}


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


def blocked(environments):
    """Return {environment's pk: ["web-1: title", …]}, of those alone where something blocks."""
    found = {}
    for row in newest_answers(environments).values():
        lines = [f"{row.installation.server.name}: {title}" for title in what_blocks(row)]
        if lines:
            found.setdefault(row.installation.environment_id, []).extend(lines)
    return found
