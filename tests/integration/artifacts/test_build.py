"""Building a release on this machine and on a server."""

import os
import re
import subprocess
import time

import pytest

from deployments.artifacts.build import Build, Recipe
from deployments.artifacts.deadline import Deadline
from deployments.artifacts.export import export_tree
from deployments.artifacts.faults import (
    BuilderUnusable,
    BuildFailed,
    BuildSilent,
    BuildTimedOut,
    ContentRefused,
    MirrorFailed,
    StoreFailed,
)
from deployments.artifacts.masking import MASK
from deployments.remote.local import LocalConnection

from .conftest import RELEASE

SITE = {"public/index.php": "<?php echo 1;", "build.sh": "mkdir -p out && cp build.sh out/copy\n"}
SHELL_OWN = {"PWD", "OLDPWD", "SHLVL", "_"}


def test_the_result_of_all_commands_in_order_is_the_artifact(workshop):
    """What the commands made is in it, nothing is left of the build, the log tells the story."""
    lines = []
    contents = workshop.make(SITE, "sh build.sh", "echo two >> out/copy", lines=lines)
    files = workshop.files()
    assert files["out/copy"] == SITE["build.sh"] + "two\n"
    assert files["public/index.php"] == SITE["public/index.php"]
    assert contents.files == 3
    assert lines == ["$ sh build.sh", "$ echo two >> out/copy"]
    assert workshop.leftovers() == []


def test_a_site_without_build_commands_is_released_as_it_is(workshop):
    """Many PHP sites need no build."""
    workshop.make(SITE)
    assert set(workshop.files()) == {*SITE, ".releasemgr/manifest"}


def test_the_environment_is_exactly_what_was_promised(workshop):
    """Nothing of ours, nothing of the account's; the revision and release are told."""
    lines = []
    workshop.make(SITE, "env -0 | tr '\\n\\0' '~\\n'", "echo $REVISION > REV", lines=lines,
                  variables={"APP_MODE": "a b\n'c'", "PATH": "/usr/bin:/bin"})
    found = dict(line.split("=", 1) for line in lines if re.match(r"\w+=", line))
    assert set(found) - SHELL_OWN == {
        "PATH", "HOME", "LANG", "REVISION", "RELEASE_REF", "RELEASE_NAME", "CACHE_DIR", "APP_MODE",
    }
    assert found["APP_MODE"] == "a b~'c'"
    assert found["PATH"] == "/usr/bin:/bin"
    assert (found["RELEASE_REF"], found["RELEASE_NAME"]) == ("main", RELEASE)
    assert workshop.files()["REV"] == found["REVISION"] + "\n"


def test_there_is_no_git_folder_in_the_work_tree(workshop):
    """Tools that look for one must not find ours or walk up to another."""
    lines = []
    workshop.make(SITE, "ls -a; git status 2>&1 || true", lines=lines)
    assert ".git" not in lines
    assert any("not a git repository" in line for line in lines)


def test_the_home_is_fresh_and_the_cache_stays(workshop):
    """Downloads are kept between builds; what a build left in its home does not reach the next."""
    keep = 'echo 1 > "$HOME/seen"; echo 2 > "$CACHE_DIR/kept"; echo 3 > "$HOME/.cache/too"'
    workshop.make(SITE, keep)
    lines = []
    workshop.make(
        {"a": "2"}, 'ls "$HOME"; echo kept $(cat "$CACHE_DIR/kept" "$CACHE_DIR/too")',
        lines=lines, release="20261123T202646Z-18",
    )
    assert lines[1:] == ["kept 2 3"]


def test_a_subdirectory_is_built_and_released_alone(workshop):
    """The application of a larger repository: its siblings are there to build, not to release."""
    files = {"app/index.php": "<?php", "app/skip/x": "1", "lib/a": "from lib"}
    workshop.make(files, "cp ../lib/a copied", subdirectory="app/", left_out=("skip",))
    assert set(workshop.files()) == {"index.php", "copied", ".releasemgr/manifest"}


def test_a_missing_subdirectory_is_refused_by_name(workshop):
    """A typing error in the settings."""
    with pytest.raises(ContentRefused, match="apps"):
        workshop.make(SITE, subdirectory="apps")
    with pytest.raises(ContentRefused, match="no path inside"):
        workshop.make(SITE, subdirectory="../x")


