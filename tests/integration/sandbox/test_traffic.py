"""Traffic sees what visitors see: each kind of trouble is made for real and counted exactly."""

import socket
import threading
import time
from dataclasses import dataclass

import pytest

from tests.sandbox.placement import place, share, switch
from tests.sandbox.traffic import Traffic
from tests.sandbox.visits import Marks
from tests.sandbox.webhost import WebHost


@pytest.fixture
def hosts(site_repository):
    """Both kinds of server, version 1 live on both and version 2 beside it."""
    with WebHost("web-1", kind="realpath") as first, WebHost("web-2", kind="stale") as second:
        for host in (first, second):
            share(host)
            for number in "12":
                place(host, repository=site_repository, ref=f"v{number}.0", release=number)
            switch(host, release="1")
        yield first, second


@dataclass
class Scripted:
    """A web server: for each connection a list of what to send after each request on it."""

    answers: list
    name: str = "scripted"
    site_name: str = "tidewater.test"

    def __enter__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.http_address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *exc_info):
        self._socket.close()

    def _serve(self):
        for answer in self.answers:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                for part in answer:
                    connection.recv(65536)
                    connection.sendall(part() if callable(part) else part)


def ok(releases):
    return f"HTTP/1.1 200 OK\r\nShop-Release: {releases}\r\nContent-Length: 0\r\n\r\n".encode()


def wait_until_answered(traffic, count):
    """Return when that many answers have come since the start."""
    until = time.monotonic() + 10
    while len(traffic.answers) < count:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_all_is_well_while_nothing_happens(hosts):
    """Every kind of page of both servers answers, and nothing is counted against them."""
    with Traffic(hosts) as traffic:
        for host in hosts:
            traffic.mark(host.name, "1")
        traffic.wait_for(150)
    counts = traffic.stop()
    assert counts.clean
    assert str(counts) == f"{counts.requests} requests, failed=0, stale=0, mixed=0"
    assert counts.slowest_s > 0.3
    seen = {(answer.host, answer.path) for answer in traffic.answers}
    assert len(seen) == 8
    until = time.monotonic() + 5  # nginx writes the line after the answer has gone out
    while sum(len(host.visits()) for host in hosts) < counts.requests and time.monotonic() < until:
        time.sleep(0.01)
    assert sum(len(host.visits()) for host in hosts) == counts.requests
    assert sum(traffic.counts(host.name).requests for host in hosts) == counts.requests


def test_stale_answers_are_counted_on_the_server_that_gives_them(hosts):
    """After a bare switch and a mark, only the stale kind serves the old release."""
    with Traffic(hosts) as traffic:
        traffic.wait_for(60)
        for host in hosts:
            switch(host, release="2")
            traffic.mark(host.name, "2")
        traffic.wait_for(60)
    assert traffic.counts("web-1").stale == 0
    late = [answer for answer in traffic.answers if answer.host == "web-2"]
    assert 10 < traffic.counts("web-2").stale < len(late)
    assert traffic.counts().failed == traffic.counts().mixed == 0


def test_a_request_sent_before_the_mark_is_never_stale():
    """An answer that was under way at the mark is right to come from the old release."""
    arrived, go = threading.Event(), threading.Event()

    def held():
        arrived.set()
        go.wait(5)
        return ok("1 1 1")

    script = [[held, ok("1 1 1")]]
    with (
        Scripted(script) as host,
        Traffic([host], lanes=1, slow_paths=(), requests_per_s=5) as traffic,
    ):
        assert arrived.wait(5)
        traffic.mark(host.name, "2")
        go.set()
        wait_until_answered(traffic, 2)
        before, after = list(traffic.answers)[:2]
        assert before.releases == after.releases == {"1"}
        assert traffic.counts().stale == 1
        assert traffic.troubles[0] is after


def test_any_release_is_right_after_unmark(hosts):
    """While a deployment runs, the old and the new release are both right."""
    first, _ = hosts
    with Traffic([first]) as traffic:
        traffic.mark(first.name, "1")
        traffic.wait_for(20)
        traffic.unmark(first.name)
        switch(first, release="2")
        traffic.wait_for(20)
        traffic.mark(first.name, "2")
        traffic.wait_for(20)
    assert traffic.counts().clean
    assert {name for answer in traffic.answers for name in answer.releases} == {"1", "2"}


