"""Programs that run on: which commands are repeated on the way back, and under which keys."""

from types import SimpleNamespace

import pytest

from deployments.errors import StepFailed
from deployments.pipeline.context import Release, StepContext, Truth
from deployments.pipeline.steps.command import Command
from deployments.pipeline.steps.restart_again import RestartAgain
from deployments.plan import CommandPlan
from deployments.remote.printer import PrinterConnection

QUEUE = CommandPlan("bin/restart", 1, False, restarts="/srv/shop/current/queue")
MAIL = CommandPlan("bin/mail", 1, False, restarts="/srv/shop/current/mail")
CLEAR = CommandPlan("bin/clear", 1, False)
WELL = {"command.sh": {"exit": "0"}, "processes.sh": {"before": "2", "new": ["7", "8"]}}


def context(*after, answers=WELL, previous="releases/r8", **evidence):
    target = SimpleNamespace(server="web-1", root="/srv/shop")
    return StepContext(
        plan=SimpleNamespace(targets=(target,), after=after, commit_sha="c0ffee"),
        target=target, deployment=17, fence=5, release=Release("r8", commit_sha="abc"), older=None,
        host=None, control_name="", control_php="", endpoint_key=None, ca_file="", proof_limit_s=1,
        say=lambda text: None, truth=Truth(previous=previous), evidence=evidence,
        connection=PrinterConnection(answers))


def commands(ctx):
    """(key, release, command, revision) of every command that was run."""
    return [(args[2], args[3], args[5], args[6]) for args in (
        call.args for call in ctx.connection.calls if call.what == "command.sh")]


def test_only_what_restarts_programs_and_began_is_repeated():
    """In the version before, with its revision, under a key of its own."""
    ctx = context(CLEAR, QUEUE, answers=WELL | {"command.sh": {"exit": "3"}})
    with pytest.raises(StepFailed):
        Command("after").run(ctx)
    assert "restarted" not in ctx.evidence
    ctx.connection = PrinterConnection(WELL)
    Command("after").run(ctx)
    ctx.connection = PrinterConnection(WELL)

    RestartAgain().run(ctx)

    assert commands(ctx) == [("17-back-0-5", "r8", "bin/restart", "REVISION=abc")]


def test_what_a_lost_worker_may_have_begun_is_all_of_it():
    """Nobody can tell; those that restart nothing are not among it, nor those before the switch."""
    rows = Command("after").restarting(context(CLEAR, QUEUE, MAIL))
    assert [(row["command"], row["ran"]) for row in rows] == [("bin/restart", 0), ("bin/mail", 0)]


def test_one_that_fails_leaves_out_no_other():
    """The sentence names it, its processes and their version."""
    ctx = context(QUEUE, MAIL, answers=WELL)
    Command("after").run(ctx)
    ctx.connection = PrinterConnection(
        WELL | {"processes.sh": {"before": "2", "old": ["7"], "new": ["8"]}})

    with pytest.raises(StepFailed) as failed:
        RestartAgain().run(ctx)

    assert [key for key, *_ in commands(ctx)] == ["17-back-0-5", "17-back-1-5"]
    assert str(failed.value).startswith(
        "web-1: 1 process with “/srv/shop/current/queue” in the command line (pids 7) ran before "
        "“bin/restart” and still so 1 s after it, with the version that was left. web-1: 1 process "
        "with “/srv/shop/current/mail”")


def test_programs_that_are_gone_since_the_way_there_are_missed_on_the_way_back():
    """None runs now and none ran when it went back, but two did when the release came."""
    ctx = context(QUEUE)
    Command("after").run(ctx)
    ctx.connection = PrinterConnection(WELL | {"processes.sh": {"before": "0"}})
    with pytest.raises(StepFailed, match="none of the 2 processes"):
        RestartAgain().run(ctx)


@pytest.mark.parametrize(("command", "previous", "why"), [
    (CommandPlan("bin/restart", 1, False, True, "/queue"), "releases/r8", "cannot be undone, so"),
    (QUEUE, "", "there is no version before to restart them in"),
])
def test_what_cannot_be_run_again_is_said_and_not_run(command, previous, why):
    """One that cannot be undone is never repeated by itself; a first version has none before it."""
    ctx = context(command, previous=previous, restarted=Command("after").restarting(
        context(command)))
    with pytest.raises(StepFailed, match=why):
        RestartAgain().run(ctx)
    assert commands(ctx) == []


def test_finishing_after_a_way_back_restarts_them_although_that_was_done_already():
    """They run the version that it went back to; other commands are still run once."""
    ctx = context(CLEAR, QUEUE, was_put_back=True)
    Command("after").run(ctx)
    assert [key for key, *_ in commands(ctx)] == ["17-after-0", "17-after-1-5"]
