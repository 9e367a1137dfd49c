"""Gates: commands of the project that hold a deployment where a test wants it, on web-1."""

from deployments.models import Deployment, ServerCommand
from tests.show import story

from .processes import wait_until


class Gate:
    """Closed, it holds deployments before or after the switch; `starts` says how often it ran."""

    def __init__(self, folder, project, moment):
        self._path, self._starts = folder / moment, folder / f"{moment}-starts"
        ServerCommand.objects.create(
            project=project, moment=moment, runs_on="one",
            command=f"echo begun >> {self._starts}; "
                    f"while [ -e {self._path} ]; do echo at the gate; sleep 0.1; done")

    def close(self):
        self._path.touch()
        self._starts.write_text("")
        self._starts.chmod(0o666)

    def open(self):
        self._path.unlink(missing_ok=True)

    @property
    def starts(self):
        return len(self._starts.read_text().splitlines())


def again(deployment):
    return Deployment.objects.get(pk=deployment.pk)


def ended(deployment):
    """The deployment when it has ended."""
    wait_until(lambda: not again(deployment).is_open, story=lambda: story(again(deployment)))
    return again(deployment)


def other(show, versions):
    """The one of the two versions that is not live."""
    live = Deployment.objects.live(show.environment).release
    return next(version for version in versions if version != live)


def live_names(hosts):
    return {(host.root / "current").readlink().name for host in hosts}


def said(deployment):
    """Its log as one text."""
    return "\n".join(deployment.log.order_by("number").values_list("text", flat=True))
