"""Compiling the new release into OPcache before visitors need it, under its real path.

OPcache never gives memory back: when it is full, every newer file is compiled on each request. So
room is made first, in this order: releases about to be deleted are taken out (their memory counts
as wasted, by which OPcache starts itself anew when it is full); then one reset, waited for, in a
quiet moment before the switch. Without room nothing is compiled ahead, and the log says so.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from .. import clock
from ..errors import NotConfirmed, StepFailed
from . import fpm, reset
from .pool import QUESTION_S
from .room import ROOM, footprint_of

BATCH = 20
COMPILING_S = 30
LONG_S = 1.0
"""A request that runs longer than this is one that a reset would have to wait for."""
POLL_S = 0.2
QUIET_LIMIT_S = 30
"""How long a quiet moment is waited for: nothing is switched yet, but people are waiting."""
TELL = 20


@dataclass
class Wish:
    """What is to be compiled: `files` of the release in `folder`; `live` is the live release's."""

    folder: str
    files: list
    newest_epoch: float


def prepare(ctx):
    """Compile what the live release has in OPcache and the new one contains, plus the entry.

    Once per master; returns counts by master, kept as evidence. A file that does not compile is
    listed, not fatal; where OPcache is off, or stays short of room, nothing is compiled.
    """
    return {master: _warm_master(ctx, pools)
            for master, pools in fpm.by_master(ctx.pools).items()}


def _ask(ctx, pool, act, **payload):
    until = clock.monotonic() + ctx.proof_limit_s
    return pool.ask(act, until=until, deadline_s=COMPILING_S, **payload)


def _warm_master(ctx, pools):
    pool = pools[0]
    status = _ask(ctx, pool, "status")
    if not status["opcache"].get("enabled"):
        ctx.say(f"{pool}: OPcache is off, nothing to prepare.")
        return {"warmed": 0, "skipped": _("OPcache is off")}
    wish = _wish(ctx, pool)
    evidence, short = _make_room(ctx, pools, status["opcache"], wish)
    if short:
        ctx.say(f"{pool}: not prepared, {short}.")
        return evidence | {"warmed": 0, "skipped": short}
    _wait_for_age(status, wish.newest_epoch)
    return evidence | _compile(ctx, pool, status, wish)


def _wish(ctx, pool):
    live = ctx.truth.previous
    folder = live if live.startswith("/") or not live else f"{ctx.target.root}/{live}"
    cached = set(_ask(ctx, pool, "scripts", below=folder)["files"]) if folder else set()
    new = set(ctx.release.php_files)
    return Wish(f"{ctx.target.root}/releases/{ctx.release.name}",
                sorted((cached & new) | ({ctx.site.entry} & new)), ctx.plan.file_epoch)


def _make_room(ctx, pools, cache, wish):
    """Return (evidence of what was done for it, "" or what OPcache is still short of)."""
    pool, done = pools[0], {}
    # The average of now, and not of the cache that a reset has left empty.
    footprint = ctx.kept.footprint.get(pool.master) or footprint_of(cache)
    short = shortage(cache, len(wish.files), footprint)
    if short and ctx.doomed:
        done["invalidated"] = invalidate(ctx, pool, ctx.doomed, keep=wish.folder)
        cache = _ask(ctx, pool, "status")["opcache"]
        short = shortage(cache, len(wish.files), footprint)
    if short:
        why_not = _reset_in_a_quiet_moment(ctx, pools, short)
        if why_not:
            return done, _("{short}, and {why_not}").format(short=short, why_not=why_not)
        done["reset_before"] = True
        cache = _ask(ctx, pool, "status")["opcache"]
        short = shortage(cache, len(wish.files), footprint)
    return done, short


