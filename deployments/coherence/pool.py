"""Pool: one PHP-FPM pool of one server, or its mod_php, asked through its door; its workers."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .. import clock
from ..errors import NotConfirmed, StepFailed
from ..remote.faults import DoorUnusable, RemoteFault, TimedOut
from .waiting import TELL_AFTER_S, Waiting

BREATH_S = 0.01
QUESTION_S = 10
SOON_S = TELL_AFTER_S + 0.5
"""How long the first question waits for a worker, so that the wait can be told."""
PAUSES_S = (0.02, 0.1, 0.2)
NEED_ROSTER = ("status", "probe")
QUICK = (*NEED_ROSTER, "keys")
"""Acts that take no time and may well be done twice."""
MOD_PHP = "apache2handler"  # its SAPI


class PoolBusy(NotConfirmed):
    """No worker was free to take our question in time. Ask again while the caller's limit lasts."""


def time_for(until, *, most_s):
    """Return the seconds one request may take: up to the deadline, and never less than one."""
    return min(most_s, max(1, until - clock.monotonic()))


@dataclass(frozen=True)
class Worker:
    """One PHP worker process: `pid` and `start_time` name it, `age_s` is its running request's."""

    pid: int
    start_time: int
    is_idle: bool
    age_s: float
    script: str
    query: str
    requests: int  # answered so far, the one that shows this included

    @property
    def key(self):
        return self.pid, self.start_time


@dataclass(frozen=True)
class Roster:
    """A pool's scoreboard at one moment: fpm_get_status (PHP 7.3 and later), or for mod_php the
    children of Apache; of those nobody knows what they run."""

    manager: str
    idle: int
    queued: int
    workers: tuple[Worker, ...]

    @property
    def keys(self):
        return {worker.key for worker in self.workers}


