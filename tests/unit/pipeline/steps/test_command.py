"""Commands of the project: their keys, what the log says of an earlier run, and how they end."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from deployments.errors import OutcomeUnknown, StepFailed
from deployments.pipeline.context import Release, StepContext
from deployments.pipeline.steps.command import Command
from deployments.plan import CommandPlan
from deployments.remote.faults import ConnectionLost, TimedOut, Unreachable
from deployments.remote.output import Result
from deployments.remote.printer import PrinterConnection

MIGRATE = CommandPlan("bin/migrate", 30, False)
WARM = CommandPlan("bin/warm", 30, True)


@dataclass
class Site:
    """One server of a plan, and what its commands said."""

    answers: dict
    before: tuple = (MIGRATE,)
    is_first: bool = True
    said: list = field(default_factory=list)

    def run(self):
        target = SimpleNamespace(server="web-1", root="/srv/shop")
        targets = (target,) if self.is_first else (SimpleNamespace(server="web-0"), target)
        plan = SimpleNamespace(targets=targets, before=self.before, commit_sha="c0ffee")
        self.connection = PrinterConnection(self.answers)
        self.ctx = StepContext(
            plan=plan, target=target, deployment=17, fence=5, release=Release("r9"), older=None,
            host=None, control_name="", control_php="", endpoint_key=None, ca_file="",
            proof_limit_s=1, say=self.said.append, connection=self.connection)
        Command("before").run(self.ctx)


def test_each_command_has_a_key_of_its_own_deployment_moment_and_place():
    """By it a server knows what it ran already; the place counts those for other servers too."""
    site = Site({"command.sh": {"exit": "0"}}, before=(MIGRATE, WARM, MIGRATE), is_first=False)
    site.run()
    assert [call.args for call in site.connection.calls] == [
        ("/srv/shop", "5", f"17-before-{index}", "r9", "30", "bin/migrate", "REVISION=c0ffee",
         "RELEASE_NAME=r9") for index in (0, 2)]


@pytest.mark.parametrize(("values", "sentence"), [
    ({"ran_before": "1"}, "It ran already for this deployment and ended well, so it was not run "
                          "again"),
    ({"ran_before": "1", "waited": "1"}, "It was still running from before, so its end was waited "
                                         "for; what it printed meanwhile was not kept"),
    ({"again": "3"}, "It had been started before for this deployment and ended with 3, so it was "
                     "run again"),
    ({"again": "cut off"}, "It had been started before for this deployment and was cut off, so it "
                           "was run again"),
])
def test_the_log_says_what_became_of_an_earlier_run(values, sentence):
    """In one sentence, before the code."""
    site = Site({"command.sh": {"exit": "0"} | values})
    site.run()
    assert site.said == ["$ bin/migrate", sentence, "Ended with code 0"]


@pytest.mark.parametrize(("code", "sentence"), [
    ("124", "web-1: the command “bin/migrate” took longer than 30 s."),
    ("3", "web-1: the command “bin/migrate” ended with code 3."),
])
def test_a_code_other_than_0_fails_the_step(code, sentence):
    """Also when another worker had started it."""
    with pytest.raises(StepFailed, match="web-1") as failed:
        Site({"command.sh": {"exit": code, "ran_before": "1", "waited": "1"}}).run()
    assert str(failed.value) == sentence


@pytest.mark.parametrize("answer", [
    Result(0), Result(None), Result(137), Result(143), ConnectionLost("lost"), TimedOut("late"),
])
def test_what_nobody_told_is_unknown(answer):
    """Cut off, killed by a signal (a login shell tells it as 128 and more), or no answer at all."""
    with pytest.raises(OutcomeUnknown):
        Site({"command.sh": answer}).run()


@pytest.mark.parametrize("answer", [
    Result(75, stderr="Another command is still at work"), Result(78), Unreachable("away"),
])
def test_what_was_refused_is_failed(answer):
    """It was not started, and the server's own words say why."""
    with pytest.raises(StepFailed):
        Site({"command.sh": answer}).run()


def test_one_that_cannot_be_undone_is_noted_before_it_runs():
    """Whatever becomes of it, nothing goes back by itself from then on."""
    site = Site({"command.sh": ConnectionLost("lost")},
                before=(CommandPlan("drop", 30, False, is_irreversible=True),))
    with pytest.raises(OutcomeUnknown):
        site.run()
    assert site.ctx.evidence == {"irreversible": "drop"}
