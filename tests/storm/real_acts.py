"""What people ask for in a real storm, one deployment after the other."""

import uuid

from deployments import tasks
from deployments.errors import Refused
from deployments.models import Deployment
from deployments.services import deployments as verbs
from deployments.services import stopping

ACTS = {"release": 5, "go back": 3, "new version": 1, "reload": 1}
KEPT = 3
IN_WAVES = 0.3
"""How often one server goes first and the other follows after a pause."""


class People:
    """A releaser who wants something new each time, and a decider for what nobody can tell."""

    def __init__(self, scene, rng):
        self._scene, self._show, self._rng = scene, scene.show, rng
        self._versions = 0

    def ask(self):
        """Ask for something; return (what, the waiting deployment)."""
        act = self._rng.choices(list(ACTS), ACTS.values())[0]
        is_in_waves = self._rng.random() < IN_WAVES
        place = self._show.environment
        place.canary_servers, place.wave_pause_s = int(is_in_waves), 1
        place.save(update_fields=["canary_servers", "wave_pause_s"])
        said = f"{act}{' in waves' if is_in_waves else ''}"
        return said, getattr(self, "_" + act.replace(" ", "_"))()

    def first(self, ref):
        """Release the version that was built of `ref`."""
        return self._show.ask(self._ready().get(ref=ref))

    def decide(self, row):
        """Finish it or put it back; False when nobody needs to any more."""
        decision = self._rng.choice((Deployment.FINISH, Deployment.PUT_BACK))
        try:
            stopping.decide(self._show.decider, row, decision)
        except Refused:
            return False
        return True

    def _ready(self):
        return self._show.project.releases.filter(status="ready")

    def _release(self):
        live = Deployment.objects.live(self._show.environment)
        others = self._ready().exclude(pk=live.release_id).order_by("-pk")
        return self._show.ask(self._rng.choice(list(others[:KEPT])))

    def _go_back(self):
        try:
            return verbs.go_back(self._show.releaser, self._show.environment, request_key=_key())
        except Refused:  # the oldest version is live
            return self._release()

    def _new_version(self):
        self._versions += 1
        name = f"3.{self._versions}"
        self._scene.repository.add_version(name)
        tasks.read_source(self._show.project.pk)
        return verbs.request_deployment(self._show.releaser, self._show.environment,
                                        ref=f"v{name}", request_key=_key())

    def _reload(self):
        return verbs.request_reload(self._show.releaser, self._show.environment,
                                    request_key=_key())


def _key():
    return uuid.uuid4().hex
