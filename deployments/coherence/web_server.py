"""A web server as the server shows it without root: its workers, by process number and start.

The answer of a reload says nothing about them: Apache's “resuming normal operations” comes before
its old children have gone (19 stale answers in 5 of 20 switches, docs/strategies.md).
"""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import clock
from ..errors import NotConfirmed, StepFailed
from .pool import QUESTION_S
from .waiting import Waiting, longest, row_words

POLL_S = 0.1
SETTLE_S = 0.05
"""nginx renames a worker in the same turn in which it closes its listening sockets."""
LEAVING = "leaving"
NAMES = {"nginx": "nginx", "apache": "Apache"}


def look(ctx, sort, *, service="", pid=""):
    """Return {master's pid: {(pid, start): state}} of the workers that can be seen now.

    `pid` is a process of the one that is meant, or several; without it those of the systemd unit
    `service`, or of all of this sort. StepFailed when none is seen.
    """
    values = ctx.run_script("web.sh", sort, service, pid)
    found = {int(master): {} for master in _listed(values, "master")}
    for line in _listed(values, "worker"):
        master, worker, start, state = line.split(" ")
        found.setdefault(int(master), {})[int(worker), int(start)] = state
    return found


def wait_for_new(ctx, sort, before, *, service="", until):
    """Return the workers, as (pid, start), that serve now, once those of `before` (from `look`) no
    longer do.

    An Apache child serves until it is gone: on a connection that is kept alive it takes one more
    request. An nginx worker that is leaving takes none. Where several servers of the sort are
    seen and nothing tells them apart, it is the one whose workers are new. NotConfirmed when old
    ones still serve at `until`.
    """
    told, waiting, started = False, Waiting(ctx.say), clock.monotonic()
    while True:
        now = look(ctx, sort, service=service,
                   pid=next(iter(before)) if len(before) == 1 else "")
        old = {master: _serving(now.get(master, {})) & set(before[master]) for master in before}
        new = {master: _serving(now.get(master, {})) - set(before[master]) for master in before}
        done = [master for master in before if new[master] and not old[master]]
        if done:
            clock.sleep(SETTLE_S)
            return frozenset(new[done[0]])
        begun = [master for master in before if new[master]] or list(before)
        if clock.monotonic() > until:
            pids = sorted(pid for master in begun for pid, __ in old[master])
            raise NotConfirmed(
                _("{server}: {count} workers of {program} from before the reload still serve "
                  "visitors (processes {pids}).").format(
                    server=ctx.target.server, count=len(pids), program=NAMES[sort],
                    pids=", ".join(map(str, pids[:8]))))
        if not told and any(new.values()):
            count = sum(len(old[master]) for master in begun)
            ctx.say(f"Its new workers are there; {count} old ones end their requests")
            told = True
        if waiting.is_due:
            waiting.tell(_old_words(ctx, sort, sorted(
                pid for master in begun for pid, __ in old[master]), clock.monotonic() - started))
        clock.sleep(POLL_S)


def _old_words(ctx, sort, pids, waited_s):
    """What PHP-FPM's lists name is what they wait for; of mod_php nobody can see what it runs."""
    rows = []
    for pool in ctx.pools:
        try:
            status = pool.status(until=clock.monotonic() + QUESTION_S)
            rows += filter(None, [longest(status)])
        except StepFailed:  # told another time
            continue
    row = max(rows, key=lambda row: row["age_s"], default=None)
    what = _("the longest: {row_words}").format(row_words=row_words(row)) if row else _(
        "which requests, it does not tell")
    return ngettext(
        "{count} old worker of {program} to end requests and kept connections, for "
        "{waited_s:.0f} s now (process {pids}); {what}",
        "{count} old workers of {program} to end requests and kept connections, for "
        "{waited_s:.0f} s now (process {pids}); {what}", len(pids)).format(
        count=len(pids), program=NAMES[sort], waited_s=waited_s,
        pids=", ".join(map(str, pids[:8])), what=what)


def _listed(values, key):
    lines = values.get(key, [])
    return [lines] if isinstance(lines, str) else lines


def _serving(workers):
    return {key for key, state in workers.items() if state != LEAVING}


def scoreboard(ctx, pid, master=""):
    """Return Apache's children in the shape of control.php's `pool`: what mod_php cannot tell.

    Each row is a process and its start; which request it runs nobody can see, so all look idle.
    `pid` is a child, which may have ended where `master`, its parent, is known.
    """
    master, children = next(iter(look(ctx, "apache", pid=f"{pid} {master}".strip()).items()))
    return {
        "master": master,
        "manager": "prefork", "name": "", "idle": len(children), "active": 0,
        "total": len(children), "listen_queue": 0, "start_since": None,
        "procs": [{"pid": worker, "start_time": start, "state": "Idle", "requests": 0,
                   "script": "", "query": "", "age_s": None, "last_s": None}
                  for worker, start in sorted(children)]}
