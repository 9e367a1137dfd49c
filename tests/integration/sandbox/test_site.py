"""The demo site's repository: two versions, a history worth reading, branches for fault tests."""

import hashlib
import os
import subprocess

import pytest

from tests.sandbox.site import BUILD_COMMAND, SiteRepository, run_git
from tests.sandbox.site_variants import UNSHARED_FILE, VARIANTS


@pytest.fixture
def repository(tmp_path):
    return SiteRepository(tmp_path).create()


def build(repository, folder, *, ref, timeout_s=20):
    """Export `ref` and build it; return the finished process."""
    repository.export(ref, folder=folder)
    return subprocess.run(
        BUILD_COMMAND.split(),
        cwd=folder,
        env={**os.environ, "REVISION": repository.commit_of(ref)},
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )


def test_the_same_repository_comes_out_every_time(repository, tmp_path):
    """Commit hashes are fixed, so that pictures and notes that show them stay true."""
    again = SiteRepository(tmp_path / "again").create()
    assert again.commit_of("v2.0") == repository.commit_of("v2.0")
    assert again.commit_of("v1.0") != again.commit_of("v2.0") == again.commit_of("main")


def test_between_the_versions_lie_commits_of_several_people(repository):
    """Release notes have something to show: readable subjects, four authors, annotated tags."""
    log = run_git("log", "--format=%an|%s", "v1.0..v2.0", cwd=repository.path).splitlines()
    authors = {line.split("|")[0] for line in log}
    assert len(log) == 7
    assert len(authors) == 4
    assert all(len(line.split("|")[1].split()) >= 4 for line in log)
    assert run_git("cat-file", "-t", "v1.0", cwd=repository.path).strip() == "tag"


def test_the_build_names_assets_after_their_content(repository, tmp_path):
    """What did not change keeps its name, what is new has one of its own, the map names all."""
    for number in "12":
        done = build(repository, tmp_path / number, ref=f"v{number}.0")
        assert done.returncode == 0, done.stderr
        assert f"built  version {number}.0" in done.stdout
    first, second = ({path.name for path in tmp_path.glob(f"{n}/public/build/*")} for n in "12")
    assert first < second
    (gift,) = second - first
    content = (tmp_path / "2/public/build" / gift).read_bytes()
    assert hashlib.sha256(content).hexdigest()[:10] == gift.split(".")[1]
    assert len(list((tmp_path / "1/src/Glazes").glob("Glaze*.php"))) == 120


def test_every_file_of_both_versions_compiles(repository, tmp_path):
    """The faults are on their branches only."""
    for ref in ("v1.0", "v2.0"):
        repository.export(ref, folder=tmp_path / ref)
        files = [str(path) for path in (tmp_path / ref).rglob("*.php")]
        check = "foreach (array_slice($argv, 1) as $f) token_get_all(file_get_contents($f), 1);"
        subprocess.run(["php", "-r", check, "--", *files], check=True)


def test_more_versions_can_be_added(repository):
    """A test that needs a third version gets one: tagged, on main, in its own colour."""
    commit = repository.add_version("3.0", accent="#123456")
    assert commit == repository.commit_of("main") == repository.commit_of("v3.0")
    shown = run_git("show", "v3.0:config/shop.php", cwd=repository.path)
    assert "'version' => '3.0'" in shown
    assert "'accent' => '#123456'" in shown


def test_each_variant_is_one_commit_after_version_2(repository):
    """All variants exist on request, apart from each other, and asking again changes nothing."""
    commits = {name: repository.add_variant(name) for name in VARIANTS}
    for name, commit in commits.items():
        assert repository.add_variant(name) == commit
        parent = run_git("rev-parse", f"{name}^", cwd=repository.path).strip()
        assert parent == repository.commit_of("v2.0")
    assert len(set(commits.values())) == len(VARIANTS)


def test_the_failing_build_says_why_and_fails(repository, tmp_path):
    """Exit code 3, the reason on stderr."""
    repository.add_variant("failing-build")
    done = build(repository, tmp_path / "tree", ref="failing-build")
    assert done.returncode == 3
    assert "unknown colour" in done.stderr


def test_the_hanging_build_never_ends_by_itself(repository, tmp_path):
    """It is silent after its first line."""
    repository.add_variant("hanging-build")
    with pytest.raises(subprocess.TimeoutExpired) as ended:
        build(repository, tmp_path / "tree", ref="hanging-build", timeout_s=1)
    assert ended.value.stdout == b"waiting for the photographs\n"


def test_the_noisy_build_prints_a_gigabyte(repository, tmp_path):
    """Counted without keeping it."""
    repository.add_variant("noisy-build")
    repository.export("noisy-build", folder=tmp_path / "tree")
    counted = subprocess.run(
        f"{BUILD_COMMAND} | wc -c", shell=True, cwd=tmp_path / "tree", capture_output=True
    )
    assert int(counted.stdout) >= 2**30


def test_the_broken_file_does_not_compile_and_the_build_does_not_mind(repository, tmp_path):
    """Only PHP, asked to compile that one file, finds out."""
    repository.add_variant("broken-file")
    assert build(repository, tmp_path / "tree", ref="broken-file").returncode == 0
    broken = tmp_path / "tree/src/GiftCard.php"
    linted = subprocess.run(["php", "-l", broken], capture_output=True, check=False)
    assert linted.returncode == 255


def test_the_pointer_and_the_unshared_file_are_what_they_are_called(repository, tmp_path):
    """git keeps the LFS pointer as it is; the shared file is needed and not in the tree."""
    for name in ("lfs-pointer", "missing-shared-file"):
        repository.add_variant(name)
        repository.export(name, folder=tmp_path / name)
    pointer = (tmp_path / "lfs-pointer/public/catalogue.pdf").read_text()
    assert pointer.startswith("version https://git-lfs.github.com/spec/v1\noid sha256:")
    needing = tmp_path / "missing-shared-file"
    assert UNSHARED_FILE in (needing / "src/Payment.php").read_text()
    assert not (needing / UNSHARED_FILE).exists()


def test_a_ref_that_does_not_exist_is_refused_by_name(repository, tmp_path):
    """A typing error in a test is told as such, not as an empty tree."""
    with pytest.raises((ValueError, subprocess.CalledProcessError)):
        repository.export("v9.9", folder=tmp_path / "tree")
