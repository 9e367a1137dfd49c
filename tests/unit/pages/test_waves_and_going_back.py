"""Waves, turning back, lost workers and decisions with names, as the progress page says them."""

from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from deployments.models import Deployment, Environment, LogLine, WorkerCluster
from deployments.pages.progress_waves import PAUSE_LINE
from tests import factories
from tests.unit.pages.test_progress_page import rows
from tests.unit.pages.test_release_pages import text_of


@pytest.fixture
def before(shop):
    return factories.make_release(shop, label="2.8.1")


@pytest.fixture
def switched(production, before):
    """Switched on both servers, its worker at work."""
    row = factories.make_deployment(production, status="running", previous=before,
                                    switching_at=timezone.now())
    row.targets.update(status="switched", step="cohere", switched_at=timezone.now())
    return row


@pytest.fixture
def waves(production, before):
    """web-1 first, then web-2 and web-3, after a minute; the first one is switched."""
    factories.make_installation(production, server=factories.make_server("web-3"))
    Environment.objects.filter(pk=production.pk).update(canary_servers=1, wave_pause_s=60)
    production.refresh_from_db()
    row = factories.make_deployment(production, status="running", previous=before,
                                    switching_at=timezone.now())
    row.targets.update(status="prepared", step="arm")
    row.targets.filter(server_name="web-1").update(status="switched", step="cohere")
    return row


def is_in(deployment, *servers, **changes):
    deployment.targets.filter(server_name__in=servers).update(**changes)


def test_the_wave_on_its_way_is_named_with_its_step(waves, viewer, sign_in):
    """Servers of later waves do not hold the sentence back at their copy."""
    client = sign_in(viewer)
    assert rows(client, waves)["step"] == "Wave 1 of 2 (web-1), step 4 of 5: PHP uses it"
    is_in(waves, "web-1", status="proved", step="prove")
    is_in(waves, "web-2", "web-3", step="switch")
    assert rows(client, waves)["step"] == "Wave 2 of 2 (web-2 and web-3), step 3 of 5: Switch"
    page = text_of(client.get(f"/admin/progress/{waves.pk}/"))
    assert ">First web-1 alone, then web-2 and web-3, 60 s in between.</span>" in page
    assert "web-1<span class=\"small\" data-part=\"wave\">Wave 1</span>" in page


def test_the_pause_between_waves_counts_down(waves, viewer, sign_in, asked_anew, monkeypatch):
    """From the log's line that says that it began, whatever was written since; a wave that is late
    is not promised again and again."""
    is_in(waves, "web-1", status="proved", step="prove")
    line = LogLine.objects.create(deployment=waves, number=1, at=timezone.now(),
                                  text="Waiting 60 s before the next servers follow")
    LogLine.objects.create(deployment=waves, number=2, at=timezone.now(), text="web-1 is asked")
    client, now = sign_in(viewer), timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    for ago, words in ((-100, "follows in 3 min."), (0, "follows in 60 s."),
                       (21, "follows in 40 s."), (65, "follows now."),
                       (90, "was to follow, and has not begun yet.")):
        LogLine.objects.filter(pk=line.pk).update(
            at=now - timezone.timedelta(seconds=ago))
        assert rows(client, waves)["step"] == (
            f"Wave 1 of 2 is checked; Wave 2 of 2 (web-2 and web-3) {words}")
    assert [cell["words"] for cell in rows(client, waves)["targets"][1]["cells"]] == [
        "Done", "Done", "Waiting", "Waiting", "Waiting"]


def test_the_release_page_says_in_which_order_servers_go(waves, production, releaser, sign_in):
    """Before anybody confirms; going back has no waves, and says nothing of them."""
    Deployment.objects.update(status="succeeded", finished_at=timezone.now())
    live = factories.make_deployment(production)
    client = sign_in(releaser)
    page = text_of(client.get(
        f"/admin/release/shop/production/rules/?version={live.release.name}"))
    assert ("It goes to web-1, web-2, web-3. First web-1 alone, then web-2 and web-3, "
            "60 s in between.") in page
    assert "60 s in between" not in text_of(client.get("/admin/go-back/shop/production/"))


def test_after_the_switch_the_page_offers_to_go_back(switched, releaser, sign_in):
    """One click; the page says who wanted it, and then that it is done."""
    client = sign_in(releaser)
    news = rows(client, switched)
    assert (news["offers"]["stop"], news["offers"]["too_late"], news["offers"]["turn_back"]) == (
        False, True, True)
    assert news["labels"]["turn_back"] == "Go back to 2.8.1 now"
    answer = client.post(f"/admin/progress/{switched.pk}/turn-back/")
    assert (answer.status_code, answer["Location"]) == (303, f"/admin/progress/{switched.pk}/")
    news = rows(client, switched)
    assert news["words"] == "Going back to 2.8.1"
    assert news["step"] == "releaser wants it back to 2.8.1; it turns at the next step."
    assert not any(news["offers"].values())
    switched.targets.update(step="put back")
    assert rows(client, switched)["step"] == (
        "releaser wants it back: putting every server back to 2.8.1.")


def test_a_first_version_is_taken_off_again(switched, releaser, sign_in):
    """There is nothing to go back to, and the words say so."""
    Deployment.objects.update(previous=None)
    client = sign_in(releaser)
    assert rows(client, switched)["labels"]["turn_back"] == "Take it off again now"
    Deployment.objects.update(going_back_as="failed")
    assert rows(client, switched)["words"] == "Taking it off again"


