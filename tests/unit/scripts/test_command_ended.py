"""command.sh: what still runs of it is ended by whoever changes what visitors see."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.unit.scripts.commands import KEY, begin, lines, lose, sessions, wrapper
from tests.unit.scripts.conftest import needs_root
from tests.unit.scripts.server import NOBODY, OLDER, RELEASE, alive, lay


def test_one_that_outlasts_its_limit_is_ended_by_whoever_waits(site):
    """Also when what should have ended it was stopped."""
    lose(begin(site, "echo ran >>../../ran; sleep 60", limit=10))
    os.kill(wrapper(site), signal.SIGSTOP)
    for child in Path(f"/proc/{wrapper(site)}/task/{wrapper(site)}/children").read_text().split():
        os.kill(int(child), signal.SIGSTOP)
    answer = site.command("echo ran >>../../ran; sleep 60", key=KEY, fence=2, limit=1)
    assert answer.values == {"exit": "124", "ran_before": "1", "waited": "1"}
    assert lines(site) == ["ran"]


ENDERS = {
    "switch.sh": lambda server: server.switch(f"releases/{RELEASE}", f"releases/{OLDER}", fence=2),
    "place.sh": lambda server: server.place(digest="0" * 64, fence=2),
    "prune.sh": lambda server: server.prune("1", fence=2),
    "command.sh": lambda server: server.command("true", key="8-before-0", fence=2),
}


@pytest.mark.parametrize("name", ENDERS)
def test_nothing_changes_beside_a_command(site, name):
    """It gets time to stop in order, and what it says then is not taken for its own end."""
    text = "trap 'sleep 0.3; echo bye; echo stopped >>../../ran; exit' TERM; " \
           "echo ran >>../../ran; " \
           "while :; do sleep 0.05; done"
    lose(begin(site, text))
    record = (sessions(site) / KEY, sessions(site) / f"{KEY}.exit")
    ENDERS[name](site)
    assert lines(site) == ["ran", "stopped"]
    assert not record[1].exists() or record[1].read_text() == "-\n"
    assert "running" not in site.inspect(fence=2).values
    assert record[0].exists() == (name != "command.sh")


def test_a_command_that_does_not_heed_the_signal_is_killed(site):
    """Five seconds later at most; then the link moves."""
    # A job of its own, which `timeout` does not reach.
    deaf = "trap '' TERM; echo ran >>../../ran; exec sleep 600"  # it has begun when it is deaf
    lose(begin(site, f'bash -mc "({deaf}) & wait"'))
    pid = wrapper(site)
    started = time.monotonic()
    assert site.switch(f"releases/{RELEASE}", f"releases/{OLDER}", fence=2).code == 0
    assert 4 < time.monotonic() - started < 100
    assert not alive(pid)


def test_a_switch_that_was_made_already_ends_nothing(site):
    """A successor that repeats it goes on to the command, and waits for it."""
    lose(begin(site))
    assert site.switch(f"releases/{OLDER}", fence=2).code == 0
    assert site.inspect(fence=2)["running"] == KEY


@needs_root
def test_a_command_that_cannot_be_ended_stops_us(open_server):
    """Exit 75 names it, the link stays."""
    lay(open_server.root, {f"releases/{RELEASE}/index.php": b"", f"releases/{OLDER}/x": b""})
    open_server.switch(f"releases/{OLDER}")
    running = begin(open_server)
    for each in (open_server.root, *open_server.root.rglob("*")):
        os.lchown(each, NOBODY, NOBODY)
    open_server.user = NOBODY
    answer = open_server.switch(f"releases/{RELEASE}", f"releases/{OLDER}")
    assert answer.code == 75
    assert KEY in answer.stderr
    assert open_server.current() == f"releases/{OLDER}"
    assert running.process.poll() is None
    (open_server.root / "go").touch()
    assert running.answer()["exit"] == "0"