class Pool:
    """Asks control.php in one pool. Each answer carries the worker that gave it and the roster.

    `asked_at` is the address that leads there; `identity` what its answers must carry, "" while
    the server has not been inspected; `census(pid, master)` gives the scoreboard that mod_php has
    not; `threads` is what several questions at once are asked in; `say(text)` a line of the log.
    """

    def __init__(self, plan, door, *, server, asked_at="", identity="", census=None,
                 threads=ThreadPoolExecutor, say=lambda text: None):
        self.plan = plan
        self.name = plan.name
        self.master = plan.master
        self.server = server
        self.prefix = ""  # learned: the folder the web server hands PHP scripts from
        self.has_entry = False  # learned: that is our entry, and the folder is what it runs
        self.renewed = frozenset()  # workers that the strategy has seen start after its act
        self.armed = set()  # workers that answered with the old release
        self.probe_file = ""  # a class file both releases have, relative; "" = marker alone
        self.asked_at = asked_at or plan.socket
        self.identity = identity
        self.threads = threads
        self.say = say
        self._door = door
        self._census = census and _Census(census)

    def __str__(self):
        return _("PHP pool {pool} on {server}").format(pool=self.name, server=self.server)

    def ask(self, act, *, until=None, deadline_s=QUESTION_S, **payload):
        """Return control.php's answer (dict); StepFailed in one sentence when it gave none.

        A question that waits longer than `deadline_s` for a worker is PoolBusy; it is asked again
        up to `until`, a monotonic deadline. Answers of `status` and `probe` whose worker could not
        read its scoreboard are kept in `unlisted` of the one that could.
        """
        started, waiting = clock.monotonic(), Waiting(self.say)
        most_s = min(deadline_s, SOON_S) if until is not None and act in QUICK else deadline_s
        while True:
            left_s = deadline_s if until is None else time_for(until, most_s=most_s)
            try:
                answer = self._ask(act, left_s, payload)
                break
            except PoolBusy as busy:
                if until is None:
                    raise
                waited_s, most_s = clock.monotonic() - started, deadline_s
                if clock.monotonic() >= until:
                    raise PoolBusy(
                        _("{pool}: no worker was free to answer for {waited_s:.0f} s.").format(
                            pool=self, waited_s=waited_s)) from busy
                waiting.tell(self.busy_words(waited_s))
        if (answer.get("pool") or {}).get("manager") == "ondemand":
            clock.sleep(BREATH_S)  # before the worker is back in line, FPM would start another one
        return answer

    def busy_words(self, waited_s):
        """Return what is waited for while nobody answers."""
        return _("a free worker of PHP pool {pool}: all of them have been busy for {waited_s:.0f} "
                 "s").format(pool=self.name, waited_s=waited_s)

    def _ask(self, act, deadline_s, payload):
        """Ask again when PHP dropped the question, or could not read its own scoreboard just then.

        fpm_get_status() may crash the worker that runs it while FPM starts another one (php-src
        #18595; seen with ondemand pools), and gives nothing while another worker holds it. Only
        our own request is concerned, and every act may be repeated.
        """
        unlisted, pauses = [], list(PAUSES_S)
        while True:
            try:
                answer = self._door.ask(act, deadline_s=deadline_s, **payload)
            except TimedOut as fault:
                raise PoolBusy(f"{self}: {fault}") from fault
            except RemoteFault as fault:
                if not pauses or not isinstance(fault, DoorUnusable):
                    raise StepFailed(f"{self}: {fault}") from fault
            else:
                self._recognise(answer)
                if act in NEED_ROSTER and answer.get("sapi") == MOD_PHP and self._census:
                    answer["pool"] = self._census.after(answer.get("pid"), self, pauses)
                if answer.get("pool") or act not in NEED_ROSTER or not pauses:
                    return {**answer, "unlisted": unlisted}
                unlisted.append(answer)
            clock.sleep(pauses.pop(0))

    def _recognise(self, answer):
        """StepFailed when the answer comes from another machine than the one that was inspected."""
        if not self.identity or answer.get("identity") == self.identity:
            return
        if answer.get("identity"):
            raise StepFailed(
                _("{pool}: another machine answered at {asked_at}: correct that address so that it "
                  "leads to {server} itself.").format(
                    pool=self, asked_at=self.asked_at, server=self.server))
        raise StepFailed(
            _("{pool}: PHP does not say which machine it runs on: let it read "
              "{root}/.releasemgr/identity, and install the endpoint's token again where it is "
              "asked through the endpoint.").format(pool=self, root=answer.get("root")))

    def status(self, *, until=None):
        """Return the answer of `status`: opcache, ini, roster and all."""
        return self.ask("status", until=until)


def roster_of(answer, pool):
    """Return the Roster in an answer of control.php; StepFailed when PHP has no scoreboard."""
    seen = answer.get("pool")
    if not seen:
        raise StepFailed(
            _("{pool} shows no list of its workers (PHP {php} as {sapi}): it must be PHP-FPM 7.3 "
              "or newer, or mod_php asked through the guarded endpoint.").format(
                pool=pool, php=answer.get("php", "?"), sapi=answer.get("sapi", "?")))
    return Roster(
        manager=seen["manager"], idle=seen["idle"], queued=seen["listen_queue"],
        workers=tuple(
            Worker(row["pid"], row["start_time"], row["state"] == "Idle", row["age_s"] or 0,
                   row["script"], row["query"], row["requests"])
            for row in seen["procs"]
        ),
    )


class _Census:
    """The list of Apache's children, read over SSH after an answer. Answers that came before the
    reading began share it, so that many questions at once cost two readings."""

    def __init__(self, read):
        self._read = read
        self._lock = threading.Lock()
        self._began, self._found = float("-inf"), None

    def after(self, pid, pool, pauses):
        """Return the scoreboard, None to ask again while `pauses` are left: who answered may have
        ended since. StepFailed when the answer does not say who gave it."""
        if not pid:
            raise StepFailed(_("{pool}: PHP does not tell its process number: allow getmypid() in "
                               "disable_functions.").format(pool=pool))
        answered = clock.monotonic()
        with self._lock:
            if self._began < answered:
                began = clock.monotonic()
                try:
                    self._found = self._read(pid, (self._found or {}).get("master", ""))
                except StepFailed:
                    if pauses:
                        return None
                    raise
                self._began = began
            return self._found
