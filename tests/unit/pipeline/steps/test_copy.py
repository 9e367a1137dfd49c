"""The archive goes to the server in one call, and only where it is needed."""

from types import SimpleNamespace

import pytest

from deployments.errors import OutcomeUnknown, StepFailed
from deployments.pipeline.context import Release, StepContext, Truth
from deployments.pipeline.steps.copy import Copy
from deployments.remote.faults import ConnectionLost
from deployments.remote.output import Result
from deployments.remote.printer import PrinterConnection

PLACED = {"digest": "d" * 64, "linked": "1", "assets": "2"}


def copy(archive, answers, *, is_kept_elsewhere=False, **truth):
    """Run the step on one server; return its calls and what it said."""
    said = []
    plan = SimpleNamespace(digest="d" * 64, file_epoch=1, commit_sha="c0ffee", kind="deploy",
                           entries=(("dir", "uploads"),))
    connection = PrinterConnection({"place.sh": PLACED} | answers)
    Copy().run(StepContext(
        plan=plan, target=SimpleNamespace(server="web-1", root="/srv/shop", web_group="www-data"),
        deployment=17, fence=5, older=None, host=None, control_name="", control_php="",
        release=Release("r9", archive, is_kept_elsewhere=is_kept_elsewhere),
        endpoint_key=None, ca_file="", proof_limit_s=1,
        say=said.append, connection=connection, truth=Truth(**{"was_placed": False} | truth)))
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


def test_a_release_that_lies_there_is_not_sent_again(archive):
    """Also when its archive is gone."""
    archive.unlink()
    assert copy(archive, {}, was_placed=True)[0] == []


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