def test_a_person_who_may_not_go_back_turns_nothing(switched, viewer, sign_in, assert_refused):
    """The button is not there; a form sent anyway is refused in words."""
    client, kept = sign_in(viewer), list(Deployment.objects.values())
    assert not rows(client, switched)["offers"]["turn_back"]
    assert_refused(client.post(f"/admin/progress/{switched.pk}/turn-back/"),
                   "nobody gave you this right yet", action="deployment.turn_back_requested",
                   rows=kept)


def test_what_goes_back_by_itself_says_why(switched, viewer, sign_in):
    """Nobody asked for it: something went wrong."""
    Deployment.objects.update(going_back_as="failed")
    news = rows(sign_in(viewer), switched)
    assert news["words"] == "Going back to 2.8.1"
    assert news["step"] == "Something went wrong: putting every server back to 2.8.1."


def test_what_is_cleaning_up_cannot_be_stopped_any_more(production, releaser, sign_in):
    """It failed before the switch: there is nothing to stop, and nothing to put back."""
    row = factories.make_deployment(production, status="running", going_back_as="failed")
    news = rows(sign_in(releaser), row)
    assert news["words"] == "Releasing"
    assert not any(news["offers"].values())


def test_the_log_line_of_a_pause_is_the_one_that_the_page_looks_for():
    """The worker writes it; pages know no worker."""
    worker = (Path(settings.BASE_DIR) / "deployments/pipeline/forward.py").read_text()
    assert f'say(f"{PAUSE_LINE.format("{pause_s}")}")' in worker


def test_a_pause_begins_when_its_own_line_is_written(waves, viewer, sign_in):
    """The line of the pause before is no reason to call this wave late."""
    plan = waves.plan
    plan["waves"] = [[pk] for wave in plan["waves"] for pk in wave]
    Deployment.objects.filter(pk=waves.pk).update(plan=plan)
    is_in(waves, "web-1", "web-2", status="proved", step="prove")
    LogLine.objects.create(deployment=waves, number=1, text=PAUSE_LINE.format(60),
                           at=timezone.now() - timezone.timedelta(seconds=80))
    assert rows(sign_in(viewer), waves)["step"].endswith("(web-3) follows in 60 s.")


def test_a_worker_that_took_over_in_a_pause_reads_first(waves, viewer, sign_in):
    """It asks every server before it goes on with the wave."""
    is_in(waves, "web-1", status="proved", step="inspect")
    is_in(waves, "web-2", "web-3", step="inspect")
    assert rows(sign_in(viewer), waves)["step"] == (
        "Reading every server first, to go on from what is true there.")


def test_a_lost_worker_is_said_to_be_replaced(switched, approver, sign_in, at_work):
    """No decision is asked for: the next one reads the servers."""
    Deployment.objects.update(lease_until=timezone.now() - timezone.timedelta(seconds=1))
    news = rows(sign_in(approver), switched)
    assert (news["words"], news["tone"]) == (
        "The worker was lost - another one takes over", "busy")
    assert news["step"] == "It reads every server first, and goes on from what is true there."
    assert not news["offers"]["decide"]
    Deployment.objects.update(owner="")  # handed over: nobody was lost
    news = rows(sign_in(approver), switched)
    assert news["words"] == "Switched, checking"
    assert news["step"] == "In line: another worker takes it over in a moment."


def test_buttons_of_a_decision_name_servers_and_version(switched, approver, sign_in):
    """Which servers would get the new version, and what all would go back to."""
    Deployment.objects.update(status="needs_attention")
    is_in(switched, "web-1", status="proved")
    is_in(switched, "web-2", status="unknown")
    client = sign_in(approver)
    page = text_of(client.get(f"/admin/progress/{switched.pk}/"))
    title = switched.release.title
    assert f'">Finish: put {title} live on web-2</button>' in page
    assert '">Put all back to 2.8.1</button>' in page
    for decision in ("finish", "put_back"):  # neither is the obvious one
        assert f'<button class="button" type="submit" name="decision" value="{decision}"' in page
    is_in(switched, "web-1", status="reverted")
    assert rows(client, switched)["labels"]["finish"] == (
        f"Finish: put {title} live on web-1 and web-2")


@pytest.mark.parametrize("status", ["running", "needs_attention"])
def test_what_cannot_be_undone_is_said_beside_the_way_back(switched, viewer, sign_in, status):
    """The version before may not work after it: whoever decides must know."""
    client = sign_in(viewer)
    assert rows(client, switched)["warning"] == ""
    Deployment.objects.update(status=status)
    is_in(switched, "web-1", evidence={"irreversible": "bin/migrate"})
    assert rows(client, switched)["warning"] == (
        "“bin/migrate” has begun, and cannot be undone: 2.8.1 may not work after it.")


def test_without_any_worker_the_pages_say_so(switched, viewer, sign_in, asked_anew):
    """Home and progress, until one gives a sign of life; what has ended waits for nobody."""
    client, sentence = sign_in(viewer), "No worker is running: nothing is built or released"
    old = timezone.now() - timezone.timedelta(seconds=90)
    row = WorkerCluster.objects.create(machine="web:1", queue="release", data_folder="x",
                                       started_at=old, seen_at=old)
    assert sentence in text_of(client.get("/admin/"))
    assert rows(client, switched)["nobody"].startswith(sentence)
    ended = factories.make_deployment(factories.make_environment(switched.environment.project))
    assert rows(client, ended)["nobody"] == ""
    WorkerCluster.objects.filter(pk=row.pk).update(seen_at=timezone.now())
    assert sentence not in text_of(client.get("/admin/"))
    assert rows(client, switched)["nobody"] == ""
