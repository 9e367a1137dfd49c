"""Whether PHP runs, and what `current` names: some questions to each pool, less than a proof."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from .. import clock
from ..coherence.learn import learn_prefix
from ..coherence.proof import differs
from ..errors import NotConfirmed, OutcomeUnknown, StepFailed
from ..paths import DeployPaths
from ..remote.faults import NobodyListens, RemoteFault

PATIENCE_S = 10
"""How long a busy pool is waited for: the next look comes soon."""
MOST_QUESTIONS = 16
"""To one pool, one after the other: mostly each idle worker takes one in turn."""
AGAIN_S = 3
"""A service that is being restarted is away for so long; one that ended stays away."""
NO_PHP = (502, 503, 504)


@dataclass
class Asked:
    """{pool: words} of those that run something else, of those that do not run; and notes."""

    wrong: dict = field(default_factory=dict)
    stopped: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)


def ask_pools(ctx, release_name):
    """Return Asked. Never more than one worker of a pool is held, and nothing is written on the
    server, but for the nonces of requests through the guarded endpoint.
    """
    ctx.site.questions, seen = NoQuestions(), Asked()
    for pool in ctx.pools:
        try:
            words = _ask(ctx, pool, release_name)
        except (StepFailed, NotConfirmed, OutcomeUnknown, RemoteFault) as fault:
            if words := _stopped(ctx, pool, fault):
                seen.stopped[pool.name] = words
            else:
                seen.notes.append(_("PHP was not asked: {fault}").format(fault=fault))
        else:
            if words:
                seen.wrong[pool.name] = words
    return seen


def _ask(ctx, pool, name):
    """Return “” when the pool runs the release, else what it does, in words."""
    root = ctx.paths.root
    real, until = DeployPaths(root).release(name), clock.monotonic() + PATIENCE_S
    try:
        prefix = learn_prefix(ctx.site, pool, root, until=until)
    except StepFailed:
        if not pool.has_entry:
            raise
        prefix = real  # the entry reads the link for each request
    if prefix not in (f"{root}/current", real):
        return _("is handed {prefix} by the web server").format(prefix=prefix)
    seen = set()
    for __ in range(MOST_QUESTIONS):
        answer = pool.ask("probe", until=until, files=[], hold_ms=0,
                          marker=f"{prefix}/.releasemgr/marker.php")
        if other := differs(answer, name):
            return _("runs {other}").format(other=other)
        seen.add(answer.get("pid"))
        if len(seen) >= len((answer.get("pool") or {}).get("procs", ())):
            break
    return ""


def _stopped(ctx, pool, fault):
    """Return why visitors get nothing from this pool either, “” where PHP was only not asked."""
    if not _is_away(ctx, pool, fault):
        return ""
    clock.sleep(AGAIN_S)
    try:
        pool.status(until=clock.monotonic() + PATIENCE_S)
    except (StepFailed, NotConfirmed) as again:
        return _is_away(ctx, pool, again)
    return ""


def _is_away(ctx, pool, fault):
    """One sentence, by what its socket or its page says; “” else."""
    page = pool.plan.page_path
    if isinstance(fault.__cause__, NobodyListens):
        return str(fault.__cause__)
    try:
        status = ctx.site.get(page, deadline_s=PATIENCE_S).status
    except NobodyListens as gone:
        return str(gone)
    except RemoteFault:
        return ""
    return _("visitors get {status} for {page}.").format(
        status=status, page=page) if status in NO_PHP else ""


class NoQuestions:
    """In place of entry.Questions, which writes on the server."""

    def ask(self):
        raise StepFailed(_("the entry outside the versions is not asked by a look"))
