"""Witness: asks one installation for pages all through a switch, and writes down what came.

The stream is open: a slow answer does not hold up the next question, up to a bounded number that
may be waited for at once; turns beyond that are left out and counted. It works in threads of its
own on plain values and never touches the database.
"""

import queue
import threading
from collections import deque
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from .. import clock
from ..remote.faults import RemoteFault, TimedOut, Unreachable
from ..witness_words import COHERENT
from .judging import Place
from .telling import TELLING, assets_of

TICK_S = 0.05
STOP_WAIT_S = 3
"""For answers under way when it is stopped; what comes later is not waited for."""

FEWEST_LANES = 4
MOST_ASSETS = 8
ASSET_TURN = 3
OWED_TURN = 2
"""Each so many turns an asset is asked for instead of a page; more often while some have not been
asked for since PHP followed: what a release takes away is an asset mostly."""


class Witness:
    """`start()`, `mark(moment)`, `stop()`, `record()`; each from any thread, at any time.

    `ask(path, headers)` returns an HttpAnswer or raises RemoteFault; `is_connected()` says whether
    our own way there still stands: if not, a missing answer says nothing about the site.
    """

    def __init__(self, ask, *, ledger, telling, rate, host="", is_connected=lambda: True):
        self._ask, self._is_connected = ask, is_connected
        self._ledger, self._telling, self._host = ledger, telling, host
        self._rate, self._lanes = rate, max(FEWEST_LANES, -(-rate // 4))
        self._lock, self._jobs = threading.Lock(), queue.SimpleQueue()
        self._fresh = deque(range(len(ledger.places)))  # never asked for
        self._pages, self._assets = deque(self._fresh), deque()
        self._in_flight, self._turns = 0, 0
        self._asked_at = {}  # by thread: when the question was asked that it waits for
        self._looked, self._owed = set(), set()  # asked for once; still to be since PHP followed
        self._is_over = self._is_closed = False
        self._unanswered = 0
        self._began, self._began_s, self._ended_ms = clock.monotonic(), clock.now_s(), None

    def start(self):
        """Begin to ask; time 0 of all that is recorded is now."""
        self._began, self._began_s = clock.monotonic(), clock.now_s()
        for call in (self._pace, *[self._work] * self._lanes):
            threading.Thread(target=call, name="witness", daemon=True).start()

    def mark(self, moment):
        """Note that this moment of the switch is now."""
        with self._lock:
            if self._is_closed:
                return
            if moment == COHERENT and moment not in self._ledger.moments:
                self._owed = {*self._pages, *self._assets}
            self._ledger.mark(moment, self._now_ms())

    @property
    def has_looked(self):
        """Whether every page, and every asset found on them, has been asked for once."""
        with self._lock:
            return not self._fresh and len(self._looked) == len(self._ledger.places)

    @property
    def has_looked_again(self):
        """Whether each of them has been asked for since PHP followed, too."""
        with self._lock:
            return not self._owed

    def has_answers_to(self, moment):
        """Whether all that was asked before this moment (clock.monotonic) is answered, or given
        up."""
        with self._lock:
            return all(at >= moment for at in self._asked_at.values())

    def hush(self):
        """Ask no more; answers under way are still written down."""
        self._is_over = True

    @property
    def is_waiting(self):
        """Whether answers are under way."""
        return self._in_flight > 0

    def stop(self, *, wait_s=STOP_WAIT_S):
        """Ask no more, wait so long for answers under way, and end. A second call does nothing."""
        self.hush()
        until = clock.monotonic() + wait_s
        while self.is_waiting and clock.monotonic() < until:
            clock.sleep(TICK_S)
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._unanswered, self._ended_ms = self._in_flight, self._now_ms()
        for __ in range(self._lanes):
            self._jobs.put(None)

    def counts(self):
        """Return the counts so far, as totals() takes them."""
        with self._lock:
            return self._ledger.counts()

    def record(self):
        """Return what a WitnessRecord keeps, as plain values; the samples in their order."""
        with self._lock:
            ended_ms = self._now_ms() if self._ended_ms is None else self._ended_ms
            return self._ledger.counts() | {
                "began_at": datetime.fromtimestamp(self._began_s, UTC), "ended_ms": ended_ms,
                "paths": [{"path": place.path, "sort": place.sort}
                          for place in self._ledger.places],
                "samples": sorted(self._ledger.samples, key=lambda sample: sample[0]),
                "moments": dict(self._ledger.moments), "unanswered": self._unanswered,
            }

    def _now_ms(self):
        return int((clock.monotonic() - self._began) * 1000)

    def _pace(self):
        """Take a turn at each due moment; turns that we ourselves missed are left out too."""
        every_s, due = 1 / self._rate, clock.monotonic()
        while not self._is_over:
            left_s = due - clock.monotonic()
            if left_s > 0:
                clock.sleep(min(left_s, TICK_S))
                continue
            for __ in range(int(-left_s / every_s)):
                self._leave_out()
                due += every_s
            self._take_turn()
            due += every_s

    def _take_turn(self):
        with self._lock:
            if self._is_closed:
                return
            if self._in_flight < self._lanes:
                self._in_flight += 1
                self._jobs.put(self._next_place())
                return
        self._leave_out()

    def _leave_out(self):
        with self._lock:
            if not self._is_closed:
                self._ledger.add_unsent(self._now_ms(), self._pages[0])

    def _next_place(self):
        if self._fresh:
            return self._fresh.popleft()
        self._turns += 1
        every = ASSET_TURN if self._owed.isdisjoint(self._assets) else OWED_TURN
        turn = self._assets if self._assets and self._turns % every == 0 else self._pages
        turn.rotate(-1)
        return turn[-1]

    def _work(self):
        while (place := self._jobs.get()) is not None:
            owed = self._owed  # as it is when we ask: what was asked before PHP followed stays owed
            with self._lock:
                self._asked_at[threading.get_ident()] = clock.monotonic()
            try:
                self._ask_for(place)
            finally:
                with self._lock:
                    self._in_flight -= 1
                    del self._asked_at[threading.get_ident()]
                    self._looked.add(place)
                    owed.discard(place)

    def _ask_for(self, number):
        place, sent_ms, answer, why = self._ledger.places[number], self._now_ms(), None, ""
        try:
            answer = self._ask(place.path, dict(place.headers))
        except RemoteFault as fault:
            why = _why(fault)
        except Exception:  # ours; it says nothing about the site
            why = None
        took_ms = self._now_ms() - sent_ms
        is_told = answer is not None or (why is not None and self._is_connected())
        version = self._telling.version(place.path, answer) if answer else 0
        with self._lock:
            if self._is_closed:
                return
            if not is_told:
                self._ledger.add_unsent(sent_ms, number)
                return
            status = answer.status if answer else 0
            self._ledger.add(sent_ms, took_ms, status, number, version=version, why=why)
            self._learn(number, answer)

    def _learn(self, number, answer):
        """From the first answer of each page on, its assets are asked for too; an asset that
        cannot be read as it is (too large for us) is not asked for again."""
        if number in self._looked or self._ledger.moments:
            return
        place = self._ledger.places[number]
        if place.sort == "page" and answer and answer.status == 200:
            self._add_assets(assets_of(place.path, answer, self._host))
        elif place.sort == "asset" and answer:
            self._assets.append(number)

    def _add_assets(self, addresses):
        known = {place.path for place in self._ledger.places}
        room = MOST_ASSETS - sum(place.sort == "asset" for place in self._ledger.places)
        ranked = sorted(addresses, key=lambda path: not path.partition("?")[0].endswith(TELLING))
        for path in [path for path in ranked if path not in known][:room]:
            self._fresh.append(len(self._ledger.places))
            self._ledger.places.append(Place(path, "asset"))


def _why(fault):
    """In a few words, for a table."""
    if isinstance(fault, TimedOut):
        return _("too late")
    return _("not reached") if isinstance(fault, Unreachable) else _("cut off")
