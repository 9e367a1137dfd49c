"""Watching one deployment: table, sentence, log by cursor, stop and decide."""

import json

import pytest
from django.utils import timezone

from deployments.models import Deployment, LogLine
from deployments.pages import log
from deployments.pages.workers import nobody_works
from deployments.services import clusters
from tests import factories
from tests.unit.pages.test_release_pages import text_of

NASTY = "</span><script>alert(1)</script>"


@pytest.fixture
def running(production):
    return factories.make_deployment(production, status="running", owner="worker-1")


def write(deployment, count, start=1, text="line"):
    LogLine.objects.bulk_create([
        LogLine(deployment=deployment, number=number, at=timezone.now(), text=f"{text} {number}")
        for number in range(start, start + count)])


def rows(client, deployment, after=0):
    answer = client.get(f"/admin/progress/{deployment.pk}/rows/?after={after}")
    return json.loads(answer.content)


def words(news, server):
    return [cell["words"] for cell in news["targets"][server]["cells"]]


def test_the_cursor_gives_each_line_once(running, viewer, sign_in):
    """What came after the last number, in order; nothing twice, nothing lost."""
    write(running, 3)
    client = sign_in(viewer)
    first = rows(client, running)
    assert [line["number"] for line in first["lines"]] == [1, 2, 3]
    assert rows(client, running, after=3)["lines"] == []
    write(running, 2, start=4)
    assert [line["number"] for line in rows(client, running, after=3)["lines"]] == [4, 5]


def test_a_long_log_comes_in_portions_without_waiting(running, viewer, sign_in):
    """More lines than fit into one answer are fetched at once."""
    write(running, log.AT_ONCE + 1)
    client = sign_in(viewer)
    first = rows(client, running)
    assert len(first["lines"]) == log.AT_ONCE
    assert first["next_ms"] < 100
    assert len(rows(client, running, after=log.AT_ONCE)["lines"]) == 1


@pytest.mark.parametrize("after", ["", "x", "-1", "99999999999999999999", "٣"])
def test_a_cursor_that_is_no_number_starts_over(running, viewer, sign_in, after):
    """Whatever stands in the address, the answer is one of ours."""
    write(running, 1)
    assert len(rows(sign_in(viewer), running, after)["lines"]) == 1


@pytest.mark.parametrize(("status", "polls"), [
    ("waiting_for_build", True), ("awaiting_approval", True), ("queued", True),
    ("running", True), ("needs_attention", True), ("succeeded", False), ("failed", False),
    ("errored", False), ("cancelled", False), ("rejected", False), ("voided", False),
])
def test_asking_again_ends_when_the_deployment_has(production, viewer, sign_in, status, polls):
    """`next_ms` is null exactly for states that cannot change any more."""
    deployment = factories.make_deployment(production, status=status)
    client = sign_in(viewer)
    assert (rows(client, deployment)["next_ms"] is not None) == polls
    page = text_of(client.get(f"/admin/progress/{deployment.pk}/"))
    assert ("progress.js" in page) == polls
    assert ('http-equiv="refresh"' in page) == polls


@pytest.mark.parametrize(("status", "step", "expected"), [
    ("pending", "", ["Done", "Waiting", "Waiting", "Waiting", "Waiting"]),
    ("pending", "copy", ["Done", "Working", "Waiting", "Waiting", "Waiting"]),
    ("prepared", "switch", ["Done", "Done", "Working", "Waiting", "Waiting"]),
    ("switched", "cohere", ["Done", "Done", "Done", "Working", "Waiting"]),
    ("coherent", "prove", ["Done", "Done", "Done", "Done", "Working"]),
    ("proved", "prove", ["Done"] * 5),
    ("failed", "copy", ["Done", "Failed", "Waiting", "Waiting", "Waiting"]),
    ("unknown", "switch", ["Done", "Done", "Cannot tell yet", "Waiting", "Waiting"]),
    ("switched", "put back", ["Done", "Done", "Going back", "Waiting", "Waiting"]),
    ("reverted", "prove", ["Done", "Done", "Went back", "Went back", "Went back"]),
])
def test_a_server_shows_how_far_it_is(running, viewer, sign_in, status, step, expected):
    """Status and step of a target, as five cells that people read."""
    running.targets.filter(server_name="web-1").update(status=status, step=step)
    assert words(rows(sign_in(viewer), running), 0) == expected


def test_the_step_sentence_names_the_slowest_server(running, viewer, sign_in):
    """Two servers, one behind: the page tells the step that is not done everywhere."""
    running.targets.update(status="prepared", step="switch")
    running.targets.filter(server_name="web-1").update(status="switched", step="cohere")
    assert rows(sign_in(viewer), running)["step"] == "Step 3 of 5: Switch"