def test_mixed_answers_are_counted(hosts):
    """A release whose glaze classes are those of another release answers with both names."""
    first, _ = hosts
    glazes = first.root / "releases/2/src/Glazes"
    glazes.rename(glazes.with_name("Unused"))
    glazes.symlink_to("../../1/src/Glazes")
    with Traffic([first]) as traffic:
        traffic.wait_for(20)
        switch(first, release="2")
        traffic.wait_for(20)
    counts = traffic.stop()
    assert 0 < counts.mixed < counts.requests
    mixture = next(answer for answer in traffic.troubles if answer.mixed)
    assert (mixture.index, mixture.all_classes) == ("2", {"1"})


def test_answers_without_php_are_failed(hosts):
    """While PHP is down every answer of that server is counted as failed, the other's none."""
    first, second = hosts
    with Traffic(hosts) as traffic:
        traffic.wait_for(40)
        first.kill_fpm()
        traffic.wait_for(40)
        first.start_fpm()
        traffic.wait_for(40)
    bad_gateways = sum(visit.status == 502 for visit in first.visits())
    assert traffic.counts(first.name).failed >= bad_gateways > 5
    assert traffic.counts(second.name).failed == 0
    assert traffic.answers[-1].status == 200


def test_a_server_that_does_not_answer_is_failed_and_load_stays_bounded():
    """A closed port fails each request; the pace stays, nobody catches up."""
    with WebHost("web-1") as host:
        pass
    began = time.monotonic()
    with Traffic([host], requests_per_s=20, slow_paths=()) as traffic:
        traffic.wait_for(20)
    counts = traffic.stop()
    assert counts.failed == counts.requests >= 20
    assert counts.requests <= 20 * (time.monotonic() - began) + 4


@pytest.mark.parametrize(
    ("parts", "status", "error"),
    [
        ([ok("1 1 1").replace(b"200 OK", b"500 No")], 500, ""),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], 200, ""),
        ([b"nonsense\r\n\r\n"], 0, "BadStatusLine"),
        ([ok("1 1 1").replace(b"Length: 0", b"Length: 9")], 0, "Incomplete"),
        ([b""], 0, "onnection"),
        ([b"", b""], 0, "imeout"),
    ],
    ids=["500", "not the site", "nonsense", "cut short", "closed", "silent"],
)
def test_whatever_is_not_an_answer_of_the_site_is_failed(parts, status, error):
    """Each way not to answer is one failed request with its reason."""
    with (
        Scripted([parts]) as host,
        Traffic([host], lanes=1, slow_paths=(), requests_per_s=0.1, timeout_s=1) as traffic,
    ):
        wait_until_answered(traffic, 1)
    (answer,) = traffic.answers
    assert traffic.stop().failed == 1
    assert answer.status == status
    assert error in answer.error


def test_an_idle_connection_closed_by_the_server_is_asked_again():
    """Browsers do so too: it is counted as retried, not as failed."""
    with (
        Scripted([[ok("1 1 1")], [ok("1 1 1")]]) as host,
        Traffic([host], lanes=1, slow_paths=(), requests_per_s=5) as traffic,
    ):
        wait_until_answered(traffic, 2)
        first, second = list(traffic.answers)[:2]
    assert not first.failed
    assert second.retried
    assert not second.failed


@pytest.mark.parametrize(
    ("sent", "answered", "right"),
    [
        (5, 6, None),
        (11, 12, {"1"}),
        (9, 12, None),
        (19, 19.5, {"1"}),
        (19, 21, None),
        (25, 26, None),
        (31, 32, {"2"}),
        (29, 31, None),
        (41, 42, {"3"}),
        (39, 41, {"2", "3"}),
    ],
)
def test_a_mark_binds_requests_sent_after_it(sent, answered, right):
    """Marks 1 at 10, any at 20, 2 at 30, 3 at 40: what was right at some moment of a request."""
    marks = Marks()
    for at, release in ((10.0, "1"), (20.0, None), (30.0, "2"), (40.0, "3")):
        marks.add(at, release)
    assert marks.allowed(sent, answered) == (right if right is None else frozenset(right))
