"""The lock of each FPM master's OPcache: two sites may share one, and spoil each other's proof."""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db.models import Exists, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from .. import clock
from ..errors import StepFailed
from ..models import CacheLock, Server


def _until():
    return Now() + timedelta(seconds=settings.LEASE_S)


def take(claim, plan, *, tick, limit_s, say):
    """Hold the lock of every master of the plan's pools; StepFailed when one stays taken.

    Taken in one order by everybody, so two deployments never wait for each other.
    """
    until = clock.monotonic() + limit_s
    masters = _masters(plan)
    claim.locks_held = 0  # until all are ours: those we have may lapse meanwhile and come again
    for server_id, master in masters:
        claim.patiently(partial(
            CacheLock.objects.get_or_create, server_id=server_id, master=master))
        is_said = False
        while not claim.patiently(partial(_try, claim, server_id, master)):
            if not is_said:
                say(f"Waiting for another site's release to finish with the PHP cache of {master}")
                is_said = True
            if clock.monotonic() > until:
                raise StepFailed(
                    _("Another site's release kept the PHP cache of {master} for longer than "
                      "{limit_s:.0f} s. Try again when that has ended.").format(
                        master=master, limit_s=limit_s))
            tick()
            clock.sleep(0.2)
    claim.locks_held = len(masters)


def extend(claim):
    """Keep what this claim holds; called with its heartbeat. StepFailed when it lost a lock."""
    mine = CacheLock.objects.filter(deployment_id=claim.pk, fence=claim.fence)
    if claim.patiently(lambda: mine.update(held_until=_until())) < claim.locks_held:
        claim.locks_held = 0
        raise StepFailed(_("Another site's release took over the PHP cache, because this worker "
                           "gave no sign of life for too long."))


def give_back(claim):
    """Let the next one in. What a lost worker of this deployment took is given back with it."""
    claim.locks_held = 0
    CacheLock.objects.filter(deployment_id=claim.pk, fence__lte=claim.fence).update(
        deployment=None, held_until=None)


def _masters(plan):
    """(server, master) of each OPcache, in everybody's order.

    Two rows with one host key are one machine, entered twice for two SSH users: the first counts.
    """
    keys = dict(Server.objects.filter(pk__in={target.server_id for target in plan.targets})
                .values_list("pk", "host_key"))
    first = {}
    same = Server.objects.filter(host_key__in=set(keys.values()) - {""})
    for pk, key in same.order_by("-pk").values_list("pk", "host_key"):
        first[key] = pk
    return sorted({(first.get(keys[target.server_id], target.server_id), pool.master)
                   for target in plan.targets for pool in target.pools})


def _try(claim, server_id, master):
    """A worker that slept past its lease gets nothing: nobody would give back what it took."""
    free = Q(deployment=None) | Q(deployment_id=claim.pk) | Q(held_until__lt=Now())
    rows = CacheLock.objects.filter(free, Exists(claim.rows()))
    return rows.filter(server_id=server_id, master=master).update(
        deployment_id=claim.pk, fence=claim.fence, held_until=_until())
