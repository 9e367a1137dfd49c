"""Claim and lease: who runs a deployment now. The database's clock, a fence that only grows."""

import os
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from .. import audit, clock, queue
from ..errors import TakenOver
from ..models import CacheLock, Deployment, Environment
from ..services import clusters
from ..services.lost import ATTEMPTS
from . import locks
from .patience import patiently


def worker_name():
    """Host and process: for people to find the worker, and for its supervisor to know it."""
    return clusters.name_of(os.getpid())


def _lease():
    return Now() + timedelta(seconds=settings.LEASE_S)


def _record_start(pk):
    deployment = Deployment.objects.select_related(
        "environment__project", "release__project").defer("plan", "release__contents").get(pk=pk)
    audit.record("deployment.started",
                 _("The release worker started: {deployment}").format(deployment=deployment),
                 environment=deployment.environment, about=deployment, deployment=pk,
                 worker=deployment.owner)


class Claim:
    """The right to run one deployment, as long as it is extended."""

    def __init__(self, pk, fence, *, beaten_at, counted_finish=0):
        self.pk = pk
        self.fence = fence
        self.locks_held = 0  # locks of shared caches, see locks.py
        self._beaten_at = beaten_at  # read before the lease was written: it ends no earlier
        self._counted_finish = counted_finish

    @classmethod
    def take(cls, pk):
        """Return a Claim, or None when there is nothing to claim: ended, held, or given up.

        What it costs is counted here, before anything is done: a deployment that kills its worker
        cannot do so for ever. That it starts is in the audit log with it, or it does not start.
        """
        free = Q(status="queued") | Q(status="running", lease_until__lte=Now())
        rows = Deployment.objects.filter(free, pk=pk, attempts__lt=ATTEMPTS)
        now = clock.monotonic()
        with transaction.atomic():
            row = rows.values("environment", "switching_at", "decision", "status").first()
            if row is None:
                return None
            finishes = int(row["switching_at"] is not None and not row["decision"])
            fence = Environment.objects.next_fence(row["environment"])
            if not rows.update(
                    status="running", owner=worker_name(), lease_until=_lease(), fence=fence,
                    attempts=F("attempts") + 1, finishes=F("finishes") + finishes,
                    claimed_at=Now()):
                return None
            if row["status"] == "queued":
                _record_start(pk)
        return cls(pk, fence, beaten_at=now, counted_finish=finishes)

    def rows(self):
        """The deployment, only as long as this claim holds it."""
        return Deployment.objects.filter(pk=self.pk, fence=self.fence, status="running")

    def update(self, **changes):
        """Write to the deployment; TakenOver when another worker holds it."""
        if not self.patiently(lambda: self.rows().update(**changes)):
            raise TakenOver

    def demand(self):
        """Hold the row for the caller's transaction; TakenOver when another worker holds it."""
        if not self.rows().select_for_update(no_key=True).values_list("pk", flat=True).first():
            raise TakenOver

    def beat(self):
        """Extend the lease and the caches' locks when it is time to.

        TakenOver when the lease is lost, StepFailed when a lock is.
        """
        now = clock.monotonic()
        if now - self._beaten_at >= settings.HEARTBEAT_S:
            self.update(lease_until=_lease())
            self._beaten_at = now
            locks.extend(self)

    def patiently(self, write):
        """Return what `write()` does, also after the database was away; TakenOver as there."""
        return patiently(write, beaten_at=self._beaten_at)

    def renew_fence(self):
        """Take a higher fence: servers refuse whatever we sent before and may be on its way yet."""
        def write():
            with transaction.atomic():
                row = Deployment.objects.only("environment").get(pk=self.pk)
                fence = Environment.objects.next_fence(row.environment_id)
                if not self.rows().update(fence=fence):
                    raise TakenOver
                CacheLock.objects.filter(deployment=self.pk, fence=self.fence).update(fence=fence)
            return fence

        self.fence = self.patiently(write)

    def hand_over(self):
        """Let another worker go on at once; this attempt does not count."""
        def write():
            with transaction.atomic():
                given = self.rows().exclude(owner="").update(
                    owner="", lease_until=Now(), woken_at=Now(), attempts=F("attempts") - 1,
                    finishes=F("finishes") - self._counted_finish)
                if given:
                    locks.give_back(self)
                    queue.wake(queue.DEPLOY, self.pk)

        self.patiently(write)

    def asked(self):
        """What people asked of it meanwhile: {stop_requested_by_name, decision, decided_by_name}.

        TakenOver when another worker holds it.
        """
        return self.patiently(self.asked_now)

    def asked_now(self):
        """The same in a transaction of the caller's, which alone can be tried again."""
        row = self.rows().values(
            "stop_requested_by_name", "decision", "decided_by_name").first()
        if row is None:
            raise TakenOver
        return row
