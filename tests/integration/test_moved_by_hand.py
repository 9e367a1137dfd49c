"""`current` was moved by hand where PHP does not follow it: one of the buttons leads out."""

import os
from urllib.request import urlopen

from tests.sandbox.webhost import WebHost
from tests.show import story


def _move(host, release):
    """What hands do: the link alone; OPcache keeps what it has."""
    os.symlink(f"releases/{release.name}", host.root / "current.hand")
    os.replace(host.root / "current.hand", host.root / "current")


def _runs(host):
    return urlopen(host.url).headers["Shop-Release"]


def test_releasing_and_going_back_mend_a_link_that_was_moved_by_hand(show):
    """PHP still runs what we left live, or what it has read since; the reset is waited for."""
    with WebHost("web-2", kind="stale") as host:
        show.on(host, strategy="reset")
        old, new = show.build("v1.0"), show.build("v2.0")
        assert show.release(old).status == "succeeded"
        assert show.release(new).status == "succeeded"

        _move(host, old)
        seen = _runs(host)
        assert show.reload().status == "failed"
        again = show.release(new)
        assert again.status == "succeeded", story(again)
        assert "current was moved by hand" in story(again)
        assert _runs(host) == seen
        evidence = again.targets.get().evidence
        assert evidence["cache"]["php-fpm"]["manual_restarts"] > \
            evidence["cache"]["php-fpm"]["manual_restarts_before"]

        _move(host, old)
        back = show.go_back()
        assert back.status == "succeeded", story(back)
        assert _runs(host) != seen
        assert os.readlink(host.root / "current") == f"releases/{old.name}"
