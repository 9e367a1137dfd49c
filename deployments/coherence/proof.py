"""Arming before the switch, proving after it: every worker of every pool, by pid.

What counts as proved is written down in docs/strategies.md; the measured traps behind each
condition stand beside it.
"""


from django.utils.translation import gettext as _

from .. import clock
from ..errors import NotConfirmed, StepFailed
from .learn import learn_prefix
from .pool import MOD_PHP
from .rounds import ask_all


def _probe(pool):
    files = [f"{pool.prefix}/{pool.probe_file}"] if pool.probe_file else []
    return {"marker": f"{pool.prefix}/.releasemgr/marker.php", "files": files, "hold_ms": 0}


def differs(answer, release_name):
    """Return "" when the answer comes from `release_name` alone, else what it came from."""
    if answer.get("error"):
        return _("an error ({error})").format(error=answer["error"])
    if answer.get("release") != release_name:
        return answer.get("release") or _("no release")
    folder = f"/{release_name}/"
    strangers = [path for path in answer.get("ran", {}).values() if folder not in path]
    return strangers[0] if strangers else ""


def learn(site, pools, root, *, limit_s=30):
    """Learn every pool's prefix (see `learn.py`); on a first release there is nothing to learn.

    NotConfirmed when a pool has no worker free for `limit_s`.
    """
    for pool in pools:
        pool.prefix = learn_prefix(site, pool, root, until=clock.monotonic() + limit_s)


def arm(pool, release_name, *, limit_s, say, others=()):
    """Make every worker answer with the release that is live now, through the learned path.

    Afterwards the marker is in each cache that could go stale, so a stale host shows itself.
    StepFailed when any worker answers otherwise, `others` (names of releases) excepted;
    NotConfirmed when some never answer.
    """
    def stranger(answer):
        is_other = answer.get("release") in others
        return differs(answer, answer["release"] if is_other else release_name)

    seen = ask_all(pool, _probe(pool), until=clock.monotonic() + limit_s,
                   is_final=lambda answer: bool(stranger(answer)))
    for answer in seen.answers.values():
        other = stranger(answer)
        if other:
            raise StepFailed(
                _("{pool} cannot be checked: worker {pid} runs {other} although {release_name} is "
                  "live. Make PHP reload first.").format(
                    pool=pool, pid=answer["pid"], other=other, release_name=release_name))
    if not seen.is_complete:
        raise NotConfirmed(_("{pool} could not be asked within {limit_s:.0f} s before the switch: "
                             "{busy_sentence}.").format(
            pool=pool, limit_s=limit_s, busy_sentence=seen.busy_sentence()))
    pool.armed = set(seen.answers)
    names = " and ".join(sorted({answer["release"] for answer in seen.answers.values()}))
    say(f"PHP pool {pool.name}: {len(seen.answers)} workers answer {names} "
        f"through {pool.prefix}")


def touch(pool, *, limit_s):
    """Put whatever runs now into every worker's caches, whichever release that is."""
    seen = ask_all(pool, _probe(pool), until=clock.monotonic() + limit_s,
                   is_final=lambda answer: False)
    pool.armed = set(seen.answers)


def prove(site, pool, root, release_name, *, limit_s, say, is_first=False):
    """Return the evidence that every worker of the pool runs `release_name`.

    Learns the path again, then asks until each worker of the list has answered or exited and, if
    any were started later, one of those has. NotConfirmed when time runs out, any worker answers
    from elsewhere, or the pool was never armed (only on a first release there is nothing to arm).
    The evidence: see `evidence`.
    """
    if not (pool.armed or is_first):
        raise NotConfirmed(
            _("{pool} gave no answer just before the switch, so its answers now would prove "
              "nothing; Finish, or Put all back, asks it anew.").format(pool=pool))
    until = clock.monotonic() + limit_s
    site.release_name = release_name  # what `current` names now
    pool.prefix = learn_prefix(site, pool, root, until=until)
    if pool.prefix not in (f"{root}/current", f"{root}/releases/{release_name}"):
        raise NotConfirmed(_("The web server still hands {pool} {prefix}.").format(
            pool=pool, prefix=pool.prefix))
    seen = ask_all(pool, _probe(pool), until=until,
                   is_final=lambda answer: bool(differs(answer, release_name)))
    for key, answer in sorted(seen.answers.items()):
        other = differs(answer, release_name)
        if other:
            raise NotConfirmed(_("{pool}: worker {key} still answers from {other}.").format(
                pool=pool, key=key[0], other=other))
    if not seen.is_complete:
        raise NotConfirmed(
            _("{pool} could not be asked within {limit_s:.0f} s: {busy_sentence}.").format(
                pool=pool, limit_s=limit_s, busy_sentence=seen.busy_sentence()))
    row = evidence(pool, seen)
    who = _("workers (Apache children)") if row["sapi"] == MOD_PHP else "workers"
    say(f"PHP pool {pool.name}: {row['proved']} of {row['workers']} {who} run {release_name} "
        f"(pids {', '.join(map(str, row['pids']))}){_others(row)}")
    return row


def evidence(pool, seen):
    """Return what a complete round has shown, for the deployment's page.

    `workers` had to answer and are there: those of the first list, and of those started later the
    ones that were asked. `proved` of them did. `exited` left the list, `later` joined it.
    """
    pids = [key[0] for key in seen.present]
    answer = seen.answers[seen.present[0]]
    return {
        "pool": pool.name, "master": pool.master, "path": pool.prefix,
        "sapi": answer["sapi"], "php": answer["php"], "pids": pids,
        "workers": len(seen.missing | set(seen.present)), "proved": len(pids),
        "exited": len(seen.exited), "later": len(seen.later), "armed": len(pool.armed),
        "class_file": pool.probe_file,
    }


def _others(row):
    parts = [_("{exited} have exited since we began").format(
        exited=row["exited"])] if row["exited"] else []
    parts += [_("{later} were started since").format(later=row["later"])] if row["later"] else []
    return f"; {', '.join(parts)}" if parts else ""
