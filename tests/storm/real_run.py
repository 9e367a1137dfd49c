"""One deployment of a real storm, from the request to its end, and the troubles on its way."""

import time

from django.db import InterfaceError, OperationalError, connection

from deployments.models import Deployment
from tests.storm.real_trouble import KINDS

STEPS = ("connect", "inspect", "copy", "commands before", "arm", "switch", "cohere", "prove",
         "commands after", "prune")
LIMIT_S = 120
LOOK_S = 0.03


class Planned:
    """A trouble to come: so long after the request, or so long into a step."""

    def __init__(self, rng, typical_s, *, kind=""):
        self.kind = kind or rng.choices(list(KINDS), KINDS.values())[0]
        self.step = rng.choice(STEPS) if rng.random() < 0.6 else ""
        self._after_s = rng.uniform(0, 0.4) if self.step else rng.uniform(0, typical_s)
        self._since = None if self.step else time.monotonic()

    def is_due(self, steps):
        """Whether it is time; `steps` are those that servers are in."""
        if self._since is None and self.step in steps:
            self._since = time.monotonic()
        return self._since is not None and time.monotonic() >= self._since + self._after_s


class Hit:
    """A trouble as it befell a deployment, and how long that took to recover."""

    def __init__(self, trouble, row, step):
        self.trouble, self.step = trouble, step
        self._claimed_at = row.claimed_at
        self.resumed_s = self.ended_s = None

    def see(self, row):
        """Note when another worker has claimed it, and when it ended."""
        since_s = time.monotonic() - self.trouble.at
        if not self.trouble.hits_run:
            return
        if self.resumed_s is None and row.claimed_at != self._claimed_at:
            self.resumed_s = since_s
        if self.ended_s is None and row.finished_at:
            self.ended_s = since_s

    def __str__(self):
        resumed = f", resumed after {self.resumed_s:.1f} s" if self.resumed_s else ""
        return f"{self.trouble} in {self.step or 'no step'}{resumed}"


class Run:
    """Looks on while one deployment runs; `hits` are the troubles that befell it."""

    def __init__(self, row, planned, *, maker, people, look):
        self.row, self.hits, self.took_s = row, [], 0.0
        self._planned, self._maker, self._people, self._look = planned, maker, people, look

    def watch(self):
        """Return True when it ended; False when it did not in time."""
        began = time.monotonic()
        until = began + LIMIT_S
        while time.monotonic() < until:
            self._look()
            try:
                if self._is_over():
                    break
                if self._make_trouble():
                    until = time.monotonic() + LIMIT_S
            except (OperationalError, InterfaceError):  # it is away, by our own doing
                connection.close()
            time.sleep(LOOK_S)
        else:
            return False
        self.took_s = time.monotonic() - began
        for planned in self._planned:  # it was faster: the next one finds what this leaves
            self._hit(planned.kind)
        return True

    def _is_over(self):
        self.row = Deployment.objects.select_related(
            "environment__project", "release__project", "previous").get(pk=self.row.pk)
        for hit in self.hits:
            hit.see(self.row)
        if self.row.status == "needs_attention":
            self._maker.undo_all()
            self._people.decide(self.row)
        return self.row.finished_at is not None

    def _make_trouble(self):
        """Inject what is due; what finds nobody to hit waits for its victim."""
        steps = set(self.row.targets.values_list("step", flat=True))
        due = [each for each in self._planned if each.is_due(steps)]
        hit = [each for each in due if self._hit(each.kind, ", ".join(sorted(steps - {""})))]
        self._planned = [each for each in self._planned if each not in hit]
        return bool(hit)

    def _hit(self, kind, step=""):
        trouble = self._maker.inject(kind, self.row)
        if trouble:
            self.hits.append(Hit(trouble, self.row, step))
        return trouble