def shortage(cache, count, footprint):
    """Return "" where OPcache has room for `count` files, else what it is short of.

    `footprint` is (bytes, files) of the release compiled last, or of all that was in the cache.
    """
    used, files = footprint
    if cache["free"] < ROOM * used / max(1, files) * count:
        return _("OPcache has {free} KB left for {count} files").format(
            free=cache["free"] // 1024, count=count)
    if cache["keys"] + count > cache["max_keys"]:
        return _("OPcache has no keys left for {count} files").format(count=count)
    return ""


def invalidate(ctx, pool, names, *, keep):
    """Take these releases out of the OPcache of the pool's master; return how many files went.

    What cannot be taken out, because it is live or gone, stays and is no fault.
    """
    count = 0
    for name in names:
        try:
            count += _ask(ctx, pool, "invalidate", below=f"{ctx.target.root}/releases/{name}",
                          keep=keep)["invalidated"]
        except StepFailed as problem:
            ctx.say(f"{name} stays in OPcache: {problem}")
    if count:
        noun = "file" if count == 1 else "files"
        ctx.say(f"{pool}: {count} {noun} of old versions taken out of OPcache")
    return count


def _reset_in_a_quiet_moment(ctx, pools, short):
    """Reset once and wait until it happened; return "", or why that could not be done."""
    until = clock.monotonic() + min(QUIET_LIMIT_S, ctx.proof_limit_s)
    while (running_s := longest_running_s(ctx, pools)) > LONG_S:
        if clock.monotonic() > until:
            return (_("a request that has been running for {running_s:.0f} s left no quiet moment "
                      "to reset it").format(running_s=running_s))
        clock.sleep(POLL_S)
    ctx.say(f"{pools[0]}: {short}; resetting it before the switch, while no long request runs")
    try:
        reset.act(pools, limit_s=ctx.proof_limit_s, say=ctx.say)
    except NotConfirmed as problem:
        return _("a reset did not happen in time: {problem}").format(problem=problem).rstrip(".")
    return ""


def longest_running_s(ctx, pools):
    """Return the age of the longest request that runs in these pools now, but for ours."""
    until = clock.monotonic() + max(ctx.proof_limit_s, QUESTION_S)
    return max(fpm.running_s(pool.status(until=until)) for pool in pools)


def _compile(ctx, pool, status, wish):
    """Compile in batches; what OPcache did not keep is compiled again when it is old enough."""
    before = _ask(ctx, pool, "status")["opcache"]
    was_there = len(_ask(ctx, pool, "scripts", below=wish.folder)["files"])
    warmed, uncached, failed = _round(ctx, pool, wish, wish.files)
    if uncached:
        clock.sleep(_protection_s(status) + 1)
        more, uncached, worse = _round(ctx, pool, wish, uncached)
        warmed, failed = warmed + more, failed + worse
    after = _ask(ctx, pool, "status")["opcache"]
    for line in failed[:TELL]:
        ctx.say(f"{pool}: does not compile: {line}")
    ctx.say(f"{pool}: {warmed} of {len(wish.files)} files prepared in OPcache")
    row = {"warmed": warmed, "wanted": len(wish.files), "failed": failed[:TELL]}
    if uncached:
        ctx.say(f"{pool}: OPcache did not keep {len(uncached)} files, the first is {uncached[0]}")
        row["uncached"] = len(uncached)
    if not was_there and _restarts(before) == _restarts(after):
        row["used_bytes"] = max(0, after["used"] - before["used"])
    return row


def _restarts(cache):
    return [cache.get(name) for name in ("manual_restarts", "oom_restarts", "hash_restarts")]


def _round(ctx, pool, wish, names):
    """Return (number kept, names not kept, sentences of those that do not compile)."""
    warmed, uncached, failed = 0, [], []
    for at in range(0, len(names), BATCH):
        batch = [f"{wish.folder}/{name}" for name in names[at:at + BATCH]]
        answer = _ask(ctx, pool, "warm", files=batch)
        warmed += len(answer["warmed"])
        uncached += [path.removeprefix(f"{wish.folder}/") for path in answer["uncached"]]
        failed += [f"{row['file']}: {row['error']}" for row in answer["failed"]]
    return warmed, uncached, failed


def _protection_s(status):
    return int(status["ini"].get("file_update_protection") or 0)


def _wait_for_age(status, newest_epoch):
    """OPcache caches nothing younger than file_update_protection (2 s by default)."""
    protection, age = _protection_s(status), clock.now_s() - newest_epoch
    if protection and age < protection + 1:
        clock.sleep(min(protection + 1 - age, protection + 1))
