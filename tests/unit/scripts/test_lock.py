"""Who has the lock: a lost worker's script is ended by its successor, and nobody else ever is."""

import contextlib
import os
import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deployments.remote import scripts
from tests.unit.scripts.server import CONTROL, end_soon, lay
from tests.unit.scripts.test_switch import Reader

ONE, TWO = "releases/1", "releases/2"


@pytest.fixture
def two(server):
    """A server with two release folders; whoever waits for its lock does so for a moment."""
    lay(server.root, {f"{ONE}/index.php": b"1", f"{TWO}/index.php": b"2"})
    return server


def impatient(server, folder):
    server.shim(folder, "flock", 'shift 2; exec /usr/bin/flock -w 0.4 "$@"')


@contextlib.contextmanager
def stuck(server, folder, *, fence, own_session=True, name="switch.sh", args=(ONE, "")):
    """A script that got the lock and stops in the middle of its work."""
    mark = folder / "stuck"
    server.shim(folder / "bin", "sync", f'touch "{mark}"; exec sleep 60')
    running = server.start(name, server.root, fence, *args, start_new_session=own_session)
    running.process.stdin.write(running.stdin)
    running.process.stdin.close()
    until = time.monotonic() + 20
    while not mark.exists() and time.monotonic() < until:
        time.sleep(0.02)
    impatient(server, folder / "other")
    family = [running.process.pid, *below(running.process.pid)]
    try:
        yield running.process
    finally:
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        running.process.wait()


def below(pid):
    """Return the children of a process, and theirs."""
    children = [int(each) for each in
                Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [each for child in children for each in below(child)]


def test_a_lost_workers_script_is_ended_with_its_session(two, tmp_path):
    """Its successor need not wait for the end of what nobody hears any more."""
    with stuck(two, tmp_path, fence=1) as lost:
        family = below(lost.pid)
        assert family
        answer = two.switch(TWO, fence=2)
        assert (answer.code, answer["current"]) == (0, TWO)
        assert lost.wait(5) == -signal.SIGKILL
        assert end_soon(family)


@pytest.mark.parametrize("fence", [5, 4])
def test_a_script_of_no_older_worker_is_waited_for(two, tmp_path, fence):
    """The same fence or a lower one has no right to end it: exit 75."""
    with stuck(two, tmp_path, fence=5) as working:
        answer = two.switch(TWO, ONE, fence=fence)
        assert answer.code == 75
        assert "still at work" in answer.stderr
        assert working.poll() is None


def test_our_own_session_is_never_ended(two, tmp_path):
    """A server that gives commands no sessions of their own loses nothing but time."""
    with stuck(two, tmp_path, fence=1, own_session=False) as lost:
        assert two.switch(TWO, ONE, fence=2).code == 75
        assert lost.poll() is None


@pytest.mark.parametrize("field", [0, 1])
def test_a_later_process_with_the_same_number_is_never_ended(two, tmp_path, field):
    """Number and start must both be those that were written down."""
    with stuck(two, tmp_path, fence=1) as working:
        holder = Path(two.paths.ours, "holder")
        words = holder.read_text().split()
        words[field] = str(int(words[field]) + 1)
        holder.write_text(" ".join(words) + "\n")
        assert two.switch(TWO, ONE, fence=2).code == 75
        assert working.poll() is None


@pytest.mark.parametrize("damage", [b"", b"-\n", b"1 2\n", b"1 1 1 x\n", b"\xff\0\n", b"-1 1 1 1"])
def test_a_damaged_note_ends_nobody(two, tmp_path, damage):
    """Then the lock is waited for, as if nothing had been written."""
    with stuck(two, tmp_path, fence=1) as working:
        Path(two.paths.ours, "holder").write_bytes(damage)
        assert two.switch(TWO, ONE, fence=2).code == 75
        assert working.poll() is None


@pytest.mark.parametrize("line", ["", "-", "1", "1 2 3", "-1 2 3 4 what", "1 2 3 x", "1 -2 3 4",
                                  " ", "1  3 4", "a 2 3 4"])
def test_a_note_is_four_numbers_or_nothing(tmp_path, line):
    """A number that is none must never come near a signal: -1 would be every process."""
    text = "".join((scripts.FOLDER / name).read_text() for name in scripts.SHARED)
    (tmp_path / "note").write_text(line + "\n")
    for name, found in (("note", "no"), ("whole", "yes")):
        (tmp_path / "whole").write_text("1 2 3 4 what\n")
        ended = subprocess.run(
            ["sh", "-s"], input=scripts.frame(
                text + '\nif recorded "$1"; then say found yes; else say found no; fi',
                [tmp_path / name], mark="m"), capture_output=True, check=True)
        assert scripts.parse(ended.stdout.decode().split("\n"), mark="m") == {"found": found}


def test_installing_tokens_is_not_ended_by_a_deployment(two, tmp_path):
    """It belongs to no deployment, so that none is newer."""
    keys = ("", "<?php", "{}", CONTROL, "<?php")
    with stuck(two, tmp_path, fence=7, name="door.sh", args=keys) as working:
        assert two.switch(TWO, ONE, fence=99).code == 75
        assert working.poll() is None


def test_who_let_the_lock_go_is_not_ended_for_it(two, tmp_path):
    """Emptying the trash goes on beside a newer worker, who waits for somebody else's lock."""
    lay(two.root, {"releases/0/x": b""})
    two.shim(tmp_path / "bin", "find", f'touch {tmp_path}/emptying; exec sleep 60')
    running = two.start("prune.sh", two.root, 1, "0", start_new_session=True)
    running.process.stdin.write(running.stdin)
    running.process.stdin.close()
    while not (tmp_path / "emptying").exists():
        time.sleep(0.02)
    try:
        hold = ["flock", two.paths.ours + "/lock", "-c", "echo; cat"]
        with subprocess.Popen(hold, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            other.stdout.readline()
            impatient(two, tmp_path / "other")
            assert two.switch(ONE, fence=2).code == 75
        assert running.process.poll() is None
        assert two.switch(ONE, fence=2).code == 0
    finally:
        os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()


def test_workers_that_end_each_other_never_invert(two, tmp_path):
    """8 threads, 120 slow calls in sessions of their own: the link follows growing fences alone."""
    for fence in range(200):
        (two.root / f"releases/r{fence:04}").mkdir()
    two.switch("releases/r0001", fence=1)
    two.shim(tmp_path / "bin", "sync",
             'case $$ in *[02468]) sleep 0.8 ;; esac; exec /usr/bin/sync "$@"')
    two.shim(tmp_path / "bin", "flock", 'shift 2; exec /usr/bin/flock -w 0.2 "$@"')
    random.seed(7)
    fences = [max(2, call + random.randint(-12, 6)) for call in range(1, 121)]

    def call(fence):
        started = two.start("switch.sh", two.root, fence, f"releases/r{fence:04}", two.current(),
                            start_new_session=True)
        return started.answer().code, fence

    reader = Reader(two.root / "current")
    reader.start()
    try:
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(call, fences))
    finally:
        reader.ended.set()
        reader.join()
    codes = {code for code, _ in outcomes}
    assert codes <= {0, 75, 76, 83, -signal.SIGKILL}
    assert -signal.SIGKILL in codes
    inversions = [pair for pair in zip(reader.seen, reader.seen[1:], strict=False)
                  if pair[0] > pair[1]]
    assert inversions == []
    assert reader.missing == 0
