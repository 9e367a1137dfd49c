"""The waves of one deployment in words: who goes when, and which servers are on their way now."""

import math
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..waves import listed, wave_words

PAUSE_LINE = _lazy("Waiting {} s before the next servers follow")
"""What the log says when a pause begins."""
LATE_S = 10
"""How long after a pause its wave may begin without a word of that."""


@dataclass(frozen=True)
class Wave:
    """One group of targets: `number` of `count`, from 1 on."""

    number: int
    count: int
    targets: list

    @property
    def words(self):
        names = listed(list(dict.fromkeys(target.server_name for target in self.targets)))
        return _("Wave {number} of {count} ({names})").format(
            number=self.number, count=self.count, names=names)


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
    waits = all(target.status == "prepared" and target.step in ("arm", "commands before")
                for target in wave.targets)
    if wave.number == 1 or not pause_s or not waits:
        return ""
    left_s = pause_s - _paused_s(deployment, wave, pause_s)
    told = _("Wave {number} of {count} is checked; {wave}").format(
        number=wave.number - 1, count=wave.count, wave=wave.words)
    if left_s < -LATE_S:
        return _("{told} was to follow, and has not begun yet.").format(told=told)
    return _("{told} follows {soon}.").format(told=told, soon=_soon(left_s, pause_s))


def _paused_s(deployment, wave, pause_s):
    """Seconds since the log said that the pause before this wave begins; 0 where it has not yet."""
    begun = deployment.log.filter(text=PAUSE_LINE.format(pause_s)).order_by("-number")
    times = begun.values_list("at", flat=True)[:wave.number - 1]
    if len(times) < wave.number - 1:
        return 0
    return (timezone.now() - times[0]).total_seconds()


def _soon(seconds, pause_s):
    """In coarse words, because screen readers say each change of them."""
    if seconds <= 0:
        return _("now")
    if seconds > 90:
        return _("in {minutes} min").format(minutes=math.ceil(seconds / 60))
    return _("in {seconds} s").format(seconds=min(math.ceil(seconds / 10) * 10, pause_s))
