"""How long a release will take, from those before it."""

from dataclasses import dataclass
from statistics import median

LAST = 5


@dataclass(frozen=True)
class Expected:
    """Seconds from the start to the end of the last releases there."""

    took_s: tuple

    @property
    def median_s(self):
        return median(self.took_s)


def expected(environment):
    """The Expected of a release there; None where none succeeded yet."""
    done = environment.deployments.proved().filter(kind="deploy", claimed_at__isnull=False)
    moments = done.values_list("claimed_at", "finished_at")[:LAST]
    took = [(end - start).total_seconds() for start, end in moments if end and end >= start]
    return Expected(tuple(took)) if took else None
