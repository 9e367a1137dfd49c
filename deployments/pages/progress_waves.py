"""The waves of one deployment in words: who goes when, and which servers are on their way now."""

import math
from dataclasses import dataclass

from django.utils import timezone

from ..waves import listed, wave_words


@dataclass(frozen=True)
class Wave:
    """One group of targets: `number` of `count`, from 1 on."""

    number: int
    count: int
    targets: list

    @property
    def words(self):
        names = listed(list(dict.fromkeys(target.server_name for target in self.targets)))
        return f"Wave {self.number} of {self.count} ({names})"


def waves_of(deployment):
    """Its Waves in their order; none where all servers go together, or no plan is bound yet."""
    waves = deployment.plan.get("waves", [])
    if len(waves) < 2:
        return []
    rows = {target.installation_id: target for target in deployment.targets.all()}
    return [Wave(number, len(waves), [rows[pk] for pk in wave if pk in rows])
            for number, wave in enumerate(waves, 1)]


def wave_sentence(deployment):
    """“First web-1 alone, then 2 at a time, 60 s in between.”; "" without waves."""
    groups = [list(dict.fromkeys(target.server_name for target in wave.targets))
              for wave in waves_of(deployment)]
    words = wave_words(groups, deployment.plan.get("wave_pause_s", 0))
    return f"{words}." if words else ""


def wave_now(deployment):
    """The Wave that is on its way, or that follows; None before the switch and after the last."""
    if deployment.switching_at is None:
        return None
    return next((wave for wave in waves_of(deployment)
                 if any(target.status != "proved" for target in wave.targets)), None)


def pause_sentence(deployment, wave):
    """What is waited for before this wave begins; "" when it has begun, or nothing is."""
    pause_s = deployment.plan.get("wave_pause_s", 0)
    waits = all(target.status == "prepared" and target.step != "switch"
                for target in wave.targets)
    if wave.number == 1 or not pause_s or not waits:
        return ""
    newest = deployment.log.order_by("-number").first()  # it says that the pause begins
    since_s = (timezone.now() - newest.at).total_seconds() if newest else 0
    return (f"Wave {wave.number - 1} of {wave.count} is checked; {wave.words} follows "
            f"{_soon(pause_s - since_s, pause_s)}.")


def _soon(seconds, pause_s):
    """In coarse words, because screen readers say each change of them."""
    if seconds <= 0:
        return "now"
    if seconds > 90:
        return f"in {math.ceil(seconds / 60)} min"
    return f"in {min(math.ceil(seconds / 10) * 10, pause_s)} s"
