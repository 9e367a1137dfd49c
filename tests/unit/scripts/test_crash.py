"""Killed between any two commands of a script, and run again: the end is the same."""

import hashlib
import os
import signal
import subprocess
from pathlib import Path

import pytest

from deployments.remote import scripts
from tests.unit.manifests import manifest_of
from tests.unit.scripts.server import (
    CONTROL,
    EPOCH,
    RELEASE,
    Link,
    Server,
    archive_of,
    lay,
    listing,
)

PROGRAMS = ["cat", "chmod", "cmp", "comm", "cp", "cut", "find", "flock", "ln", "mkdir", "mv",
            "readlink", "rm", "sed", "sha256sum", "sort", "sync", "touch", "stat", "wc", "date",
            "grep", "mkfifo", "setsid", "tar", "tee", "timeout"]
# Counts the programs a script starts and kills its whole session before the AT-th.
SHIM = """read -r n <"$COUNT"; n=$((n + 1)); echo "$n" >"$COUNT"
[ "$n" -ne "$AT" ] || kill -9 0
exec /usr/bin/{name} "$@"
"""
ENTRIES = ("file", ".env", "dir", "uploads", "create", "log", "writable", "var", "asset", "build")
MOST = 200


@pytest.fixture(scope="module")
def shims(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shims")
    for name in PROGRAMS:
        (folder / name).write_text("#!/bin/sh\n" + SHIM.format(name=name))
        (folder / name).chmod(0o755)
    return folder


def killed(server, shims, at, name, *args, data=None):
    """Run a script that is killed before its `at`-th program; return whether it was."""
    count = shims / "count"
    count.write_text("0\n")
    mark = scripts.new_mark()
    argv, text = scripts.start(name, args, mark=mark, has_input=data is not None)
    ended = subprocess.run(
        argv, input=text if data is None else data, capture_output=True, check=False,
        start_new_session=True, cwd="/",
        env={"PATH": f"{shims}:{os.environ['PATH']}", "COUNT": str(count), "AT": str(at)})
    return ended.returncode == -signal.SIGKILL


def fresh(folder):
    """A server where 1 is live, with a release unpacked by fence 2 and all kinds of entries."""
    server = Server(folder)
    lay(server.root, {"releases/1/build/old.js": b"old", "releases/1/x": b"", "shared/.env": b"s",
                      "releases/0/x": b"", "current": Link("releases/1")})
    left = server.root / "releases/left"
    lay(left, {"build/deep/left.js": b"left", "build/left.css": b"left"})
    lay(left, {".releasemgr/manifest": manifest_of(left)})
    digest = server.unpack({"build/new.js": b"new", "uploads/seed": b"", ".env": b"git"}, fence=2)
    return server, digest


def calls(server, digest):
    """Each script with arguments for this server."""
    root = server.root
    left_digest = hashlib.sha256(
        (root / "releases/left/.releasemgr/manifest").read_bytes()).hexdigest()
    return {
        "inspect.sh": (root, 2, RELEASE, "", 0, 0, CONTROL, "<?php\n", *ENTRIES),
        "place.sh": (root, 2, RELEASE, digest, EPOCH, "c0ffee", "", "releases/1", "-", *ENTRIES),
        "assets.sh": (root, 2, "1", "left", left_digest, *ENTRIES),
        "switch.sh": (root, 2, "releases/0", "releases/1"),
        "prune.sh": (root, 3, "0", RELEASE),
        "door.sh": (root, 2, "", "<?php 1;", '{"keys": 1}', CONTROL, "<?php\n"),
    }


def state(server):
    """Everything on the server, without file times; trash and temporary names must be gone.

    The identity is another one on each server, and whole.
    """
    found = listing(server.root)
    mode, identity = found.pop(".releasemgr/identity", ("", b"0" * 36))
    assert len(identity) == 36
    return found | {"identity": mode}


@pytest.mark.parametrize(("name", "step"), [
    ("inspect.sh", 5), ("place.sh", 7), ("assets.sh", 2), ("switch.sh", 2), ("prune.sh", 3),
    ("door.sh", 6)])
def test_a_killed_script_run_again_ends_as_if_never_killed(name, step, shims, tmp_path):
    """At points all along the script; `current` is a valid link at each of them."""
    server, digest = fresh(tmp_path / "whole")
    assert server.run(name, *calls(server, digest)[name]).code == 0
    expected = state(server)
    kills = 0
    for at in range(1, MOST, step):
        server, digest = fresh(tmp_path / str(at))
        args = calls(server, digest)[name]
        if not killed(server, shims, at, name, *args):
            break
        kills += 1
        assert server.current() in ("releases/0", "releases/1")
        assert (server.root / "current").is_dir()
        answer = server.run(name, *args)
        assert answer.code == 0, (at, answer)
        assert state(server) == expected, at
    assert kills >= 5
    assert at < MOST - step


def test_what_a_killed_script_left_is_swept_by_the_next_worker(shims, tmp_path):
    """Wherever place.sh died, inspect.sh of a higher fence leaves no trace of it."""
    for at in range(1, MOST, 12):
        server, digest = fresh(tmp_path / str(at))
        if not killed(server, shims, at, "place.sh", *calls(server, digest)["place.sh"]):
            break
        assert server.inspect(fence=3).code == 0
        assert list(Path(server.paths.ours, "incoming").iterdir()) == []
        assert list(Path(server.paths.trash).iterdir()) == []
        assert not [path for path in listing(server.root) if path.endswith(".new")]


def test_a_killed_unpacking_is_done_again(shims, tmp_path):
    """At every point; the same worker's second try leaves the whole archive and nothing else."""
    data, kills = archive_of({"a/b": b"1" * 50_000, "c": b"2"}), 0
    for at in range(1, MOST):
        server = Server(tmp_path / str(at))
        if not killed(server, shims, at, "unpack.sh", server.root, 2, RELEASE, data=data):
            break
        kills += 1
        assert server.send({}, fence=2, archive=data).code == 0
        found = listing(Path(server.paths.incoming(RELEASE, 2)))
        assert found["a/b"] == ("0o644", b"1" * 50_000)
        assert sorted(found) == ["a", "a/b", "c"]
    assert kills >= 5


def test_a_killed_command_runs_once_unless_we_are_told(shims, tmp_path):
    """Killed at every point, here or in the command's own session: never twice in silence."""
    kills, seen = 0, set()
    for at in range(1, 36):
        server = Server(tmp_path / str(at))
        lay(server.root, {f"releases/{RELEASE}/x": b""})
        text = "echo ran >>../../ran"
        died = killed(server, shims, at, "command.sh", server.root, 2, "7-before-0", RELEASE, 20,
                      text)
        answer = server.command(text, key="7-before-0", fence=3)
        assert (answer.code, answer["exit"]) == (0, "0"), at
        runs = (server.root / "ran").read_text().count("ran")
        again = "again" in answer.values
        assert runs == 1 or (runs == 2 and again), (at, answer)
        kills += died
        seen.add(("ran_before" in answer.values, again))
    assert kills >= 8
    assert seen >= {(True, False), (False, True), (False, False)}
