"""The mirror of a real repository."""

import os
import subprocess
import sys
import time

import pytest

from deployments.artifacts.faults import RefMissing, SourceRefused, SourceUnreachable
from deployments.artifacts.mirror import Mirror
from tests.integration.artifacts.repositories import commit_of


def test_branches_and_tags_are_listed_with_commit_and_time(mirror, repository):
    """An annotated tag is listed with the commit it leads to; the latest comes first."""
    first = repository.commit({"a": "1"})
    repository.git("tag", "v1")
    repository.git("tag", "-a", "-m", "Second", "v1-annotated")
    second = repository.commit({"a": "2"})
    repository.git("branch", "feature/x")
    mirror.refresh()
    listed = [(ref.name, ref.sort, ref.sha) for ref in mirror.refs()]
    assert sorted(listed[:2]) == [("feature/x", "branch", second), ("main", "branch", second)]
    assert sorted(listed[2:]) == [("v1", "tag", first), ("v1-annotated", "tag", first)]
    assert mirror.refs()[0].committed_at.timestamp() > 1_700_000_000


def test_names_that_cannot_be_asked_for_are_not_listed(mirror, repository):
    """A branch called `$(id)` is legal in git, and no choice on a page; nor is a tag of a file."""
    repository.commit({"a": "1"})
    repository.git("branch", "$(id)")
    repository.git("branch", "fix;x")
    repository.git("tag", "of-a-file", "HEAD:a")
    mirror.refresh()
    assert [ref.name for ref in mirror.refs()] == ["main"]


def test_what_is_gone_at_the_source_is_gone_after_a_refresh(mirror, repository):
    """Deleted, moved and replaced names (x, then x/y) follow the source."""
    repository.commit({"a": "1"})
    repository.git("branch", "x")
    repository.git("tag", "t")
    mirror.refresh()
    repository.git("branch", "-D", "x")
    repository.git("branch", "x/y")
    second = repository.commit({"a": "2"})
    repository.git("tag", "-f", "t")
    mirror.refresh()
    assert {ref.name: ref.sha for ref in mirror.refs()}["t"] == second
    assert {ref.name for ref in mirror.refs()} == {"main", "x/y", "t"}


def test_a_commit_is_here_or_not(mirror, repository):
    """By its whole id alone: names are resolved by the rows that a reading leaves."""
    sha = repository.commit({"a": "1"})
    repository.git("branch", "deadbeef")
    assert not mirror.has(sha)
    mirror.refresh()
    assert mirror.has(sha)
    assert [name for name in ("0" * 40, sha[:8], "main", "deadbeef", "-x", "") if mirror.has(name)
            ] == []


@pytest.mark.parametrize("name", ["0" * 40, "main", "-x", "--upload-pack=touch x"])
def test_what_is_no_commit_here_is_refused_by_name(mirror, repository, name):
    """Before git starts where it is no whole id; the sentence holds what was asked for."""
    repository.commit({"a": "1"})
    mirror.refresh()
    with pytest.raises(RefMissing, match=name):
        mirror.keep(name)


def test_commits_between_two_versions_are_listed_with_their_parents(mirror, repository):
    """What a release page shows; the latest first, merges with both parents."""
    old = repository.commit({"a": "1"})
    repository.git("checkout", "--quiet", "-b", "side")
    side = repository.commit({"b": "1"}, "Löse \x1b[31mdas\x1b[0m\u202e Problem")
    repository.git("checkout", "--quiet", "main")
    main = repository.commit({"c": "1"}, "On main")
    repository.git("merge", "--quiet", "--no-edit", "side")
    new = repository.git("rev-parse", "HEAD")
    mirror.refresh()
    commits = {commit.sha: commit for commit in mirror.commits(old, new, limit=10)}
    assert set(commits) == {new, main, side}
    assert commits[new].parents == (main, side)
    assert commits[side].subject == "Löse das Problem"
    assert commits[side].author_name == "Ada Löwe"
    assert commits[side].authored_at.tzinfo is not None
    assert len(mirror.commits("", new, limit=2)) == 2


def test_a_commit_that_was_exported_outlives_a_force_push(mirror, repository, exported):
    """Pages compare with the live release also after somebody rewrote the branch."""
    repository.commit({"a": "1"})
    lost = repository.commit({"a": "lost"})
    mirror.refresh()
    exported(mirror, lost)
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    new = repository.commit({"a": "2"})
    mirror.refresh()
    subprocess.run(["git", "gc", "--quiet", "--prune=now"], cwd=mirror.folder / "git", check=True)
    assert [commit.sha for commit in mirror.commits(new, lost, limit=5)] == [lost]


def test_a_source_that_is_no_repository_is_refused(tmp_path):
    """An empty folder, and one that does not exist."""
    (tmp_path / "empty").mkdir()
    for name in ("empty", "missing"):
        with pytest.raises(SourceRefused, match="no repository at the address"):
            Mirror(tmp_path / "m", url=str(tmp_path / name)).refresh()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another account")
def test_a_source_folder_of_another_account_can_be_read(tmp_path, repository):
    """Root reads a repository that the account `git` owns: git's ownership check is answered."""
    sha = repository.commit({"a": "1"})
    bare = repository.bare(tmp_path / "bare.git")
    subprocess.run(["chown", "-R", "nobody", bare, repository.folder], check=True)
    for url in (bare, f"file://{bare}", repository.folder):
        mirror = Mirror(tmp_path / "mirrors" / str(hash(url)), url=str(url))
        mirror.refresh()
        assert commit_of(mirror, "main") == sha


def test_a_refresh_that_hangs_ends_at_its_deadline(tmp_path, repository):
    """A source that stops answering costs the deadline and one sentence; then all is well."""
    repository.commit({"a": "1"})
    mirror = Mirror(tmp_path / "mirror", url=repository.url)
    mirror.refresh()
    fifo = repository.folder / ".git/packed-refs"
    fifo.unlink(missing_ok=True)
    os.mkfifo(fifo)
    began = time.monotonic()
    with pytest.raises(SourceUnreachable, match="timed out"):
        mirror.refresh(timeout_s=1)
    assert time.monotonic() - began < 30
    fifo.unlink()
    mirror.refresh(timeout_s=60)


def test_two_refreshes_at_once_wait_for_each_other(tmp_path, repository):
    """Two workers on one mirror: both succeed, none sees the other's half-done work."""
    repository.commit({"a": "1"})
    code = (
        "import sys; from deployments.artifacts.mirror import Mirror\n"
        "Mirror(sys.argv[1], url=sys.argv[2]).refresh(timeout_s=60)"
    )
    argv = [sys.executable, "-c", code, str(tmp_path / "mirror"), repository.url]
    workers = [subprocess.Popen(argv, stderr=subprocess.PIPE) for _ in range(4)]
    said = [worker.communicate()[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0, 0], said


def test_what_a_killed_worker_left_does_not_stop_the_next(mirror, repository):
    """git's own lock files and a login folder of a killed process are cleared under our lock."""
    repository.commit({"a": "1"})
    mirror.refresh()
    for name in ("packed-refs.lock", "refs/heads/main.lock", "shallow.lock", "config.lock"):
        (mirror.folder / "git" / name).parent.mkdir(parents=True, exist_ok=True)
        (mirror.folder / "git" / name).touch()
    (mirror.folder / "login").mkdir()
    (mirror.folder / "login/password").write_text("left over")
    second = repository.commit({"a": "2"})
    mirror.refresh()
    assert commit_of(mirror, "main") == second
    assert not (mirror.folder / "login").exists()
