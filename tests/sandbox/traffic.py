"""Visitors: paced requests to any number of hosts, and exact counts of what went wrong for them.

Three things can go wrong for a visitor because of a release: an answer *failed* (anything but a 200
of the site within the time limit), is *mixed* (made by code of two releases) or *stale* (made by
another release than the one that `mark` said is the only right one when the request was sent).
"""

import http.client
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote

from tests.sandbox.visits import Answer, Counts, Marks

FAST = ("/", "/version", "/api/")
SLOW = ("/slow",)
KEPT = 100_000


class Visited(Protocol):
    """What traffic needs of a WebHost."""

    name: str
    http_address: str
    site_name: str


@dataclass
class _Tally:
    marks: Marks = field(default_factory=Marks)
    counts: Counts = field(default_factory=Counts)


class Traffic:
    """`with Traffic([web_1, web_2]) as traffic:` asks until the block ends.

    Each host gets `requests_per_s` quick requests (front page, /version, /api/) over `lanes`
    keep-alive connections, and the 300 ms page again and again over one more. A lane that is late
    skips turns instead of catching up, so the load is bounded whatever the hosts do.
    """

    def __init__(
        self,
        hosts: Sequence[Visited],
        *,
        requests_per_s: float = 30,
        lanes: int = 2,
        paths: Sequence[str] = FAST,
        slow_paths: Sequence[str] = SLOW,
        timeout_s: float = 10,
    ):
        self.timeout_s = timeout_s
        self.answers: deque[Answer] = deque(maxlen=KEPT)
        self.troubles: deque[Answer] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._tallies = {host.name: _Tally() for host in hosts}
        if len(self._tallies) < len(hosts):
            raise ValueError("two hosts have the same name")
        self._lanes = []
        for host in hosts:
            for number in range(lanes):
                turn = deque(paths)
                turn.rotate(-number)
                self._lanes.append(self._lane(host, turn, every_s=lanes / requests_per_s))
            if slow_paths:
                self._lanes.append(self._lane(host, deque(slow_paths), every_s=0.35))

    def start(self) -> "Traffic":
        for lane in self._lanes:
            lane.start()
        return self

    def stop(self) -> Counts:
        """Wait for the requests under way and return the counts of all hosts together."""
        self._ended.set()
        for lane in self._lanes:
            if lane.ident is not None:
                lane.join()
        return self.counts()

    def mark(self, host: str, release: str) -> None:
        """From now on only `release` is right on this host.

        Call unmark before the next deployment: from its switch on, its release is right too.
        """
        with self._lock:
            self._tallies[host].marks.add(time.monotonic(), release)

    def unmark(self, host: str) -> None:
        """From now on any release is right on this host, as while a deployment runs."""
        with self._lock:
            self._tallies[host].marks.add(time.monotonic(), None)

    def counts(self, host: str = "") -> Counts:
        """Return the counts of one host, or of all together, until now."""
        with self._lock:
            tallies = [self._tallies[host]] if host else self._tallies.values()
            return sum((tally.counts for tally in tallies), Counts())

    def wait_for(self, requests: int, *, host: str = "", timeout_s: float = 30) -> None:
        """Return when so many more answers are counted; TimeoutError when they do not come."""
        goal, until = self.counts(host).requests + requests, time.monotonic() + timeout_s
        while self.counts(host).requests < goal:
            if time.monotonic() > until:
                raise TimeoutError(f"{self.counts(host)}: fewer than {goal} answers")
            time.sleep(0.02)

    def _lane(self, host: Visited, turn: deque[str], *, every_s: float) -> threading.Thread:
        visitor = _Visitor(host, timeout_s=self.timeout_s)
        return threading.Thread(
            target=self._run, args=(visitor, turn), kwargs={"every_s": every_s}, daemon=True
        )

    def _run(self, visitor: "_Visitor", turn: deque[str], *, every_s: float) -> None:
        due = time.monotonic()
        while not self._ended.wait(max(0, due - time.monotonic())):
            self._record(visitor.ask(turn[0]))
            turn.rotate(-1)
            due = max(due + every_s, time.monotonic())
        visitor.leave()

    def _record(self, answer: Answer) -> None:
        with self._lock:
            tally = self._tallies[answer.host]
            right = tally.marks.allowed(answer.sent_at, answer.sent_at + answer.took_s)
            stale = right is not None and not answer.releases <= right
            tally.counts += Counts(
                requests=1,
                failed=answer.failed,
                stale=stale,
                mixed=answer.mixed,
                retried=answer.retried,
                slowest_s=answer.took_s,
            )
            self.answers.append(answer)
            if answer.failed or stale or answer.mixed:
                self.troubles.append(answer)

    def __enter__(self) -> "Traffic":
        return self.start()

    def __exit__(self, *exc_info) -> None:
        self.stop()


class _Visitor:
    """One browser: a keep-alive connection to one host, opened again when it is gone."""

    def __init__(self, host: Visited, *, timeout_s: float):
        self._host, self._timeout_s = host, timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, path: str) -> Answer:
        """Return what came back; it never raises for what a host does."""
        sent_at = time.monotonic()
        retried = False
        try:
            try:
                status, header = self._get(path)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # A server may close an idle connection at any time: browsers ask once more too.
                if self._fresh:
                    raise
                retried = True
                self.leave()
                status, header = self._get(path)
            return self._answer(path, sent_at, status=status, header=header, retried=retried)
        except (OSError, http.client.HTTPException) as error:
            self.leave()
            return self._answer(path, sent_at, error=f"{type(error).__name__}: {error}")

    def leave(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _get(self, path: str) -> tuple[int, str]:
        self._fresh = self._connection is None
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                self._host.http_address, timeout=self._timeout_s
            )
        self._connection.request("GET", path, headers={"Host": self._host.site_name})
        response = self._connection.getresponse()
        response.read()
        if response.will_close:
            self.leave()
        return response.status, response.headers.get("Shop-Release", "")

    def _answer(
        self,
        path: str,
        sent_at: float,
        *,
        status: int = 0,
        header: str = "",
        retried: bool = False,
        error: str = "",
    ) -> Answer:
        took_s = time.monotonic() - sent_at
        if took_s > self._timeout_s:
            error = error or f"TimeoutError: the answer took {took_s:.1f} s"
        index, one, every = ([unquote(name) for name in header.split(" ")] + ["", "", ""])[:3]
        return Answer(
            host=self._host.name,
            path=path,
            sent_at=sent_at,
            took_s=took_s,
            status=status,
            index=index,
            one_class=one,
            all_classes=frozenset(every.split(",")) if every else frozenset(),
            retried=retried,
            error=error,
        )
