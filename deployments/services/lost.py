"""The reaper: finds deployments and builds that nobody works on, and wakes or ends them.

It only writes rows and queues messages: whoever claims a row next reads the servers.
"""

import logging
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from .. import audit, queue
from ..models import AuditEntry, CacheLock, Deployment, Environment, Release
from .acting import hold
from .intents import settle
from .notices import tell_deployment
from .turns import give_turns, hold_line, next_turn

ATTEMPTS = 3
"""Workers that may be lost over one deployment or build, before it is held to be the cause."""

WAKE_S = 30
"""Seconds until a row that was woken and is still unclaimed is woken again."""

logger = logging.getLogger(__name__)


def wake_lost():
    """Wake every row that nobody holds; end those that cost `ATTEMPTS` workers; return how many.

    Safe from any number of processes at the same time. What goes wrong with one row is logged and
    keeps no other from being looked after; a database that is away is the caller's to know.
    """
    touched = 0
    for deployment in Deployment.objects.filter(_LOST | _WAITING).only("pk", "attempts"):
        if deployment.attempts >= ATTEMPTS:
            touched += _safely(give_up, deployment.pk)
        else:
            touched += _safely(_wake, Deployment, deployment.pk, queue.DEPLOY)
    touched += _safely(give_turns)
    for release in Release.objects.filter(_LOST_BUILD | _UNBUILT).only("pk"):
        touched += _safely(_wake, Release, release.pk, queue.BUILD)
    return touched


def _safely(look_after, *row):
    try:
        return look_after(*row)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Could not look after what may be lost: %s %s", look_after.__name__, row)
        return 0


def _stale():
    return Q(woken_at__lte=Now() - timedelta(seconds=WAKE_S))


_LOST = Q(status="running", lease_until__lte=Now())
_WAITING = Q(status="queued")
_LOST_BUILD = Q(status="building", lease_until__lte=Now())
_UNBUILT = Q(status="pending")


def _wake(model, pk, task):
    """Queue it again, unless that was done lately; a row that was never woken gets its time."""
    lost = Q(lease_until__lte=Now()) & (Q(woken_at=None) | Q(woken_at__lt=F("lease_until")))
    with transaction.atomic():
        if model.objects.filter(lost | _stale(), pk=pk).update(woken_at=Now()):
            queue.wake(task, pk)
            return 1
        model.objects.filter(pk=pk, woken_at=None).update(woken_at=Now())
    return 0


@transaction.atomic
def give_up(pk):
    """End a deployment that cost `ATTEMPTS` workers; return whether this call did.

    Nothing is run for it any more. A worker that was only slow is refused from now on.
    """
    deployment = Deployment.objects.select_related("environment__project", "release").get(pk=pk)
    hold_line(deployment.environment)
    hold(deployment)
    lost = Deployment.objects.filter(_LOST, pk=pk, attempts__gte=ATTEMPTS)
    if not lost.update(fence=Environment.objects.next_fence(deployment.environment_id)):
        return False
    targets = list(deployment.targets.all())
    cause = _("{attempts} workers were lost while they ran it{where}.").format(
        attempts=ATTEMPTS, where=_where(targets))
    is_open = deployment.switching_at is not None or any(map(_may_be_changed, targets))
    names = ", ".join(row.server_name for row in targets)
    if is_open:
        sentence = _("{cause} Nobody can tell yet what visitors of {names} are shown.").format(
            cause=cause, names=names)
    elif deployment.is_past_return:
        sentence = _("{cause} No file was changed; PHP on {names} may still run an older "
                     "version.").format(cause=cause, names=names)
    else:
        sentence = _("{cause} Nothing was changed for visitors.").format(cause=cause)
    to = "needs_attention" if is_open else "errored"
    Deployment.objects.move(
        deployment, to, was="running", cause=cause, result=sentence, lease_until=None,
        decision="", finished_at=None if is_open else Now())
    deployment.targets.filter(status__in=_LEFT[to]).update(
        status="unknown" if is_open else "skipped")
    CacheLock.objects.filter(deployment=deployment).update(deployment=None, held_until=None)
    settle(deployment)
    audit.record(f"deployment.{to}", f"{deployment}: {sentence}", outcome=AuditEntry.FAILED,
                 environment=deployment.environment, deployment=pk, cause=cause)
    tell_deployment(deployment, to, sentence)
    next_turn(deployment.environment)
    return True


_LEFT = {
    "needs_attention": ("prepared", "switched", "coherent", "proved"),
    "errored": ("pending", "prepared"),
}


def _may_be_changed(target):
    """A command that cannot be undone may have run there."""
    return "irreversible" in target.evidence


def _where(targets):
    places = sorted({_("{step} on {server_name}").format(
        step=row.step, server_name=row.server_name) for row in targets if row.step})
    return _(", the last one at: {places}").format(places=", ".join(places)) if places else ""
