"""Commands of the project on its servers, before and after the switch."""

from ...errors import OutcomeUnknown, StepFailed
from ...remote.faults import ConnectionLost, RemoteFault, TimedOut
from ..command_output import CommandOutput


class Command:
    """Runs the plan's commands for one moment (`before` or `after`) in the new release."""

    changes_server = True

    def __init__(self, moment):
        self.name = f"commands {moment}"
        self.verb = f"run the project's commands {moment} the switch on"
        self._moment = moment

    def applies(self, plan):
        """Whether the project has commands for this moment."""
        return bool(getattr(plan, self._moment))

    def run(self, ctx):
        """Run each command; output and exit code go to the log. StepFailed when one fails."""
        is_first = ctx.target == ctx.plan.targets[0]
        for command in getattr(ctx.plan, self._moment):
            if is_first or not command.first_only:
                self._one(ctx, command)

    def _one(self, ctx, command):
        ctx.say(f"$ {command.command}")
        output = CommandOutput(ctx.say)
        environment = (f"REVISION={ctx.plan.commit_sha}", f"RELEASE_NAME={ctx.release.name}")
        try:
            result = ctx.connection.run_script(
                "command.sh", ctx.paths.root, ctx.release.name, str(command.limit_s),
                command.command, *environment, timeout_s=command.limit_s + 20,
                on_line=output.line)
        except (ConnectionLost, TimedOut) as fault:
            raise OutcomeUnknown(str(fault)) from fault
        except RemoteFault as fault:
            raise StepFailed(str(fault)) from fault
        finally:
            output.end()
        code = result.values.get("exit")
        if code is None:
            raise OutcomeUnknown(f"{ctx.target.server}: “{command.command}” did not say how it "
                                 "ended.")
        ctx.say(f"Ended with code {code}")
        if code != "0":
            raise StepFailed(
                f"{ctx.target.server}: the command “{command.command}” "
                + (f"took longer than {command.limit_s} s." if code == "124"
                   else f"ended with code {code}."))
