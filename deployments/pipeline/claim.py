"""Claim and lease: who runs a deployment now. The database's clock, a fence that only grows."""

import os
import socket
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from .. import clock
from ..errors import TakenOver
from ..models import Deployment, Environment
from . import locks


def worker_name():
    """Host and process, for people to find the worker."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _lease():
    return Now() + timedelta(seconds=settings.LEASE_S)


class Claim:
    """The right to run one deployment, as long as it is extended."""

    def __init__(self, pk, fence):
        self.pk = pk
        self.fence = fence
        self.locks_held = 0  # locks of shared caches, see locks.py
        self._next_beat = 0.0

    @classmethod
    def take(cls, pk):
        """Return a Claim, or None when there is nothing to claim (done, held, or not decided)."""
        with transaction.atomic():
            fence = Environment.objects.next_fence(Deployment.objects.get(pk=pk).environment_id)
            decided = Q(status="running", lease_until__lte=Now()) & ~Q(decision="")
            claimed = Deployment.objects.filter(Q(status="queued") | decided, pk=pk).update(
                status="running", owner=worker_name(), lease_until=_lease(), fence=fence,
                attempts=F("attempts") + 1, claimed_at=Now(),
            )
        return cls(pk, fence) if claimed else None

    def rows(self):
        """The deployment, only as long as this claim holds it."""
        return Deployment.objects.filter(pk=self.pk, fence=self.fence, status="running")

    def update(self, **changes):
        """Write to the deployment; TakenOver when another worker holds it."""
        if not self.rows().update(**changes):
            raise TakenOver

    def beat(self):
        """Extend the lease and the caches' locks when it is time to.

        TakenOver when the lease is lost, StepFailed when a lock is.
        """
        if clock.monotonic() >= self._next_beat:
            self.update(lease_until=_lease())
            locks.extend(self)
            self._next_beat = clock.monotonic() + settings.HEARTBEAT_S

    def stop_requested_by(self):
        """Name of the person who asked to stop, or ""."""
        return self.rows().values_list("stop_requested_by_name", flat=True).first() or ""
