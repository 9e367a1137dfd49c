"""The stream of questions: open, bounded, and honest about what it could not ask."""

import threading
import time

import pytest

from deployments.pipeline.judging import Ledger, Place
from deployments.pipeline.telling import Telling, Version
from deployments.pipeline.witness import Witness
from deployments.remote.faults import TimedOut, Unreachable
from deployments.remote.http import HttpAnswer
from deployments.witness_words import EXCUSED, FAILED, UNSENT

HTML = {"content-type": "text/html", "x-version": "two"}
FRONT = b'<link href="/a.css"><script src="/b.js"></script><img src="/c.png">'


def answer(status=200, body=b"", **headers):
    return HttpAnswer(status, headers or HTML, body, 1.0)


def make(ask, *paths, rate=40, **over):
    ledger = Ledger([Place(path) for path in paths or ("/",)])
    telling = Telling(Version(frozenset({"two"})), Version(frozenset({"one"})), mark="x-version")
    return Witness(ask, ledger=ledger, telling=telling, rate=rate, **over)


@pytest.fixture
def run():
    """Start a witness, and stop it when the test ends."""
    begun = []

    def start(*args, **over):
        witness = make(*args, **over)
        begun.append(witness)
        witness.start()
        return witness

    yield start
    for witness in begun:
        witness.stop(wait_s=0)


def wait_for(condition, limit_s=30):
    until = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.01)


def test_it_asks_at_its_rate_and_tells_the_version(run):
    """About forty turns a second, each asked or counted as left out; each answer says when it was
    asked for, what came, how long it took, and of which version."""
    witness = run(lambda path, headers: answer())
    wait_for(lambda: witness.record()["requests"] >= 30)
    witness.stop()
    record = witness.record()
    turns = record["requests"] + record["unsent"]
    # Up to the last turn: a machine that stood still after it had none that could be counted.
    last_ms = record["samples"][-1][0]
    assert 0.6 < turns / (last_ms * 40 / 1000 + 1) < 1.1
    assert record["requests"] == record["told"]
    assert len(record["samples"]) == turns
    answered = [sample for sample in record["samples"] if sample[5] != UNSENT]
    ms, status, took_ms, version, place, verdict = answered[-1]
    assert (status, version, place, verdict) == (200, 2, 0, 0)
    assert 0 <= took_ms <= record["ended_ms"]
    assert answered[0][0] < ms <= record["ended_ms"]


def test_one_slow_page_does_not_stop_the_stream(run):
    """The other page is asked for all the while."""
    held = threading.Event()

    def ask(path, headers):
        if path == "/slow" and not held.is_set():
            held.wait(60)
        return answer()

    witness = run(ask, "/slow", "/", rate=20)
    wait_for(lambda: sum(sample[4] == 1 and sample[5] != UNSENT
                         for sample in witness.record()["samples"]) >= 3)
    held.set()


def test_no_more_than_a_few_answers_are_waited_for_at_once(run):
    """The site hangs: what could not be asked is counted, and is no failure."""
    held, most, now = threading.Event(), [0], [0]
    lock = threading.Lock()

    def ask(path, headers):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        held.wait(60)
        return answer()

    witness = run(ask, rate=16)
    wait_for(lambda: now[0] >= 4)  # turns that a busy machine misses before are left out too
    before = witness.record()["unsent"]
    wait_for(lambda: witness.record()["unsent"] >= before + 5)
    witness.stop(wait_s=0)
    held.set()
    record = witness.record()
    assert most[0] == 4
    assert (record["requests"], record["failed"], record["unanswered"]) == (0, 0, 4)
    assert {sample[5] for sample in record["samples"]} == {UNSENT}


def test_stopping_waits_a_moment_for_answers_under_way_and_takes_none_after_it(run):
    """What is written down does not change any more."""
    held = threading.Event()

    def ask(path, headers):
        held.wait(60)
        return answer()

    witness = run(ask, rate=10)
    wait_for(lambda: witness.is_waiting)
    threading.Timer(0.2, held.set).start()
    witness.stop(wait_s=30)
    first = witness.record()
    assert first["requests"] >= 1
    assert first["unanswered"] == 0
    witness.mark("switch")
    witness.stop()
    time.sleep(0.3)
    assert witness.record() == first


