"""A plan as sentences: the first lines of every deployment's log, and what Confirm shows."""

from .strategy_words import words_of
from .waves import joined

_VERBS = {"deploy": "Release", "rollback": "Go back to", "reload": "Make PHP reload"}


def lines_of(plan):
    """Yield what will be done, one sentence each: what, where, how PHP follows, which commands."""
    yield (f"{_verb(plan)} {plan.project} {plan.release} in {plan.environment}, "
           f"commit {plan.commit_sha[:10]}, plan {plan.hash[:12]}")
    content = plan.digest[:12] or "unknown"
    yield f"Content {content}: {plan.files} files, {plan.size_bytes} bytes"
    for target in plan.targets:
        yield from _target_lines(target, plan.kind)
    if plan.wave_words:
        yield f"Waves: {plan.wave_words}"
    for moment, commands in (("before", plan.before), ("after", plan.after)):
        for command in commands:
            where = "first server" if command.first_only else "every server"
            note = " (cannot be undone)" if command.is_irreversible else ""
            note += f" (restarts “{command.restarts}”)" if command.restarts else ""
            yield f"Command {moment} the switch on {where}: {command.command}{note}"


def _verb(plan):
    is_restart = any(target.strategy == "fpm-restart" for target in plan.targets)
    return "Restart PHP of" if plan.kind == "reload" and is_restart else _VERBS[plan.kind]


def _target_lines(target, kind):
    """Where it is and how PHP follows there; then what other sites notice of it, where any does."""
    pools = ", ".join(pool.name for pool in target.pools) or "none"
    yield (f"{target.server}: {target.root}, PHP pools {pools}, "
           f"PHP cache: {target.strategy}, asked by {target.php_door}")
    how = words_of(target.strategy, reloads=kind == "reload").others
    if how and target.shares:
        use = "uses" if len(target.shares) == 1 else "use"
        yield (f"{target.server}: {joined(list(target.shares))} {use} the same PHP service there: "
               f"{how}")
