"""From a builder's tar stream to the artifact."""

import hashlib
import io
import os
import socket
import subprocess
import tarfile

import pytest

from deployments.artifacts.archive import pack
from deployments.artifacts.contents import STATIC_BYTES
from deployments.artifacts.faults import ContentRefused

from .trees import EPOCH, special, tar, tar_of, unpack

STRANGE = ["a b", "-rf", "quote'\"", "new\nline", "$(id)", "ünï", "back\\slash", "a" * 150]


def make_tree(folder):
    """A tree with every kind of content that is allowed, under names that are hard on shells."""
    (folder / "public/build").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "public/index.php").write_text("<?php echo 1;")
    (folder / "public/build/app.css").write_text("body {}")
    (folder / "tool").write_text("#!/bin/sh\n")
    (folder / "tool").chmod(0o4750)
    (folder / "private").write_text("x")
    (folder / "private").chmod(0o600)
    (folder / "latest").symlink_to("public/build")
    (folder / "public/up").symlink_to("../tool")
    for name in STRANGE:
        (folder / name).mkdir()
        (folder / name / name).write_text(name)
    with open(os.fsencode(folder) + b"/not-utf8-\xff.php", "w") as file:
        file.write("<?php")


@pytest.fixture
def packed(tmp_path):
    """(artifact, contents, tree) of make_tree."""
    tree = tmp_path / "tree"
    tree.mkdir()
    make_tree(tree)
    artifact = tmp_path / "release.tar.gz"
    return artifact, pack(tar_of(tree), artifact, epoch=EPOCH, public_folder="public"), tree


def test_the_artifact_holds_what_the_tree_held(packed, tmp_path):
    """Folders, empty ones too, files, links and contents arrive, under any name."""
    artifact, _, tree = packed
    release = unpack(artifact, tmp_path / "release")
    compared = subprocess.run(
        ["diff", "-r", "--no-dereference", "-x", ".releasemgr", tree, release],
        capture_output=True, text=True, check=False,
    )
    assert compared.stdout == ""
    assert (release / "empty").is_dir()


def test_every_time_owner_and_mode_is_normal(packed):
    """Equal on all servers: one time, 755 or 644, no owner, no setuid."""
    artifact, _, _ = packed
    with tarfile.open(artifact) as archive:
        members = archive.getmembers()
    assert {member.mtime for member in members} == {EPOCH}
    assert {member.mode for member in members} == {0o755, 0o644}
    assert {(member.uid, member.gid, member.uname) for member in members} == {(0, 0, "")}
    modes = {member.name: member.mode for member in members}
    assert modes["./tool"] == 0o755
    assert modes["./private"] == 0o644
    assert members[0].name == "."
    gzip_header_time = int.from_bytes(artifact.read_bytes()[4:8], "little")
    assert gzip_header_time == EPOCH


def test_the_same_tree_gives_the_same_bytes(packed, tmp_path):
    """A digest that changes without the content changing would void every approval."""
    artifact, contents, tree = packed
    os.utime(tree / "tool", (1, 1))
    again = tmp_path / "again.tar.gz"
    assert pack(tar_of(tree), again, epoch=EPOCH, public_folder="public").digest == contents.digest
    assert again.read_bytes() == artifact.read_bytes()
    later = pack(tar_of(tree), again, epoch=EPOCH + 1, public_folder="public")
    assert later.digest == contents.digest
    assert again.read_bytes() != artifact.read_bytes()


def test_the_manifest_agrees_with_coreutils(packed, tmp_path):
    """Two ways to the same digest: while packing, and with coreutils alone on a server."""
    artifact, contents, _ = packed
    release = unpack(artifact, tmp_path / "release")
    script = r"""
        cd "$1" || exit 1
        set -- ! -path ./.releasemgr ! -path './.releasemgr/*' ! -path ./REVISION
        { find . -mindepth 1 "$@" -type d -printf 'd %m %p\0'
          find . -mindepth 1 "$@" -type f -printf 'f %m %p\0'
          find . -mindepth 1 "$@" -type f -print0 | xargs -0r sha256sum -z --
          find . -mindepth 1 "$@" -type l -printf 'l %p//%l\0'
        } | LC_ALL=C sort -z
    """
    made = subprocess.run(["sh", "-c", script, "sh", release], capture_output=True, check=True)
    assert hashlib.sha256(made.stdout).hexdigest() == contents.digest
    assert (release / ".releasemgr/manifest").read_bytes() == made.stdout


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: (tree / "tool").write_text("#!/bin/sh\necho\n"),
        lambda tree: (tree / "tool").chmod(0o644),
        lambda tree: (tree / "empty").rmdir(),
        lambda tree: (tree / "latest").unlink() or (tree / "latest").symlink_to("public"),
        lambda tree: (tree / "more").write_text(""),
        lambda tree: (tree / "private").rename(tree / "privat"),
    ],
)
def test_any_change_of_content_changes_the_digest(packed, tmp_path, change):
    """Content, exec bit, an empty folder, a link's target, a new file, a name."""
    _, contents, tree = packed
    change(tree)
    assert pack(tar_of(tree), tmp_path / "b.tar.gz", epoch=EPOCH).digest != contents.digest


