"""Commands of the project on its servers, before and after the switch."""

from dataclasses import asdict

from django.utils.translation import gettext as _

from ...errors import OutcomeUnknown, StepFailed
from ..command_output import CommandOutput
from . import restarted


class Command:
    """Runs the plan's commands for one moment (`before` or `after`) in the new release."""

    changes_server = True

    def __init__(self, moment):
        self.name = f"commands {moment}"
        self.verb = _("run the project's commands {moment} the switch on").format(moment=moment)
        self._moment = moment

    def applies(self, plan):
        """Whether the project has commands for this moment."""
        return bool(getattr(plan, self._moment))

    def run(self, ctx):
        """Run each command; output and exit code go to the log. StepFailed when one fails, or
        leaves processes that it should have restarted."""
        for index, command in self._of(ctx):
            key = f"{ctx.deployment}-{self._moment}-{index}"
            if command.restarts and "was_put_back" in ctx.evidence:
                key += f"-{ctx.fence}"  # they run what it went back to: once more, although it ran
            ran = restarted.note(ctx, command, key=key)
            if command.restarts and self._moment == "after":
                _remember(ctx, command, ran)
            run_command(ctx, command, key=key, revision=ctx.plan.commit_sha)
            restarted.wait(ctx, command, key=key)

    def irreversible(self, ctx):
        """Return the first command there that cannot be undone, or ""."""
        return next((row.command for __, row in self._of(ctx) if row.is_irreversible), "")

    def restarting(self, ctx):
        """Return, as evidence, the commands that going back must repeat there, once they began."""
        return [_row(command, 0) for __, command in self._of(ctx)
                if command.restarts and self._moment == "after"]

    def _of(self, ctx):
        """The commands that run on this server, with their numbers."""
        is_first = ctx.target == ctx.plan.targets[0]
        return [(index, command) for index, command in enumerate(getattr(ctx.plan, self._moment))
                if is_first or not command.first_only]


def _remember(ctx, command, ran):
    """It begins now: what it restarts must be restarted again, should the server go back."""
    others = [row for row in ctx.evidence.get("restarted", ()) if not _is_row_of(row, command)]
    ctx.evidence["restarted"] = [*others, _row(command, ran)]


def _row(command, ran):
    return {**asdict(command), "ran": ran}


def _is_row_of(row, command):
    return (row["command"], row["restarts"]) == (command.command, command.restarts)


def run_command(ctx, command, *, key, revision):
    """Run it in the context's release; its output goes to the log. StepFailed when it fails.

    The limit allows for one that is waited for, cut off all the same, and run again.
    """
    ctx.say(f"$ {command.command}")
    if command.is_irreversible:
        ctx.evidence["irreversible"] = command.command
    output = CommandOutput(ctx.say)
    environment = (f"REVISION={revision}", f"RELEASE_NAME={ctx.release.name}")
    try:
        values = ctx.run_script(
            "command.sh", ctx.paths.root, ctx.fence, key, ctx.release.name, command.limit_s,
            command.command, *environment, timeout_s=2 * command.limit_s + 60,
            on_line=output.line)
    finally:
        output.end()
    for sentence in _what_was_there(values):
        ctx.say(sentence)
    code = values.get("exit")
    if code is None:
        raise OutcomeUnknown(_("{server}: “{command}” did not say how it ended.").format(
            server=ctx.target.server, command=command.command))
    ctx.say(f"Ended with code {code}")
    if code != "0":
        raise StepFailed(
            _("{server}: the command “{command}” ").format(
                server=ctx.target.server, command=command.command)
            + (_("took longer than {limit_s} s.").format(limit_s=command.limit_s) if code == "124"
               else _("ended with code {code}.").format(code=code)))


def _what_was_there(values):
    """Sentences about an earlier run of the same command for the same deployment."""
    if "waited" in values:
        yield (_("It was still running from before, so its end was waited for; what it printed "
                 "meanwhile was not kept"))
    elif "ran_before" in values:
        yield _("It ran already for this deployment and ended well, so it was not run again")
    if "again" in values:
        how = _("was cut off") if values["again"] == "cut off" else _("ended with {again}").format(
            again=values["again"])
        yield _("It had been started before for this deployment and {how}, so it was run "
                "again").format(how=how)