def test_paths_left_out_are_exact(workshop):
    """node_modules at the top goes, one of the same name below stays; patterns are only names."""
    files = {"node_modules/a": "1", "lib/node_modules/b": "1", "*/c": "1", "-x/d": "1", "e/f": "1"}
    workshop.make(files, left_out=("node_modules", "*", "-x/", "e/f"))
    assert set(workshop.files()) == {"lib/node_modules/b", ".releasemgr/manifest"}


def test_secret_variables_are_masked_in_the_log(workshop):
    """However the command prints them."""
    lines = []
    token = "ghp_canary_0123456789"
    workshop.make(
        SITE, 'printf "%s" "$TOKEN" | base64; echo "$TOKEN"; printf %s "$TOKEN" | cut -c1-10;'
        'printf %s "$TOKEN" | head -c 9; sleep 0.3; printf "%s\\n" "$TOKEN" | tail -c +10',
        lines=lines, variables={"TOKEN": token}, secret_names=frozenset({"TOKEN", "GONE"}),
    )
    assert lines[1:3] == [MASK, MASK]
    assert lines[-1] == MASK
    assert not any(token in line for line in lines)


def test_a_failing_command_ends_the_build_with_its_last_words(workshop):
    """Code and end of output are kept; later commands do not run; nothing stays."""
    lines = []
    with pytest.raises(BuildFailed, match="exited with 3") as failed:
        workshop.make(SITE, "seq 500; echo reason >&2; exit 3", "echo never", lines=lines)
    assert failed.value.exit_code == 3
    assert failed.value.tail.splitlines()[-2:] == ["500", "reason"]
    assert "never" not in lines
    assert workshop.leftovers() == []
    assert not workshop.store.path("shop", RELEASE).exists()


@pytest.mark.parametrize("code", [64, 74, 127])
def test_a_command_s_own_exit_code_is_not_taken_for_ours(workshop, code):
    """64 and 74 are build.sh's codes too."""
    with pytest.raises(BuildFailed, match=f"exited with {code}"):
        workshop.make(SITE, f"exit {code}")


def test_a_killed_command_counts_as_failed(workshop):
    """Out of memory looks like this."""
    with pytest.raises(BuildFailed) as failed:
        workshop.make(SITE, "kill -9 $$")
    assert failed.value.exit_code in (None, 137)


def test_a_command_that_hangs_is_ended_at_its_limit(workshop):
    """It keeps printing, so only the total limit can end it."""
    with pytest.raises(BuildTimedOut, match="within 2 s") as failed:
        workshop.make(SITE, "while :; do echo tick; sleep 0.2; done", limit_s=2, silence_s=30)
    assert "tick" in failed.value.tail
    assert workshop.leftovers() == []


def test_a_silent_command_is_ended_with_all_its_processes(workshop):
    """It waits for an answer that nobody gives; what it started in the background ends too."""
    began = time.monotonic()
    with pytest.raises(BuildSilent, match="printed nothing for 1 s"):
        workshop.make(
            SITE, "setsid sleep 86411.1 & echo asking; sleep 86411.1", limit_s=60, silence_s=1
        )
    assert time.monotonic() - began < 30
    left = workshop.connection.run(["pgrep", "-xf", "sleep 86411.1"], timeout_s=10)
    assert left.lines == ()


def test_a_gigabyte_of_output_is_capped(local):
    """The build goes on, the log stays within the cap and says what it left out."""
    lines = []
    command = "yes 0123456789012345678901234567890 | head -c 1000000000; echo done; echo 1 > made"
    local.make(SITE, command, lines=lines, limit_s=300)
    assert sum(len(line) + 1 for line in lines) < 6_000_000
    assert lines[-1] == "done"
    assert any("bytes of output left out" in line for line in lines)
    assert local.files()["made"] == "1\n"