def test_what_later_steps_need_is_collected(tmp_path):
    """Figures, PHP files, small static files with their hash, classes that a probe may include."""
    plain = "<?php\nnamespace App;\nfinal class Plain { public $x = '}'; }\n"
    stream = tar(
        ("public/app.css", "body"), ("public/.htaccess", "x"), ("public/index.php", plain),
        ("src/Big.php", plain + " " * 400), ("src/Plain.php", plain),
        ("src/Run.php", "<?php run();"), ("src/notes.txt", "x"),
        ("public/film.mp4", "x" * (STATIC_BYTES + 1)),
        special("./link", tarfile.SYMTYPE, target="src"),
    )
    contents = pack(stream, tmp_path / "a.tar.gz", epoch=EPOCH, public_folder="/public/")
    assert (contents.files, contents.folders, contents.links) == (8, 2, 1)
    assert contents.php_files == ("public/index.php", "src/Big.php", "src/Plain.php", "src/Run.php")
    assert contents.static_files == (("public/app.css", hashlib.sha256(b"body").hexdigest()),)
    assert contents.plain_classes == ("src/Plain.php", "src/Big.php")
    assert contents.archive_bytes == (tmp_path / "a.tar.gz").stat().st_size


def test_a_revision_of_the_tree_s_own_is_dropped(tmp_path):
    """The release gets ours; one below is the project's business."""
    stream = tar(("REVISION", "theirs"), ("lib/REVISION", "kept"))
    pack(stream, tmp_path / "a.tar.gz", epoch=EPOCH)
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        names = archive.getnames()
    assert "./REVISION" not in names
    assert "./lib/REVISION" in names


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        (special("./pipe", tarfile.FIFOTYPE), "pipe"),
        (special("./disk", tarfile.BLKTYPE), "disk"),
        (special("./tty", tarfile.CHRTYPE), "tty"),
        (special("./hard", tarfile.LNKTYPE, target="./a"), "hard"),
        (special("./odd", b"9"), "odd"),
        (special("./etc", tarfile.SYMTYPE, target="/etc/passwd"), "etc"),
        (special("./out", tarfile.SYMTYPE, target="../outside"), "out"),
        (special("./d/out", tarfile.SYMTYPE, target="../../outside"), "d/out"),
        (special("./blank", tarfile.SYMTYPE, target=""), "blank"),
        (special("/etc/passwd", tarfile.REGTYPE), "/etc/passwd"),
        (special("../passwd", tarfile.REGTYPE), "../passwd"),
        (special("./d/../../passwd", tarfile.REGTYPE), "./d/../../passwd"),
        (special("./.releasemgr", tarfile.DIRTYPE), ".releasemgr"),
        (special("./.releasemgr/marker.php", tarfile.REGTYPE), ".releasemgr/marker.php"),
        (special("./nowhere/file", tarfile.REGTYPE), "nowhere/file"),
        (special("./d", tarfile.REGTYPE), "d"),
        (special("./link/file", tarfile.REGTYPE), "link/file"),
    ],
)
def test_content_that_cannot_be_released_is_refused_by_name(tmp_path, entry, named):
    """Nothing that could write or read elsewhere, and nothing is left of the attempt."""
    stream = tar(
        special("./d", tarfile.DIRTYPE), special("./link", tarfile.SYMTYPE, target="d"), entry
    )
    with pytest.raises(ContentRefused) as refused:
        pack(stream, tmp_path / "a.tar.gz", epoch=EPOCH)
    assert refused.value.path == named
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "links",
    [
        {"d/up": "..", "out": "d/up/../x"},
        {"a": "d", "d/b": "../a/../.."},
        {"a": "b/../..", "b": "d"},
        {"d/deep": "e/f", "out": "d/deep/../../../../x"},
    ],
)
def test_links_that_lead_out_through_each_other_are_refused(tmp_path, links):
    """Each looks harmless alone; what counts is where the kernel would arrive."""
    entries = [special("./d", tarfile.DIRTYPE)]
    entries += [
        special(f"./{path}", tarfile.SYMTYPE, target=target) for path, target in links.items()
    ]
    with pytest.raises(ContentRefused, match="leads out"):
        pack(tar(*entries), tmp_path / "a.tar.gz", epoch=EPOCH)


@pytest.mark.parametrize("target", ["loop", "missing/../also", "d/./x", "d/../d", "."])
def test_links_that_stay_inside_are_kept(tmp_path, target):
    """Dangling links and loops are the project's business: they lead nowhere outside."""
    stream = tar(
        special("./d", tarfile.DIRTYPE), special("./loop", tarfile.SYMTYPE, target=target)
    )
    assert pack(stream, tmp_path / "a.tar.gz", epoch=EPOCH).links == 1


def test_hard_links_arrive_as_files(tmp_path):
    """The builder's tar writes the content again."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "one").write_text("same")
    os.link(tree / "one", tree / "two")
    contents = pack(tar_of(tree), tmp_path / "a.tar.gz", epoch=EPOCH)
    assert contents.files == 2
    assert (unpack(tmp_path / "a.tar.gz", tmp_path / "r") / "two").read_text() == "same"


@pytest.mark.parametrize("cut", [0, 100, 700, 2560, 3000, 5120])
def test_a_stream_that_breaks_off_leaves_no_artifact(tmp_path, cut):
    """A truncated copy must never become a release; nor does one that is there already change."""
    whole = tar(("one", "1" * 2000), ("two", "2" * 2000)).getvalue()
    (tmp_path / "a.tar.gz").write_bytes(b"the good one")
    with pytest.raises(ContentRefused, match="no whole tar archive"):
        pack(io.BytesIO(whole[:cut]), tmp_path / "a.tar.gz", epoch=EPOCH)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]
    assert (tmp_path / "a.tar.gz").read_bytes() == b"the good one"


def test_a_socket_is_told_by_the_builder_s_tar(tmp_path):
    """tar skips sockets with these words; Build.collect reads them."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.sock"))
        said = subprocess.run(
            ["tar", "-cf", "-", "."], cwd=tmp_path, capture_output=True, check=True,
            env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
        ).stderr
    assert b"tar: ./s.sock: socket ignored" in said
