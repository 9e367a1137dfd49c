"""A plan as sentences: the first lines of every deployment's log, and what Confirm shows."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from .strategy_words import words_of
from .waves import joined

_VERBS = {"deploy": _lazy("Release"),
          "rollback": _lazy("Go back to"), "reload": _lazy("Make PHP reload")}


def lines_of(plan):
    """Yield what will be done, one sentence each: what, where, how PHP follows, which commands."""
    yield (_("{verb} {project} {release} in {environment}, commit {commit_sha}, plan "
             "{hash}").format(
        verb=_verb(plan), project=plan.project, release=plan.release,
        environment=plan.environment, commit_sha=plan.commit_sha[:10],
        hash=plan.hash[:12]))
    content = plan.digest[:12] or _("unknown")
    yield _("Content {content}: {files} files, {size_bytes} bytes").format(
        content=content, files=plan.files, size_bytes=plan.size_bytes)
    for target in plan.targets:
        yield from _target_lines(target, plan.kind)
    if plan.wave_words:
        yield _("Waves: {wave_words}").format(wave_words=plan.wave_words)
    for moment, commands in (("before", plan.before), ("after", plan.after)):
        for command in commands:
            where = _("first server") if command.first_only else _("every server")
            note = _(" (cannot be undone)") if command.is_irreversible else ""
            note += _(" (restarts “{restarts}”)").format(
                restarts=command.restarts) if command.restarts else ""
            yield _("Command {moment} the switch on {where}: {command}{note}").format(
                moment=moment, where=where, command=command.command, note=note)


def _verb(plan):
    is_restart = any(target.strategy == "fpm-restart" for target in plan.targets)
    return _("Restart PHP of") if plan.kind == "reload" and is_restart else _VERBS[plan.kind]


def _target_lines(target, kind):
    """Where it is and how PHP follows there; then what other sites notice of it, where any does."""
    pools = ", ".join(pool.name for pool in target.pools) or _("none")
    yield (_("{server}: {root}, PHP pools {pools}, PHP cache: {strategy}, asked by "
             "{php_door}").format(
        server=target.server, root=target.root, pools=pools, strategy=target.strategy,
        php_door=target.php_door))
    how = words_of(target.strategy, reloads=kind == "reload").others
    if how and target.shares:
        yield ngettext("{server}: {sites} uses the same PHP service there: {how}",
                       "{server}: {sites} use the same PHP service there: {how}",
                       len(target.shares)).format(
            server=target.server, sites=joined(list(target.shares)), how=how)