def test_no_answer_is_a_failure_of_the_site(run):
    """It says in a few words which."""
    def ask(path, headers):
        raise TimedOut("web-1 did not answer", server="web-1")

    witness = run(ask)
    wait_for(lambda: witness.record()["excused"] >= 1)  # not switched yet
    witness.mark("switch")
    wait_for(lambda: witness.record()["requests"] >= 5)
    sample = next(sample for sample in witness.record()["samples"] if sample[5] != UNSENT)
    assert (sample[1], sample[5], sample[6]) == (0, EXCUSED, "too late")


def test_a_lost_connection_of_ours_says_nothing_about_the_site(run):
    """The tunnel is gone: nobody was asked."""
    def ask(path, headers):
        raise Unreachable("web-1 cannot be reached", server="web-1")

    witness = run(ask, is_connected=lambda: False)
    witness.mark("switch")
    wait_for(lambda: witness.record()["unsent"] >= 3)
    assert witness.record()["requests"] == witness.record()["failed"] == 0


def test_a_mistake_of_ours_neither_ends_it_nor_blames_the_site(run):
    """It goes on asking."""
    def ask(path, headers):
        raise RuntimeError("ours")

    witness = run(ask)
    wait_for(lambda: witness.record()["unsent"] >= 10)
    assert witness.record()["requests"] == 0


def test_assets_of_the_old_page_are_asked_for_after_the_switch_too(run):
    """One that is gone then is a failure; one that nobody could read before is left alone."""
    gone = threading.Event()

    def ask(path, headers):
        if path == "/c.png":
            raise TimedOut("too large", server="web-1")
        if path == "/a.css" and gone.is_set():
            return answer(404)
        return answer(body=FRONT)

    witness = run(ask)
    wait_for(lambda: witness.has_looked)
    gone.set()
    witness.mark("switch")
    wait_for(lambda: witness.record()["failed"] >= 2)
    record = witness.record()
    paths = [place["path"] for place in record["paths"]]
    assert paths == ["/", "/a.css", "/b.js", "/c.png"]
    failed = {paths[sample[4]] for sample in record["samples"] if sample[5] == FAILED}
    assert failed == {"/a.css"}
    assert sum(paths[sample[4]] == "/c.png" for sample in record["samples"]) == 1


def test_every_page_and_asset_is_asked_for_again_once_php_followed(run):
    """An answer under way at that moment does not count; what nobody could read is not owed."""
    slow, asked = threading.Event(), []

    def ask(path, headers):
        is_first = path not in asked
        asked.append(path)
        if path == "/c.png":
            raise TimedOut("too large", server="web-1")
        if path == "/a.css" and not is_first:
            slow.wait(60)
        return answer(body=FRONT)

    witness = run(ask)
    wait_for(lambda: witness.has_looked and asked.count("/a.css") >= 2)
    before = len(asked)
    witness.mark("coherent")
    assert not witness.has_looked_again
    slow.set()
    wait_for(lambda: witness.has_looked_again)
    assert set(asked[before:]) == {"/", "/a.css", "/b.js"}


def test_what_the_new_page_names_is_not_asked_for(run):
    """Only pages that were loaded before the switch may break by it."""
    new = threading.Event()
    witness = run(lambda path, headers: answer(
        body=b'<link href="/new.css">' if new.is_set() else b""))
    witness.mark("switch")
    new.set()
    wait_for(lambda: witness.record()["requests"] >= 5)
    assert [place["path"] for place in witness.record()["paths"]] == ["/"]


def test_it_sends_the_headers_of_a_check_page():
    """Some pages answer only with them."""
    asked = []
    ledger = Ledger([Place("/", headers=(("Accept", "text/plain"),))])
    witness = Witness(lambda path, headers: asked.append(headers) or answer(), ledger=ledger,
                      telling=Telling(Version(), Version()), rate=20)
    witness.start()
    wait_for(lambda: asked)
    witness.stop()
    assert asked[0] == {"Accept": "text/plain"}