def test_millions_of_short_lines_are_capped(workshop):
    """Each line is a row: the first and the last stay, one line tells how many were left out."""
    lines = []
    workshop.make(SITE, "yes | head -n 3000000; echo done", "seq 300", lines=lines, limit_s=300)
    assert len(lines) < 5300
    end = lines.index("done")
    assert lines[1:4001] == ["y"] * 4000
    assert lines[4001] == "… 2,995,001 lines, 5,990,002 bytes of output left out …"
    assert lines[4002:end] == ["y"] * 999
    assert lines[end + 1 : end + 3] == ["$ seq 300", "1"]
    assert lines[-1] == "300"


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("mkfifo pipe", "pipe"),
        ("ln -s /etc/passwd secret", "secret"),
        ("ln -s ../../.. out", "out"),
        ("mkdir .releasemgr", ".releasemgr"),
        ("python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")'", "s"),
    ],
)
def test_a_result_that_cannot_be_released_is_refused_by_name(workshop, command, named):
    """Pipes, sockets, links that lead out, our own folder."""
    with pytest.raises(ContentRefused) as refused:
        workshop.make(SITE, command)
    assert refused.value.path == named
    assert workshop.leftovers() == []


@pytest.mark.parametrize("swap", ["ln -s /etc app", 'ln -s "$CACHE_DIR" app', "true"])
def test_an_application_folder_swapped_for_a_link_is_not_read(workshop, swap):
    """The build may not choose another folder of the builder as its result."""
    with pytest.raises(ContentRefused):
        workshop.make({"app/x": "1"}, f"cd .. && mv app gone && {swap}", subdirectory="app")


def test_hard_links_and_strange_names_survive_a_build(workshop):
    """Hard links become files; names with spaces, quotes, newlines and dashes are only names."""
    strange = ["a b", "-rf", "q'\"", "new\nline", "$(id)", "ünï"]
    workshop.make({f"{name}/x": name for name in strange}, "ln -- '-rf/x' hard")
    assert workshop.files()["hard"] == "-rf"
    assert {f"{name}/x" for name in strange} < set(workshop.files())


def test_two_builds_of_one_commit_have_one_digest(workshop):
    """Build it again on another machine: what was approved is what comes out."""
    digests = set()
    for number in (1, 2):
        digests.add(workshop.make({}, "echo made > a", release=f"20261123T202645Z-{number}").digest)
    assert len(digests) == 1


def test_a_repeated_build_starts_clean_after_a_crash(workshop):
    """The first try died in the middle: its tree is removed, its processes are ended."""
    sha = workshop.repository.commit(SITE)
    workshop.mirror.refresh()
    recipe = Recipe(sha=sha, ref="main", release=RELEASE, commands=())
    deadline = Deadline(600)
    crashed = Build(
        workshop.connection, folder=workshop.folder, recipe=recipe, deadline=deadline
    )
    with open(workshop.mirror.folder / "tree", "w+b") as tree:
        export_tree(workshop.mirror, sha, to=tree, deadline=deadline)
        tree.seek(0)
        crashed.unpack(tree)
    script = 'cd "$1" && touch left && mkdir locked && touch locked/x && chmod 0 locked'
    workshop.connection.run(["sh", "-c", script, "sh", crashed.work], timeout_s=10)
    workshop.make({"b": "1"})
    assert {"left", "locked/x"}.isdisjoint(workshop.files())
    assert workshop.leftovers() == []


def test_a_folder_that_the_build_account_cannot_write_is_our_sentence(local):
    """Told before any command runs, and by the builder's name."""
    local.folder = "/proc/nowhere"
    with pytest.raises(BuilderUnusable, match="This machine cannot build"):
        local.make(SITE, "true")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small disk")
@pytest.mark.parametrize("ballast_kb", [1, 300])
def test_a_full_disk_of_ours_is_our_sentence(local, tmp_path, ballast_kb):
    """The store has no room for the source's archive, or for the result: nothing half is kept."""
    local.store.folder.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", local.store.folder]
    subprocess.run(argv, check=True)
    try:
        with pytest.raises((StoreFailed, MirrorFailed), match="No space left"):
            local.make({"x": "x" * ballast_kb * 1024}, "head -c 900000 /dev/urandom > big")
        assert not any(local.store.folder.rglob("*.*"))
    finally:
        subprocess.run(["umount", local.store.folder], check=True)


def test_the_build_runs_as_the_given_account(local, account):
    """Root gives the work away."""
    lines = []
    local.make(SITE, "id -un; stat -c %U . \"$HOME\" \"$CACHE_DIR\"", lines=lines)
    expected = account.name if account else LocalConnection()._account.pw_name
    assert set(lines[1:]) == {expected}