def test_a_server_that_nobody_touched_says_so_at_the_end(production, viewer, sign_in):
    """After a failure before the switch, no cell claims that work was done there."""
    failed = factories.make_deployment(production, status="failed")
    assert words(rows(sign_in(viewer), failed), 1) == ["Done"] + ["Not touched"] * 4


def test_the_worker_not_answering_is_said_after_a_minute(production, viewer, sign_in):
    """Ten seconds in line is slow; after a minute nobody works, though the supervisor lives."""
    clusters.register("host:1", data_folder="ours")
    deployment = factories.make_deployment(production, status="queued")
    deployment.release.built_at = None
    deployment.release.save()
    client = sign_in(viewer)
    for waited_s, sentence in ((0, "It starts in a moment."), (20, "has not picked it up yet"),
                               (70, "The release worker is not answering. Your request is kept.")):
        at = timezone.now() - timezone.timedelta(seconds=waited_s)
        Deployment.objects.filter(pk=deployment.pk).update(requested_at=at)
        assert sentence in rows(client, deployment)["step"]
    assert nobody_works() == ""


def test_a_worker_that_is_busy_with_others_is_not_called_silent(
        production, staging, viewer, sign_in):
    """Nothing has to be started: its lease shows that it lives."""
    deployment = factories.make_deployment(production, status="queued")
    Deployment.objects.update(requested_at=timezone.now() - timezone.timedelta(seconds=70))
    type(deployment.release).objects.update(built_at=None)
    factories.make_deployment(staging, status="running")
    assert rows(sign_in(viewer), deployment)["step"] == (
        "In line. The worker is busy with other releases. Your request is kept.")


def test_commands_after_the_switch_are_said_to_run(running, viewer, sign_in):
    """They may still fail, and then everything goes back: nothing is tidied up yet."""
    running.targets.update(status="proved", step="commands after")
    assert rows(sign_in(viewer), running)["step"] == (
        "Step 5 of 5: running the project's commands.")


def test_somebody_who_goes_back_reads_it_beside_the_state(running, viewer, sign_in):
    """The state reads “Releasing” whatever is made live; the sentence beside it says which way."""
    running.targets.update(status="prepared", step="switch")
    Deployment.objects.update(kind="rollback")
    news = rows(sign_in(viewer), running)
    assert news["step"] == f"Going back to {running.release.title}. Step 3 of 5: Switch"
    Deployment.objects.update(stop_requested_by_name="Ben")
    assert rows(sign_in(viewer), running)["step"].startswith("Ben asked to stop")


def test_only_those_who_may_approve_are_named(
        production, approval_rule, approver, viewer, releaser, admin, sign_in):
    """Whoever is in the rule without an allowlist entry gets a refusal, not a say."""
    waiting = factories.make_deployment(production, status="awaiting_approval",
                                        requested_by=releaser)
    approval_rule.users.add(viewer)
    client = sign_in(viewer)
    assert rows(client, waiting)["step"] == "approver can approve it."
    assert rows(sign_in(approver), waiting)["step"] == "You can approve it."
    approver.grants.all().delete()
    assert rows(client, waiting)["step"] == (
        "Nobody can approve it: ask an administrator to name an approver.")
    assert rows(sign_in(admin), waiting)["step"] == (
        "Nobody can approve it: name an approver where the environment is set up.")


def test_log_lines_are_only_text(running, viewer, sign_in):
    """What a build or a server printed never becomes markup."""
    write(running, 1, text=NASTY)
    answer = sign_in(viewer).get(f"/admin/progress/{running.pk}/").content.decode()
    assert NASTY not in answer
    assert "&lt;script&gt;alert(1)" in answer


def test_a_person_who_may_release_stops_it_before_the_switch(running, releaser, sign_in):
    """The wish is kept for the runner, and the page says whose it is."""
    client = sign_in(releaser)
    assert rows(client, running)["offers"]["stop"]
    answer = client.post(f"/admin/progress/{running.pk}/stop/")
    assert (answer.status_code, answer["Location"]) == (303, f"/admin/progress/{running.pk}/")
    assert "releaser asked to stop" in rows(client, running)["step"]
    assert not rows(client, running)["offers"]["stop"]


