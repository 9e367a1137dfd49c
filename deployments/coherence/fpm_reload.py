"""Strategy `fpm-reload`: PHP-FPM's master replaces all its workers, with a new OPcache.

While old workers end their requests no new ones are started: every visitor waits for the longest
request. What has not ended within process_control_timeout is cut off (502), and with the default,
0, everything that runs is.
"""

import math

from django.utils.translation import gettext as _

from .. import clock
from ..errors import NotConfirmed, StepFailed
from . import fpm, fpm_restart, service
from .preload import check_preload
from .waiting import Waiting, longest, row_words


def check(ctx):
    """StepFailed when a reload would cut requests off, or mix two releases; says what to change."""
    until = clock.monotonic() + ctx.proof_limit_s
    for name, pools in fpm.by_master(ctx.pools).items():
        master, answers = fpm.look(ctx, pools, until=until)
        service.may(ctx, "reload", name)
        for pool, status in answers.items():
            check_preload(ctx, pool, status["ini"])
        longest_s = _keep_longest(ctx, answers)
        _check_timeout(ctx, master, longest_s)
        for pool, status in answers.items():
            _warn(ctx, pool, status["ini"], master)


def _keep_longest(ctx, answers):
    """Return the longest request seen now and in earlier deployments; now's is kept as evidence."""
    now_s = max(map(fpm.longest_request_s, answers.values()))
    now_s = max(now_s, ctx.evidence.get("longest_request_s", 0))
    ctx.evidence["longest_request_s"] = round(now_s, 3)
    return max(now_s, ctx.kept.longest_request_s)


def _check_timeout(ctx, master, longest_s):
    advice = (_("set process_control_timeout = {advised_s}s below [global] in {timeout_file}, then "
                "restart {master} once").format(
        advised_s=fpm.advised_s(longest_s), timeout_file=master.timeout_file, master=master.name))
    if master.changed_file:
        raise StepFailed(
            _("{server}: {changed_file} was changed after {master} had read it, so nobody knows "
              "which process_control_timeout it keeps to: restart {master} in a quiet hour, then "
              "try again.").format(
                server=ctx.target.server, changed_file=master.changed_file, master=master.name))
    if master.timeout_s == 0:
        raise StepFailed(
            _("{server}: a reload of {master} would cut off every request that runs, because its "
              "process_control_timeout is 0: {advice}.").format(
                server=ctx.target.server, master=master.name, advice=advice))
    if master.timeout_s <= longest_s:
        raise StepFailed(
            _("{server}: a reload of {master} would cut requests off after {timeout_s} s, and one "
              "has taken {longest_s:.1f} s: {advice}.").format(
                server=ctx.target.server, master=master.name, timeout_s=master.timeout_s,
                longest_s=longest_s, advice=advice))


def _warn(ctx, pool, ini, master):
    """PHP's own limit counts its own time alone, so it is a hint and no bound."""
    allowed_s = int(ini.get("max_execution_time") or 0)
    if allowed_s == 0 or allowed_s > master.timeout_s:
        allows = _("for {allowed_s} s").format(allowed_s=allowed_s) if allowed_s else _("without a "
                                                                                        "limit")
        ctx.say(f"Warning: {pool} lets requests run {allows} (max_execution_time); one that takes "
                f"longer than {master.timeout_s} s would be cut off by the reload")


def act(ctx):
    """Reload each master once and wait until all workers of all its pools are new; counters by
    master. NotConfirmed on the deadline."""
    return {name: _reload(ctx, pools) for name, pools in fpm.by_master(ctx.pools).items()}


def _reload(ctx, pools):
    gone = fpm.why_gone(pools, until=fpm.limit_of(ctx))
    if gone:
        return _start(ctx, pools, gone)
    master, answers = _quiet(ctx, pools)
    longest_s = _keep_longest(ctx, answers)
    running_s = max(map(fpm.running_s, answers.values()))
    ctx.say(f"Reloading {master.name}: visitors may wait up to {_stall_s(master, longest_s)} s "
            f"while the longest request ends (now one has been running for {running_s:.1f} s)")
    started = clock.monotonic()
    service.act(ctx, "reload", master.name)
    # Told to end, and once more for those that do not heed it: each for that long.
    until = fpm.limit_of(ctx, 2 * master.timeout_s)
    fpm.wait_for_old_workers(ctx, master, answers, asked_at=started, until=until)
    count = fpm.wait_for_new_workers(ctx, pools, master, fpm.keys_of(answers), until=until)
    waited_ms = int((clock.monotonic() - started) * 1000)
    ctx.say(f"{master.name} reloaded: all {count} workers of its pools are new after "
            f"{waited_ms} ms")
    return {"workers_before": len(master.workers), "workers": count, "waited_ms": waited_ms,
            "longest_request_s": round(longest_s, 3), "timeout_s": master.timeout_s}


def _quiet(ctx, pools):
    """Return what `fpm.look` does, once no request runs that the reload might cut off.

    NotConfirmed where one runs on until the limit. On the way back it is reloaded all the same:
    without that all visitors would stay with what is being taken back.
    """
    waiting, until = Waiting(ctx.say), fpm.limit_of(ctx)
    while True:
        master, answers = fpm.look(ctx, pools, until=fpm.limit_of(ctx))
        rows = filter(None, map(longest, answers.values()))
        row = max(rows, key=lambda row: row["age_s"], default=None)
        if row is None or row["age_s"] < master.timeout_s:
            return master, answers
        words = _("{row_words}, longer than process_control_timeout ({timeout_s} s)").format(
            row_words=row_words(row), timeout_s=master.timeout_s)
        if clock.monotonic() > until:
            if "went_back_to" not in ctx.evidence:
                raise NotConfirmed(_("{server}: {master} was not reloaded, because that might cut "
                                     "off {words}.").format(
                    server=ctx.target.server, master=master.name, words=words))
            ctx.say(f"Warning: the reload may cut off {words}")
            return master, answers
        waiting.tell(words)
        clock.sleep(fpm.DRAIN_POLL_S)


def _start(ctx, pools, problem):
    """PHP is gone: what it preloaded of the new release may have ended it, and on the way back
    nothing but a start helps. A service that does not run cannot be reloaded."""
    name = pools[0].master
    try:
        service.may(ctx, "restart", name)
    except StepFailed:
        raise StepFailed(_("{problem} A reload does not start {name} again: start it on the "
                           "server.").format(problem=problem, name=name)) from problem
    return fpm_restart.start(ctx, pools, problem)


def _stall_s(master, longest_s):
    """Nobody knows how long a request will take: what was the longest, and never above the time
    after which PHP-FPM ends it."""
    return min(master.timeout_s, max(1, math.ceil(longest_s)))
