"""Programs that run on, such as queue workers: after the command that restarts them, none of those
that ran before may be left. They are PHP of the command line, with the old release in their memory.
"""

from django.utils.translation import gettext as _

from ... import clock
from ...errors import StepFailed

POLL_S = 0.5
SCRIPT_S = 60
SHOWN = 5


def note(ctx, command, *, key):
    """Write down on the server which processes run now, once for this key; return how many."""
    if not command.restarts:
        return 0
    count = _ask(ctx, command, key, "before")[0]
    ctx.say(f"{_count(count)} with “{command.restarts}” in the command line")
    return count


def wait(ctx, command, *, key, ran=0, which="before"):
    """Return once all processes that ran before are gone and, if there were any, a new one runs.

    Waits up to the command's own limit, then StepFailed: they run the version `which`. `ran` is
    how many there were when the deployment came: where none came back, going back misses them too.
    """
    if not command.restarts:
        return
    until = clock.monotonic() + command.limit_s
    while True:
        before, old, new = _ask(ctx, command, key, "after")
        before = max(before, ran)
        if not old and (new or not before):
            break
        if clock.monotonic() > until:
            raise StepFailed(_problem(ctx, command, before, old, which))
        clock.sleep(POLL_S)
    gone = _("{count} of before gone").format(count=_count(before)) if before else _("None ran "
                                                                                     "before")
    ctx.say(f"{gone}; {_count(len(new))} started since{_pids(new)}")


def _ask(ctx, command, key, moment):
    """Return (how many ran before, pids of those still there, pids of new ones)."""
    values = ctx.run_script(
        "processes.sh", ctx.paths.root, ctx.fence, key, ctx.release.name, command.restarts, moment,
        timeout_s=SCRIPT_S)
    return int(values["before"]), _list(values, "old"), _list(values, "new")


def _list(values, name):
    found = values.get(name, [])
    return [found] if isinstance(found, str) else found


def _problem(ctx, command, before, old, which):
    if old:
        return (_("{server}: {count} with “{restarts}” in the command line{pids} ran "
                  "before “{command}” and still so {limit_s} s after it, with the "
                  "version {which}.").format(
            server=ctx.target.server, count=_count(len(old)),
            restarts=command.restarts, pids=_pids(old), command=command.command,
            limit_s=command.limit_s, which=which))
    return (_("{server}: none of the {before} processes with “{restarts}” in the command line came "
              "back within {limit_s} s after “{command}”: start them, or let something start them "
              "that watches over them.").format(
        server=ctx.target.server, before=before, restarts=command.restarts,
        limit_s=command.limit_s, command=command.command))


def _count(number):
    return f"{number} process" if number == 1 else f"{number} processes"


def _pids(pids):
    if not pids:
        return ""
    more = _(", …") if len(pids) > SHOWN else ""
    return _(" (pids {pids}{more})").format(pids=", ".join(pids[:SHOWN]), more=more)
