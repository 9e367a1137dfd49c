"""What the progress page says while a deployment waits: for a worker, a command, a pause."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from deployments.models import Deployment, Environment, LogLine
from tests import factories
from tests.unit.pages.test_progress_page import rows, words

SLOW, SILENT = timedelta(seconds=20), timedelta(seconds=80)


@pytest.fixture
def given_back(production):
    """Switched, and without an owner since a moment ago."""
    return factories.make_deployment(
        production, status="running", switching_at=timezone.now(), owner="",
        lease_until=timezone.now())


@pytest.mark.parametrize(("ago", "decision", "sentence"), [
    (SLOW, "", "In line. No worker has taken it over yet."),
    (SILENT, "", "The release worker is not answering. It goes on from here when one is there."),
    (SLOW, Deployment.FINISH,
     "Ben decided to finish. In line. No worker has taken it over yet."),
    (SILENT, Deployment.PUT_BACK, "Ben decided to put all back. The release worker is not "
     "answering. It goes on from here when one is there."),
])
def test_nobody_is_promised_a_worker_that_does_not_come(
        given_back, viewer, sign_in, ago, decision, sentence):
    """“In a moment” is said for some seconds; then the page tells what it knows."""
    client = sign_in(viewer)
    Deployment.objects.update(decision=decision, decided_by_name="Ben" if decision else "")
    assert "No worker" not in rows(client, given_back)["step"]
    Deployment.objects.update(lease_until=timezone.now() - ago)
    assert rows(client, given_back)["step"] == sentence


def test_a_worker_busy_with_another_place_is_not_called_silent(
        given_back, staging, viewer, sign_in):
    """Its lease there shows that it lives: nothing has to be started."""
    Deployment.objects.update(lease_until=timezone.now() - SILENT)
    factories.make_deployment(staging, status="running")
    assert rows(sign_in(viewer), given_back)["step"] == (
        "In line. The worker is busy with other releases.")


def test_a_command_before_the_switch_is_said_to_run(production, viewer, sign_in):
    """It may take minutes, long after everything is copied."""
    row = factories.make_deployment(production, status="running", owner="worker-1")
    row.targets.update(status="prepared", step="commands before")
    client = sign_in(viewer)
    assert rows(client, row)["step"] == "Step 2 of 5: running the project's commands."
    Deployment.objects.update(switching_at=timezone.now())  # web-2 has not begun its next step
    row.targets.filter(server_name="web-1").update(status="switched", step="cohere")
    assert "commands" not in rows(client, row)["step"]


def test_a_short_pause_is_not_called_longer_than_it_is(production, viewer, sign_in):
    """Tens of seconds are coarse enough for screen readers, but a pause of 6 s is one of 6 s."""
    Environment.objects.filter(pk=production.pk).update(canary_servers=1, wave_pause_s=6)
    production.refresh_from_db()
    row = factories.make_deployment(production, status="running", switching_at=timezone.now())
    row.targets.update(status="prepared", step="arm")
    row.targets.filter(server_name="web-1").update(status="proved", step="prove")
    LogLine.objects.create(deployment=row, number=1, at=timezone.now(), text="Waiting")
    assert rows(sign_in(viewer), row)["step"].endswith("follows in 6 s.")


def test_whoever_cannot_decide_reads_who_can(production, viewer, approver, sign_in):
    """Their page has no button; the one who can has them, and needs no name."""
    row = factories.make_deployment(production, status="needs_attention")
    assert rows(sign_in(viewer), row)["step"] == "approver can decide how it goes on."
    assert rows(sign_in(approver), row)["step"] == ""
    approver.grants.filter(action="decide").delete()
    assert rows(sign_in(viewer), row)["step"] == "Nobody can decide how it goes on."


def test_nothing_is_to_be_told_yet_when_it_has_ended(production, viewer, sign_in):
    """The server of a later wave was away, and the ones before it went back."""
    row = factories.make_deployment(production, status="failed", switching_at=timezone.now())
    row.targets.filter(server_name="web-2").update(status="unknown", step="arm")
    client = sign_in(viewer)
    assert words(rows(client, row), 1)[1:3] == ["Done", "Not known"]
    Deployment.objects.update(status="needs_attention")
    assert words(rows(client, row), 1)[1:3] == ["Done", "Cannot tell yet"]


def test_what_went_wrong_before_a_decision_is_not_shown_while_it_is_tried_again(
        production, viewer, sign_in):
    """It works; that it failed once more is shown when it has."""
    row = factories.make_deployment(production, status="needs_attention",
                                    switching_at=timezone.now())
    row.targets.filter(server_name="web-2").update(status="failed", step="copy", problem="No room.")
    client = sign_in(viewer)
    told = rows(client, row)["targets"][1]
    assert (told["problem"], told["cells"][1]["words"]) == ("No room.", "Failed")
    Deployment.objects.update(status="running", decision=Deployment.FINISH, owner="worker-1")
    told = rows(client, row)["targets"][1]
    assert (told["problem"], told["cells"][1]["words"]) == ("", "Working")
    Deployment.objects.update(going_back_as="failed")
    assert rows(client, row)["targets"][1]["problem"] == "No room."


def _busy(production, step, *, servers=1):
    row = factories.make_deployment(production, status="running", owner="worker-1",
                                    switching_at=timezone.now())
    row.targets.exclude(pk__in=row.targets.values("pk")[:servers]).delete()
    row.targets.update(status="switched", step=step)
    return row


def _say(row, number, text, *, step="cohere", server="web-1"):
    LogLine.objects.create(deployment=row, number=number, at=timezone.now(), server_name=server,
                           step=step, text=text)


def test_what_a_step_waits_for_stands_beside_it(production, viewer, sign_in):
    """People read the page's sentence and not the log; the newest age is the one that counts."""
    row, client = _busy(production, "cohere"), sign_in(viewer)
    step = rows(client, row)["step"]
    _say(row, 1, "Waiting for the request for public/a.php, which has been running for 3 s")
    _say(row, 2, "Waiting for the request for public/a.php, which has been running for 7 s")
    assert rows(client, row)["step"] == (
        f"{step}. Waiting for the request for public/a.php, which has been running for 7 s.")
    _say(row, 3, "PHP cache of php-fpm reset after 8000 ms (restart 1)")
    assert rows(client, row)["step"] == step


