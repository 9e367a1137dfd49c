"""A worker that is killed while it builds: *Build* once more, and the next one takes it up."""

from django.utils import timezone

from deployments import tasks
from deployments.models import Project
from deployments.services.releases import request_build

from .processes import cut_power, wait_until


def test_a_killed_workers_build_is_taken_up_when_it_is_asked_for_again(house, show, hosts):
    """Nobody waits for the queue: the same row, from the start, by the next worker."""
    gate = hosts[0].folder / "gate"
    gate.touch()
    command = f"echo at the gate; while [ -e {gate} ]; do sleep 0.1; done"
    Project.objects.update(build_commands=f"{command}\nphp bin/build.php")
    with house.worker() as worker:
        release = request_build(show.releaser, show.project, "v2.0")
        wait_until(release.log.filter(text="at the gate").exists)
        release.refresh_from_db()
        assert release.lease_until > timezone.now()
        cut_power(worker)

    def is_over():
        release.refresh_from_db()
        return release.lease_until < timezone.now()

    wait_until(is_over, limit_s=30)
    with house.worker():
        assert request_build(show.releaser, show.project, "v2.0") == release
        wait_until(lambda: release.log.filter(text="at the gate").count() == 2)
        tasks.build_release(release.pk)  # a second message does nothing: its worker lives
        gate.unlink()

        def has_ended():
            release.refresh_from_db()
            return release.status != "building"

        wait_until(has_ended)
    assert (release.status, release.fence) == ("ready", 2), release.problem
