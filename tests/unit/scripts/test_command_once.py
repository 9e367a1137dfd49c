"""command.sh: once for each deployment, and to its end even without us."""

import os
import signal
import subprocess
import time

import pytest

from tests.unit.scripts.commands import (
    KEY,
    LONG,
    begin,
    begin_waiting,
    is_waited_for,
    lines,
    lose,
    sessions,
    until,
    wrapper,
)
from tests.unit.scripts.server import OLDER, RELEASE


def test_what_ended_well_is_not_run_again(site):
    """Not by the same worker, not by its successor; an older one is refused."""
    assert "ran_before" not in site.command("echo ran >>../../ran", key=KEY, fence=3).values
    for fence in (3, 4):
        answer = site.command("echo ran >>../../ran", key=KEY, fence=fence)
        assert answer.values == {"exit": "0", "ran_before": "1"}
    assert site.command("echo ran >>../../ran", key=KEY, fence=3).code == 76
    assert lines(site) == ["ran"]


def test_what_ended_badly_is_run_again(site):
    """And the answer tells that it was, and how it had ended."""
    text = "echo ran >>../../ran; [ $(wc -l <../../ran) = 2 ]"
    assert site.command(text, key=KEY)["exit"] == "1"
    assert site.command(text, key=KEY, fence=2).values == {"exit": "0", "again": "1"}
    assert lines(site) == ["ran", "ran"]


@pytest.mark.parametrize("other", [
    {"key": "8-before-0"}, {"key": "7-after-0"}, {"key": "7-before-1"}, {"release": OLDER},
    {"text": "echo 2 >>../../ran"},
])
def test_a_result_counts_for_this_command_of_this_release_alone(site, other):
    """Deployments are counted from 1 again in a new database; nothing is left out for that."""
    site.command("echo ran >>../../ran", key=KEY)
    answer = site.command(**{"text": "echo ran >>../../ran", "key": KEY} | other)
    assert answer.values == {"exit": "0"}
    assert len(lines(site)) == 2


@pytest.mark.parametrize("fence", [1, 2])
def test_what_still_runs_is_waited_for_and_not_run_twice(site, fence):
    """Also by the same worker over a new connection; its code comes back."""
    lose(begin(site, LONG + "; exit 5"))
    again = begin_waiting(site, LONG + "; exit 5", fence=fence)
    assert again.process.poll() is None
    (site.root / "go").touch()
    assert again.answer().values == {"exit": "5", "ran_before": "1", "waited": "1"}
    assert lines(site) == ["ran", "done"]


def test_who_was_replaced_while_it_waited_runs_nothing(site):
    """The command ended badly, but to run it again is the newer worker's business: exit 76."""
    lose(begin(site, LONG + "; exit 5"))
    waiting = begin_waiting(site, LONG + "; exit 5", fence=2)
    assert site.inspect(fence=3).code == 0
    (site.root / "go").touch()
    answer = waiting.answer()
    assert (answer.code, answer.values) == (76, {})
    assert lines(site) == ["ran", "done"]


def test_others_work_while_a_command_runs(site):
    """It holds no lock; a look at the server tells that it runs."""
    running = begin(site)
    assert site.inspect(fence=1)["running"] == KEY
    (site.root / "go").touch()
    assert running.answer().values == {"exit": "0"}
    assert "running" not in site.inspect(fence=1).values


def test_a_command_that_prints_outlives_its_connection(site):
    """No SIGPIPE in the middle of a migration: it goes on to its end, which is noted."""
    lose(begin(site, f"echo ran >>../../ran; sleep 0.3; seq 60000; seq 60000; {LONG}"))
    (site.root / "go").touch()
    until(lambda: (sessions(site) / f"{KEY}.exit").read_text() == "0\n")
    assert lines(site) == ["ran", "ran", "done"]


def test_a_gigabyte_nobody_reads_is_drained_and_lies_nowhere(site):
    """Neither the command nor the disk is stopped by output after the connection's death."""
    lose(begin(site, "echo ran >>../../ran; head -c 1G /dev/zero && echo done >>../../ran"))
    until(lambda: (sessions(site) / f"{KEY}.exit").read_text() == "0\n", limit_s=60)
    assert lines(site) == ["ran", "done"]
    assert sum(each.stat().st_size for each in site.root.rglob("*") if each.is_file()) < 100_000


