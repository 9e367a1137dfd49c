"""Who builds a release now: a short lease that the main thread extends, a fence, and its end."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, clock, queue
from ..errors import TakenOver
from ..models import AuditEntry, Release
from ..services import built_files
from ..services.lost import ATTEMPTS
from ..services.turns import release_built
from ..services.whereabouts import data_folder
from .claim import worker_name
from .patience import patiently

_FREE = Q(status="pending") | Q(status="building", lease_until__lte=Now())


def _lease():
    return Now() + timedelta(seconds=settings.LEASE_S)


class BuildClaim:
    """The right to build one release, as long as it is extended."""

    def __init__(self, release, *, beaten_at):
        self.release = release
        self._beaten_at, self._is_wanted = beaten_at, True

    @classmethod
    def take(cls, pk):
        """Return a BuildClaim, or None when there is nothing to build, another worker does, or
        too many were lost over it. What it costs is counted here, and the intent is audited,
        before anything is done."""
        now = clock.monotonic()
        free = Release.objects.filter(_FREE, pk=pk, attempts__lt=ATTEMPTS)
        rows = Release.objects.select_related("project__deploy_key", "project__builder__ssh_key")
        with transaction.atomic():
            was = free.select_for_update(no_key=True).values_list("status", flat=True).first()
            if was is None:
                return None
            free.update(status="building", owner=worker_name(), lease_until=_lease(),
                        fence=F("fence") + 1, attempts=F("attempts") + 1)
            release = rows.get(pk=pk)
            if was == "building":
                _record(release, _("Nobody was told how this ended: its worker was lost over {}"),
                        AuditEntry.UNKNOWN)
            _record(release, _("About to build {}"), AuditEntry.INTENDED)
        return cls(release, beaten_at=now)

    def beat(self):
        """Extend the lease when it is time to; TakenOver when it is lost."""
        now = clock.monotonic()
        if now - self._beaten_at < settings.HEARTBEAT_S:
            return
        mine = Release.objects.filter(
            pk=self.release.pk, status="building", fence=self.release.fence)
        if not self.patiently(lambda: mine.update(lease_until=_lease())):
            self.let_go()
            raise TakenOver
        self._beaten_at = now

    def is_held(self):
        """Whether nobody else can have it; asks no database, so threads may call it."""
        return self._is_wanted and clock.monotonic() - self._beaten_at < settings.LEASE_S

    def let_go(self):
        """From now on it is not held: threads begin nothing more. The row is as it was."""
        self._is_wanted = False

    def patiently(self, write):
        """Return what `write()` does, also after the database was away; TakenOver as there."""
        return patiently(write, beaten_at=self._beaten_at)

    def end(self, status, changes):
        """End the build with its audit entry, if it is still ours, and go on with what waits."""
        release, manifest = self.release, changes.get("manifest")
        changes = {name: value for name, value in changes.items() if name != "manifest"}
        with transaction.atomic():
            if status == "ready":
                changes = {**changes, "built_at": timezone.now(), "kept_in": data_folder()}
            if Release.objects.move(release, status, was="building", fence=release.fence,
                                    lease_until=None, **changes):
                if manifest:
                    built_files.keep(release, manifest)
                _tell(release)

    def give_back(self):
        """Put it into line again, for another worker; this attempt does not count."""
        with transaction.atomic():
            if Release.objects.move(self.release, "pending", was="building",
                                    fence=self.release.fence, lease_until=None, owner="",
                                    attempts=F("attempts") - 1, woken_at=Now()):
                _record(self.release, _("Left building {} to another worker"), AuditEntry.DONE)
                queue.wake(queue.BUILD, self.release.pk)


@transaction.atomic
def give_up(pk):
    """End a build that cost ATTEMPTS workers: it may well be the cause."""
    release = Release.objects.select_related("project").get(pk=pk)
    problem = (_("{attempts} workers were lost while they built it. See whether the machine has "
                 "enough memory and disk space, then build it again.").format(attempts=ATTEMPTS))
    lost = Release.objects.filter(_FREE, attempts__gte=ATTEMPTS, fence=release.fence)
    if lost.filter(pk=pk).exists() and Release.objects.move(
            release, "errored", was="building", fence=release.fence, lease_until=None,
            problem=problem):
        _tell(release)


def _tell(release):
    is_ready = release.status == "ready"
    words = _("is built") if is_ready else _("could not be built: {problem}").format(
        problem=release.problem)
    audit.record(
        f"release.{release.status}", f"{release.project.name} {release.name} {words}",
        outcome=AuditEntry.DONE if is_ready else AuditEntry.FAILED, project=release.project,
        about=release, release=release.name, digest=release.digest)
    release_built(release)


def _record(release, sentence, outcome):
    """What commands of the project may do on the builder is announced before they run."""
    audit.record(
        "release.building", sentence.format(f"{release.project.name} {release.name}"),
        outcome=outcome, project=release.project, about=release, release=release.name)
