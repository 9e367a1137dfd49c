"""The scenes whose every point is tried."""

from .database import Kept
from .explore import Scene
from .people import asks, go_back, release, reload, waits
from .stage import shop, with_earlier

CALLS = ("a first release", "a release over an earlier one", "a release that is not proved",
         "going back", "making PHP reload")
LONG_CALLS = ("a release in waves",)
"""Storms alone try every point of these: too many for a test."""


def scene(memory, name):
    """Return the Scene of this name, on an empty database that is migrated."""
    if name == "a first release":
        stage = shop(memory).asked(release(0))
    elif name == "a release over an earlier one":
        stage = with_earlier(memory, commands=True).asked(release(1))
    elif name == "a release that is not proved":
        reloads = with_earlier(memory, broken=(1,), strategies=("fpm-reload", "auto"))
        stage = reloads.asked(release(1))
    elif name == "a release in waves":
        stage = with_earlier(memory, wave_size="1").asked(release(1))
    elif name == "making PHP reload":
        stage = with_earlier(memory).asked(reload())
    elif name == "an earlier release":
        stage = with_earlier(memory)
    else:
        stage = with_earlier(memory).after(asks(release(1))).asked(go_back())
    return Scene(name, stage, waits)


class Scenes:
    """Each scene once, all from the same empty database."""

    def __init__(self, memory):
        self._memory, self._empty, self._made = memory, Kept(memory), {}

    def of(self, name):
        if name not in self._made:
            self._empty.restore()
            self._made[name] = scene(self._memory, name)
        return self._made[name]