def test_a_reader_that_stopped_reading_does_not_hold_the_command(site):
    """A paused worker's connection is full; its successor lets the output flow again."""
    paused = begin(site, "echo ran >>../../ran; seq 200000; echo done >>../../ran")
    time.sleep(0.5)
    assert lines(site) == ["ran"], "64 KiB of a pipe should not hold all of it"
    answer = site.command("echo ran >>../../ran; seq 200000; echo done >>../../ran", key=KEY,
                          fence=2)
    assert answer.values == {"exit": "0", "ran_before": "1", "waited": "1"}
    assert lines(site) == ["ran", "done"]
    assert paused.process.wait(5) == -signal.SIGKILL


def test_a_late_call_of_an_older_connection_does_not_cut_off_the_newer(site):
    """Who came first does not end the connection of who came after it."""
    first = site.start("command.sh", site.root, 1, KEY, RELEASE, 60, LONG, start_new_session=True)
    first.process.stdin.write(first.stdin[:-2])
    first.process.stdin.flush()
    time.sleep(0.1)
    second = begin(site)
    first.process.stdin.write(first.stdin[-2:])
    first.process.stdin.close()
    first.process.stdin = first.stdin = None
    until(lambda: is_waited_for(first.process.pid))
    (site.root / "go").touch()
    assert second.answer().values == {"exit": "0"}
    assert first.answer().values == {"exit": "0", "ran_before": "1", "waited": "1"}
    assert lines(site) == ["ran", "done"]


def test_what_was_cut_off_is_run_again(site):
    """Its whole session was killed, by the server's restart or a person."""
    running = begin(site)
    os.killpg(wrapper(site), signal.SIGKILL)
    cut = running.answer()
    assert (cut.code, cut.values) == (0, {})
    assert "cut off" in cut.stderr
    (site.root / "go").touch()
    until(lambda: "running" not in site.inspect().values)
    assert site.command(LONG, key=KEY, fence=2).values == {"exit": "0", "again": "cut off"}


@pytest.mark.parametrize("earlier", ["exit 0 # for another version", "exit 3"])
def test_an_older_result_is_not_taken_for_that_of_one_cut_off(site, earlier):
    """What the file said before is gone before the command starts."""
    assert site.command(earlier, key=KEY).code == 0
    running = begin(site)
    os.killpg(wrapper(site), signal.SIGKILL)
    assert running.answer().values == {}
    (site.root / "go").touch()
    until(lambda: "running" not in site.inspect().values)
    assert site.command(LONG, key=KEY, fence=2).values == {"exit": "0", "again": "cut off"}


def test_a_command_whose_first_process_was_killed_is_found_all_the_same(site):
    """It is not run a second time beside itself; as nobody knows how it ended, after it."""
    lose(begin(site))
    os.kill(wrapper(site), signal.SIGKILL)
    assert site.inspect()["running"] == KEY
    again = begin_waiting(site, fence=2)
    assert lines(site) == ["ran"]
    (site.root / "go").touch()
    assert again.answer().values == {"exit": "0", "again": "cut off"}
    assert lines(site) == ["ran", "done", "ran", "done"]


def test_a_number_given_to_another_process_is_no_command(site):
    """The process that has it now is neither waited for nor ended."""
    assert site.command("echo ran >>../../ran; exit 1", key=KEY)["exit"] == "1"
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as other:
        record = sessions(site) / KEY
        words = record.read_text().split()
        record.write_text(" ".join([str(other.pid), words[1], str(other.pid), *words[3:]]) + "\n")
        assert site.command("echo ran >>../../ran; exit 1", key=KEY)["again"] == "1"
        record.write_text(" ".join([str(other.pid), words[1], str(other.pid), *words[3:]]) + "\n")
        assert site.switch(f"releases/{RELEASE}", f"releases/{OLDER}").code == 0
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("key", ["", "7", "a-before-0", "../x", "7-before-0\n", "7.exit", "-7-x",
                                 "7-", "7 before"])
def test_a_bad_key_is_refused(site, key):
    """It names a file: exit 64 before anything is read or run."""
    answer = site.command("echo ran >>../../ran", key=key)
    assert (answer.code, lines(site)) == (64, [])
