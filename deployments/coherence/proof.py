"""Arming before the switch, proving after it: every worker of every pool, by pid.

What counts as proved is written down in docs/strategies.md; the measured traps behind each
condition stand beside it.
"""

import time

from ..errors import NotConfirmed, StepFailed
from .learn import learn_prefix
from .rounds import ask_all


def _probe(pool):
    files = [f"{pool.prefix}/{pool.probe_file}"] if pool.probe_file else []
    return {"marker": f"{pool.prefix}/.releasemgr/marker.php", "files": files, "hold_ms": 0}


def differs(answer, release_name):
    """Return "" when the answer comes from `release_name` alone, else what it came from."""
    if answer.get("error"):
        return f"an error ({answer['error']})"
    if answer.get("release") != release_name:
        return answer.get("release") or "no release"
    folder = f"/{release_name}/"
    strangers = [path for path in answer.get("ran", {}).values() if folder not in path]
    return strangers[0] if strangers else ""


def learn(site, pools, root):
    """Learn every pool's prefix (see `learn.py`); on a first release there is nothing to learn."""
    for pool in pools:
        pool.prefix = learn_prefix(site, pool, root)


def arm(pool, release_name, *, limit_s, say):
    """Make every worker answer with the release that is live now, through the learned path.

    Afterwards the marker is in each cache that could go stale, so a stale host shows itself.
    StepFailed when any worker answers otherwise; NotConfirmed when some never answer.
    """
    seen = ask_all(pool, _probe(pool), until=time.monotonic() + limit_s,
                   is_final=lambda answer: bool(differs(answer, release_name)))
    for answer in seen.answers.values():
        other = differs(answer, release_name)
        if other:
            raise StepFailed(
                f"{pool} cannot be checked: worker {answer['pid']} runs {other} although "
                f"{release_name} is live. Make PHP reload first.")
    if not seen.is_complete:
        raise NotConfirmed(f"{pool}: {seen.busy_sentence()} before the switch.")
    pool.armed = set(seen.answers)
    say(f"PHP pool {pool.name}: {len(seen.answers)} workers answer {release_name} "
        f"through {pool.prefix}")


def touch(pool, *, limit_s):
    """Put whatever runs now into every worker's caches, whichever release that is."""
    seen = ask_all(pool, _probe(pool), until=time.monotonic() + limit_s,
                   is_final=lambda answer: False)
    pool.armed = set(seen.answers)


def prove(site, pool, root, release_name, *, limit_s, say, is_first=False):
    """Return the evidence that every worker of the pool runs `release_name`.

    Learns the path again, then asks until each worker of the list has answered or exited and, if
    any were started later, one of those has. NotConfirmed when time runs out, any worker answers
    from elsewhere, or the pool was never armed (only on a first release there is nothing to arm).
    The evidence: pool, master, path, workers, proved, exited, later, armed.
    """
    if not (pool.armed or is_first):
        raise NotConfirmed(
            f"{pool} was not asked before the switch, so its answers now would prove nothing.")
    until = time.monotonic() + limit_s
    site.release_name = release_name  # what `current` names now
    pool.prefix = learn_prefix(site, pool, root)
    if pool.prefix not in (f"{root}/current", f"{root}/releases/{release_name}"):
        raise NotConfirmed(f"The web server still hands {pool} {pool.prefix}.")
    seen = ask_all(pool, _probe(pool), until=until,
                   is_final=lambda answer: bool(differs(answer, release_name)))
    for key, answer in sorted(seen.answers.items()):
        other = differs(answer, release_name)
        if other:
            raise NotConfirmed(f"{pool}: worker {key[0]} still answers from {other}.")
    if not seen.is_complete:
        raise NotConfirmed(f"{pool}: {seen.busy_sentence()} for longer than {limit_s:.0f} s.")
    proved = sorted(key[0] for key in seen.answers)
    say(f"PHP pool {pool.name}: {len(proved)} of {len(seen.roster.workers)} workers run "
        f"{release_name} (pids {', '.join(map(str, proved))})")
    any_answer = next(iter(seen.answers.values()))
    return {
        "pool": pool.name, "master": pool.master, "path": pool.prefix,
        "sapi": any_answer["sapi"], "php": any_answer["php"], "pids": proved,
        "workers": len(seen.roster.workers), "proved": len(proved),
        "exited": len(seen.exited), "later": len(seen.later), "armed": len(pool.armed),
        "class_file": pool.probe_file,
    }
