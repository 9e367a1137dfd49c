"""Who builds a release now: a short lease that the main thread extends, and a fence."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Now

from .. import clock
from ..errors import TakenOver
from ..models import Release
from .claim import worker_name


def _lease():
    return Now() + timedelta(seconds=settings.LEASE_S)


class BuildClaim:
    """The right to build one release, as long as it is extended."""

    def __init__(self, release, *, beaten_at):
        self.release = release
        self._beaten_at = beaten_at

    @classmethod
    def take(cls, pk):
        """Return a BuildClaim, or None when there is nothing to build or another worker does."""
        now = clock.monotonic()
        free = Q(status="pending") | Q(status="building", lease_until__lt=Now())
        claimed = Release.objects.filter(free, pk=pk).update(
            status="building", owner=worker_name(), lease_until=_lease(), fence=F("fence") + 1)
        rows = Release.objects.select_related("project__deploy_key", "project__builder__ssh_key")
        return cls(rows.get(pk=pk), beaten_at=now) if claimed else None

    def beat(self):
        """Extend the lease when it is time to; TakenOver when it is lost."""
        now = clock.monotonic()
        if now - self._beaten_at < settings.HEARTBEAT_S:
            return
        mine = Release.objects.filter(
            pk=self.release.pk, status="building", fence=self.release.fence)
        if not mine.update(lease_until=_lease()):
            self._beaten_at = -float("inf")
            raise TakenOver
        self._beaten_at = now

    def is_held(self):
        """Whether nobody else can have it; asks no database, so threads may call it."""
        return clock.monotonic() - self._beaten_at < settings.LEASE_S