def test_after_the_switch_began_it_is_too_late_to_stop(
        running, releaser, sign_in, assert_refused):
    """The button is gone; a form sent anyway is refused in words."""
    Deployment.objects.filter(pk=running.pk).update(switching_at=timezone.now())
    kept = list(Deployment.objects.values())
    client = sign_in(releaser)
    offers = rows(client, running)["offers"]
    assert (offers["stop"], offers["too_late"]) == (False, True)
    assert_refused(client.post(f"/admin/progress/{running.pk}/stop/"), "Too late to stop",
                   status=409, action="deployment.stop_requested", rows=kept)


def test_a_viewer_cannot_stop_or_decide(production, running, viewer, sign_in, assert_refused):
    """Neither button is offered, neither form works."""
    client, kept = sign_in(viewer), list(Deployment.objects.values())
    assert not any(rows(client, running)["offers"].values())
    for act, action in (("stop", "deployment.stop_requested"), ("decide", "deployment.decided")):
        answer = client.post(f"/admin/progress/{running.pk}/{act}/", {"decision": "finish"})
        assert_refused(answer, "nobody gave you this right yet", action=action, rows=kept)


def test_who_may_decide_finishes_or_puts_back(production, approver, sign_in, queued):
    """The decision goes to the runner; the page says that it is in line, not abandoned."""
    torn = factories.make_deployment(production, status="needs_attention")
    client = sign_in(approver)
    assert rows(client, torn)["offers"]["decide"]
    answer = client.post(f"/admin/progress/{torn.pk}/decide/", {"decision": "put_back"})
    assert answer.status_code == 303
    assert queued() == [("deployments.tasks.run_deployment", torn.pk)]
    news = rows(client, torn)
    assert news["step"] == "approver decided to put all back. In line."
    assert not news["offers"]["decide"]
    assert news["words"] == "Releasing"


def test_a_decision_that_is_none_is_refused(production, approver, sign_in, assert_refused):
    """Only finish and put back exist."""
    torn = factories.make_deployment(production, status="needs_attention")
    kept = list(Deployment.objects.values())
    answer = sign_in(approver).post(f"/admin/progress/{torn.pk}/decide/", {"decision": "x"})
    assert_refused(answer, "Say either", status=409, action="deployment.decided", rows=kept)


def test_the_log_is_downloaded_as_text(running, viewer, outsider, sign_in):
    """All lines, as they were stored, for whoever may look at the project."""
    write(running, 450, text="<b>line</b>")
    path = f"/admin/progress/{running.pk}/log/"
    answer = sign_in(viewer).get(path)
    lines = answer.getvalue().decode().splitlines()
    assert (len(lines), "<b>line</b>" in lines[-1]) == (450, True)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="shop-R-{running.pk}.txt"'
    assert sign_in(outsider).get(path).status_code != 200


def test_a_build_that_goes_on_after_a_stop_is_not_shown_as_work(production, viewer, sign_in):
    """A page that has ended does not move any more, so nothing on it may say Working."""
    stopped = factories.make_deployment(production, status="cancelled")
    stopped.release.status = "building"
    stopped.release.save()
    assert words(rows(sign_in(viewer), stopped), 0) == ["Not needed"] + ["Not touched"] * 4


@pytest.mark.parametrize(("rate", "left"), [
    (0, "tidying up"), (5, "test visits go on for a few seconds")])
def test_when_every_server_is_proved_only_tidying_is_left(running, viewer, sign_in, rate, left):
    """With all cells done the sentence may not say that checking still goes on."""
    running.targets.update(status="proved", step="prove")
    Deployment.objects.filter(pk=running.pk).update(plan={"witness": {"rate": rate}})
    assert rows(sign_in(viewer), running)["step"] == f"Every server is checked; {left}."


@pytest.mark.parametrize(("step", "offered"), [("arm", True), ("prove", False)])
def test_a_reload_can_be_stopped_before_php_is_made_to_reload(
        production, releaser, sign_in, step, offered):
    """Afterwards the page says that it is too late."""
    reload = factories.make_deployment(production, kind="reload", status="running")
    reload.targets.update(step=step)
    offers = rows(sign_in(releaser), reload)["offers"]
    assert (offers["stop"], offers["too_late"]) == (offered, not offered)


def test_a_reload_never_claims_to_copy(production, viewer, sign_in):
    """Making PHP reload begins with PHP: nothing is built, copied or switched."""
    reload = factories.make_deployment(production, kind="reload", status="running")
    reload.targets.update(status="pending", step="connect")
    news = rows(sign_in(viewer), reload)
    assert news["step"] == "Step 4 of 5: PHP uses it"
    assert words(news, 0) == ["Not needed"] * 3 + ["Working", "Waiting"]
