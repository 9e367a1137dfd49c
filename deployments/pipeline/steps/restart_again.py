"""On the way back: programs that run on, which a command restarted in the version that is left."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ...errors import StepFailed
from ...plan import CommandPlan
from . import restarted
from .command import run_command


class RestartAgain:
    """Runs those commands once more, in the release that is live again.

    It comes last: visitors are served by then. Which commands began there is in the evidence
    (`restarted`); after a lost worker it names all that may have.
    """

    name = "restart again"
    verb = _lazy("restart programs that run on, in the version before, on")
    changes_server = True

    def run(self, ctx):
        """Prove by their process numbers that they were restarted; StepFailed names the others."""
        problems = []
        for index, row in enumerate(ctx.evidence["restarted"]):
            row = dict(row)
            ran = row.pop("ran")
            try:
                self._one(ctx, CommandPlan(**row), ran, key=f"{ctx.deployment}-back-{index}")
            except StepFailed as problem:  # the others are tried all the same
                problems.append(str(problem))
        if problems:
            raise StepFailed(" ".join(problems))

    def _one(self, ctx, command, ran, *, key):
        """Under this worker's fence: one that comes later runs it again, and proves it anew."""
        if not ctx.truth.previous:
            raise StepFailed(_left(ctx, command,
                                   _("there is no version before to restart them in")))
        if command.is_irreversible:
            raise StepFailed(_left(ctx, command, _("it cannot be undone, so it was not run again")))
        key += f"-{ctx.fence}"
        restarted.note(ctx, command, key=key)
        run_command(ctx, command, key=key, revision=ctx.release.commit_sha)
        restarted.wait(ctx, command, key=key, ran=ran, which=_("that was left"))


def _left(ctx, command, why):
    return (_("{server}: what “{command}” restarted (processes with “{restarts}” in the command "
              "line) runs on; {why}.").format(
        server=ctx.target.server, command=command.command, restarts=command.restarts, why=why))
