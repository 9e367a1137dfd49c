"""What a tree brings along: submodules, LFS pointers, and traps for git."""

import pytest

from deployments.artifacts.faults import ContentRefused, LfsPointer, RefMissing, SourceRefused
from tests.integration.artifacts.repositories import Repository, commit_of


def test_submodules_come_with_their_pinned_commits(tmp_path, mirror, repository, exported):
    """Nested, with relative addresses, at the pinned commit and not at the branch's end."""
    inner, lib = Repository(tmp_path / "inner"), Repository(tmp_path / "lib")
    inner.commit({"deep.txt": "pinned"})
    lib.commit({"lib.txt": "pinned"})
    lib.add_submodule("inside/deep", "../inner")
    repository.commit({"a": "1"})
    sha = repository.add_submodule("vendor/my lib", "../lib")
    inner.commit({"deep.txt": "later"})
    lib.commit({"lib.txt": "later"})
    mirror.refresh()
    files = exported(mirror, sha)
    assert files["vendor/my lib/lib.txt"] == "pinned"
    assert files["vendor/my lib/inside/deep/deep.txt"] == "pinned"
    assert files["a"] == "1"


def test_the_tree_decides_neither_what_is_exported_nor_changes_it(
    tmp_path, mirror, repository, exported
):
    """`.gitattributes` is written by whoever can push: no file vanishes, none is rewritten."""
    traps = "gone export-ignore\n/folder export-ignore\nstamp export-subst\n"
    files = {".gitattributes": traps, "gone": "1", "folder/in": "2", "stamp": "$Format:%H$"}
    lib = Repository(tmp_path / "lib")
    lib.commit(files)
    repository.commit(files)
    sha = repository.add_submodule("lib", "../lib")
    mirror.refresh()
    found = exported(mirror, sha)
    for path, content in files.items():
        assert found[path] == found[f"lib/{path}"] == content


def test_a_pinned_commit_that_no_branch_holds_any_more_is_fetched_by_its_id(
    tmp_path, mirror, repository, exported
):
    """A force-pushed library must not break old versions while its host still has the commit."""
    lib = Repository(tmp_path / "lib")
    lib.commit({"lib.txt": "old"})
    lib.git("config", "uploadpack.allowAnySHA1InWant", "true")
    sha = repository.add_submodule("lib", "../lib")
    lib.git("commit", "--quiet", "--amend", "-m", "Rewritten")
    mirror.refresh()
    assert exported(mirror, sha)["lib/lib.txt"] == "old"


def test_a_missing_pinned_commit_is_named(tmp_path, mirror, repository, exported):
    """The library's author rewrote history and the host forgot the commit."""
    lib = Repository(tmp_path / "lib")
    pinned = lib.commit({"lib.txt": "old"})
    sha = repository.add_submodule("lib", "../lib")
    lib.git("update-ref", "-d", "HEAD")
    lib.git("reflog", "expire", "--expire=now", "--all")
    lib.git("gc", "--quiet", "--prune=now")
    lib.commit({"lib.txt": "new"})
    mirror.refresh()
    with pytest.raises(RefMissing, match=pinned):
        exported(mirror, sha)


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c touch% {trap}", "--upload-pack=touch {trap}", "-u./x", "http://127.0.0.1:1/x"],
)
def test_a_hostile_submodule_address_runs_nothing(tmp_path, mirror, repository, exported, url):
    """`.gitmodules` with ext:: or an option: refused, and the trap never springs."""
    trap = tmp_path / "sprung"
    lib = Repository(tmp_path / "lib")
    lib.commit({"x": "1"})
    repository.add_submodule("lib", "../lib")
    gitmodules = f'[submodule "lib"]\n\tpath = lib\n\turl = "{url.format(trap=trap)}"\n'
    gitmodules += f'\tupdate = "!touch {trap}"\n[include]\n\tpath = /etc/passwd\n'
    sha = repository.commit({".gitmodules": gitmodules})
    mirror.refresh()
    with pytest.raises(SourceRefused):
        exported(mirror, sha)
    assert not trap.exists()


def test_a_submodule_without_address_is_refused_by_path(tmp_path, mirror, repository, exported):
    """A folder committed with its own .git inside: git cannot fetch it, neither can we."""
    repository.commit({"a": "1"})
    Repository(repository.folder / "vendor/forgotten").commit({"x": "1"})
    sha = repository.commit({})
    mirror.refresh()
    with pytest.raises(ContentRefused, match="vendor/forgotten"):
        exported(mirror, sha)


def test_filters_attributes_and_hooks_of_the_tree_run_nothing(
    tmp_path, mirror, repository, exported
):
    """The tree's own .gitattributes, .gitconfig and hooks have no effect on our git."""
    trap = tmp_path / "sprung"
    repository.commit({
        ".gitattributes": "* filter=evil diff=evil\n",
        ".gitconfig": f'[filter "evil"]\n\tsmudge = touch {trap}\n\trequired = true\n',
        "a": "1",
    })
    for config in (repository.folder / ".git/config", mirror.folder / "unused"):
        config.parent.mkdir(exist_ok=True)
        with config.open("a") as file:
            file.write(f'[filter "evil"]\n\tsmudge = touch {trap}\n')
            file.write(f"[core]\n\tfsmonitor = touch {trap}\n")
    hooks = repository.folder / ".git/hooks"
    for name in ("post-checkout", "reference-transaction", "pre-auto-gc"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {trap}\n")
        (hooks / name).chmod(0o755)
    mirror.refresh()
    assert exported(mirror, commit_of(mirror, "main"))["a"] == "1"
    assert not trap.exists()


def test_lfs_pointers_are_refused_by_name(mirror, repository, exported):
    """A site with pointer files instead of pictures must not go live; a text about LFS may."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 9\n"
    sha = repository.commit({
        "public/hero.jpg": pointer, "fonts/a b.woff": pointer, "docs/lfs.md": "see\n" + pointer,
        "long.md": pointer + "x" * 2000,
    })
    mirror.refresh()
    with pytest.raises(LfsPointer) as refused:
        exported(mirror, sha)
    assert sorted(refused.value.paths) == ["fonts/a b.woff", "public/hero.jpg"]
