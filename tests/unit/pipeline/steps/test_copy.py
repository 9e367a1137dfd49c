"""The archive goes to the server in one call, and only where it is needed."""

import base64
from types import SimpleNamespace

import pytest

from deployments.errors import OutcomeUnknown, StepFailed
from deployments.pipeline.context import Release, StepContext, Truth
from deployments.pipeline.drift_records import Wanted
from deployments.pipeline.steps.copy import Copy
from deployments.remote.faults import ConnectionLost
from deployments.remote.output import Result
from deployments.remote.printer import PrinterConnection

PLACED = {"digest": "d" * 64, "linked": "1", "assets": "2"}


def copy(archive, answers, *, is_kept_elsewhere=False, before=(), intact=None, built=None, **truth):
    """Run the step on one server; return its calls and what it said."""
    said = []
    plan = SimpleNamespace(digest="d" * 64, file_epoch=1, commit_sha="c0ffee", kind="deploy",
                           entries=(("dir", "uploads"),), before=before, after=())
    connection = PrinterConnection({"place.sh": PLACED} | answers)
    Copy().run(StepContext(
        plan=plan, target=SimpleNamespace(server="web-1", root="/srv/shop", web_group="www-data"),
        deployment=17, fence=5, older=None, host=None, control_name="", control_php="",
        release=Release("r9", archive, is_kept_elsewhere=is_kept_elsewhere),
        endpoint_key=None, ca_file="", proof_limit_s=1,
        say=said.append, connection=connection, intact=intact or {}, built=built or {},
        truth=Truth(**{"was_placed": False} | truth)))
    return [str(call) for call in connection.calls], said


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "r9.tar.gz"
    path.write_bytes(b"12345")
    return path


def test_the_archive_is_sent_then_checked_and_put_in_its_place(archive):
    """Two calls; the archive is the first one's input."""
    calls, said = copy(archive, {})
    assert calls[0] == "script unpack.sh '/srv/shop' '5' 'r9' < 5 bytes"
    assert calls[1].startswith("script place.sh '/srv/shop' '5' 'r9' ")
    assert said == ["Copied and checked: dddddddddddd, 1 shared entries linked, 2 older assets "
                    "kept"]


@pytest.mark.parametrize(("previous", "lists"), [
    ("releases/r8", "'c c b'"), ("/srv/other/releases/7", "'-'"), ("", "'-'")])
def test_older_assets_are_taken_by_the_lists_of_contents_that_we_approved(archive, previous, lists):
    """All of a version that another tool put there: none of our lists tells of it."""
    built = {"r9": "c c", "r8": "b", "r7": ""}
    calls, _ = copy(archive, {}, previous=previous, built=built)
    assert f" 'www-data' '{previous}' {lists} 'dir' " in calls[1]


SEEN = {"epoch": 1000, "folder": "1:2", "is_good": True}
INTACT = {"user": "deploy", "differences": "", "whole": "1"}


def differing(*records):
    """An answer of drift.sh with these differences, beside what we put into each folder."""
    wanted = Wanted("r9", "r9", "d" * 64, "c0ffee", (("dir", "uploads"),))
    alone = [*records, *(b"t" + record for record in wanted.records())]
    packed = b"".join(record + b"\0" for record in alone)
    return INTACT | {"differences": base64.b64encode(packed).decode()}


def test_a_release_that_lies_there_is_read_and_not_sent_again(archive):
    """Also when its archive is gone. Nothing is written."""
    archive.unlink()
    calls, said = copy(archive, {"drift.sh": differing()}, was_placed=True)
    assert [call.split(" '")[0] for call in calls] == ["script drift.sh"]
    assert said == ["r9 is there already, and its files are as they were built"]


def test_a_release_that_was_changed_there_is_refused_unless_commands_may_have_done_it(archive):
    """A file that its list of contents has; the drift watch tells of the rest."""
    hash_was, hash_is = b"a" * 64, b"b" * 64
    changed = {"drift.sh": differing(b"m" + hash_was + b"  ./a.php", b"t" + hash_is + b"  ./a.php",
                                     b"tf 644 ./note.txt")}
    with pytest.raises(StepFailed, match=r"r9 is there already, but was changed since: a\.php was "
                                         r"changed\. Build that version again"):
        copy(archive, changed, was_placed=True)
    calls, said = copy(archive, changed, was_placed=True, before=("migrate",))
    assert "Commands of the project may have done it, so it goes on" in said[0]
    assert len(calls) == 1
    with pytest.raises(StepFailed, match="was changed since"):
        copy(archive, changed, was_placed=True, before=("migrate",), intact=SEEN)


def test_a_look_that_saw_it_whole_makes_the_next_one_quick(archive):
    """Only what has changed since is read."""
    calls, _ = copy(archive, {"drift.sh": differing()}, was_placed=True, intact=SEEN)
    assert calls[0].startswith("script drift.sh '/srv/shop' 'r9' '' '880' '1:2' ")


def test_what_cannot_be_read_keeps_nobody_from_going_back(archive):
    """It is a line of the log."""
    answer = Result(64, stderr="no such folder")
    _, said = copy(archive, {"drift.sh": answer}, was_placed=True)
    assert said[0].startswith("Whether the files of r9 are as they were built was not seen: ")


def test_an_archive_that_is_gone_is_told(archive):
    """Nothing is asked of the server."""
    archive.unlink()
    with pytest.raises(StepFailed, match="Build that commit again"):
        copy(archive, {})


def test_an_archive_on_a_machine_that_is_down_is_not_called_gone(archive):
    """Nothing has to be built again where that machine can be started."""
    archive.unlink()
    with pytest.raises(StepFailed, match=r"another worker's machine, .* Start the worker"):
        copy(archive, {}, is_kept_elsewhere=True)


@pytest.mark.parametrize(("answer", "error", "words"), [
    (Result(79, stderr="Could not unpack r9 (as deploy): No space left on device"), StepFailed,
     "web-1: Could not unpack r9"),
    (Result(None), OutcomeUnknown, "did not say how unpack.sh ended"),
    (ConnectionLost("the line to web-1 broke"), OutcomeUnknown, "broke"),
])
def test_what_the_server_says_about_unpacking_decides(archive, answer, error, words):
    """A refusal fails the step in its own words; silence is unknown."""
    with pytest.raises(error, match=words):
        copy(archive, {"unpack.sh": answer})