def test_what_an_earlier_step_waited_for_is_not_told_any_more(production, viewer, sign_in):
    """Its last line stays the newest of that step."""
    row, client = _busy(production, "prove"), sign_in(viewer)
    _say(row, 1, "Waiting for the request for public/a.php", step="cohere")
    assert "Waiting" not in rows(client, row)["step"]


def test_each_of_several_servers_is_named_with_what_it_waits_for(production, viewer, sign_in):
    """The others may be done."""
    row, client = _busy(production, "cohere", servers=2), sign_in(viewer)
    _say(row, 1, "Waiting for the reset of php-fpm", server="web-2")
    assert rows(client, row)["step"].endswith(". web-2: waiting for the reset of php-fpm.")


def test_of_two_rules_each_is_named_by_what_it_is_called(
        production, approval_rule, approver, viewer, releaser, sign_in):
    """Else one sentence says who can, and the next that nobody can."""
    waiting = factories.make_deployment(production, status="awaiting_approval",
                                        requested_by=releaser)
    accounting = factories.make_rule(production, releaser)
    accounting.name = "Accounting"
    accounting.save()
    assert rows(sign_in(viewer), waiting)["step"] == (
        "Rule 1: approver can approve it. Rule “Accounting”: Nobody can approve it: ask an "
        "administrator to name an approver.")


def test_what_was_stopped_still_says_what_it_was_planned_for(production, viewer, sign_in):
    """Whoever looks it up asks when it should have gone live."""
    at = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)
    row = factories.make_deployment(production, status="cancelled", planned_for=at,
                                    start_until=at + timedelta(hours=1))
    page = sign_in(viewer).get(f"/admin/progress/{row.pk}/").text
    assert "It was planned for 30 Nov, 07:00" in re.sub(r"<[^>]*>", "", page)
