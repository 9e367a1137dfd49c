"""Decisions and what follows them, what is live now, and what comes with the page's news."""

import pytest
from django.utils import timezone

from deployments import audit
from deployments.models import Deployment, Environment, Project
from tests import factories
from tests.factories import actor_for
from tests.unit.pages.test_live_and_history import home
from tests.unit.pages.test_progress_page import rows, words
from tests.unit.pages.test_release_pages import text_of

CAUSE = "web-1 (10.0.0.1:22) refuses connections; start its SSH service or correct the port."


@pytest.fixture
def torn(production, shop):
    """web-1 cannot be reached, web-2 went back; a person has to decide."""
    before = factories.make_release(shop, label="v2.0")
    factories.make_deployment(production, release=before)
    row = factories.make_deployment(
        production, status="needs_attention", release=factories.make_release(shop, label="v2.3"),
        previous=before, switching_at=timezone.now(), cause=CAUSE,
        result=f"{CAUSE} Nobody can tell yet what web-1 shows to visitors.")
    row.targets.update(switched_at=timezone.now(), evidence={"went_back_to": before.name})
    row.targets.filter(server_name="web-1").update(status="unknown", step="put back", problem=CAUSE)
    row.targets.filter(server_name="web-2").update(status="reverted", step="prove")
    return row


def decided(row, approver, words="finish", **changes):
    """As `services.stopping.decide` writes it, and what became of it."""
    Deployment.objects.filter(pk=row.pk).update(decided_by_name="Ben Approver", **changes)
    return audit.record(
        "deployment.decided", f"Ben Approver decided to {words}: {row}",
        actor=actor_for(approver), environment=row.environment, deployment=row.pk,
        decision="finish" if words == "finish" else "put_back")


def test_a_decision_that_nobody_took_up_stands_in_line(torn, viewer, approver, sign_in, at_work):
    """What went back before it is no going back now, and nothing is too late."""
    decided(torn, approver, status="running", owner="", decision="finish",
            lease_until=timezone.now())
    client = sign_in(viewer)
    news = rows(client, torn)
    assert (news["words"], news["tone"]) == ("In line", "wait")
    assert news["step"] == "Ben Approver decided to finish. In line."
    assert not news["offers"]["too_late"]
    assert "Working" not in words(news, 0)
    assert "In line" in home(client)
    Deployment.objects.filter(pk=torn.pk).update(owner="worker-1")
    news = rows(client, torn)
    assert "putting every server back" not in news["step"]
    assert "Working" in words(news, 0)


def test_before_deciding_one_reads_what_went_back_and_what_to_mend(torn, viewer, sign_in):
    """Finishing is tried on every server, so each must be there."""
    client = sign_in(viewer)
    assert rows(client, torn)["advice"] == (
        "web-2 went back to v2.0 already. Mend web-1 first, then decide.")
    torn.targets.filter(server_name="web-1").update(status="failed", step="copy")
    assert rows(client, torn)["advice"] == "web-2 went back to v2.0 already."
    torn.targets.filter(server_name="web-1").update(step="connect")
    Deployment.objects.filter(pk=torn.pk).update(previous=None)
    torn.targets.update(previous_name="")
    assert rows(client, torn)["advice"] == (
        "web-2 was taken off again already. Mend web-1 first, then decide.")
    Deployment.objects.filter(pk=torn.pk).update(status="failed")
    assert rows(client, torn)["advice"] == ""


def test_a_decision_that_failed_at_once_was_tried(torn, viewer, approver, sign_in):
    """Otherwise the page looks as if nobody had pressed anything."""
    entry = decided(torn, approver)
    at = f"{timezone.localtime(entry.at):%H:%M}"
    client = sign_in(viewer)
    assert rows(client, torn)["result"] == (
        f"Ben Approver decided to finish at {at}; it stopped again: {torn.result}")
    Deployment.objects.filter(pk=torn.pk).update(status="failed")
    assert rows(client, torn)["result"].startswith(f"Ben Approver decided to finish at {at}; ")


def test_after_putting_all_back_nothing_is_ordered_any_more(torn, viewer, approver, sign_in):
    """Who decided, how it is, and why it had stopped; what was recorded stays as it was."""
    kept = f"{CAUSE} All servers went back to v2.0, and that is proved."
    decided(torn, approver, "put back", status="failed", result=kept)
    news = rows(sign_in(viewer), torn)
    assert news["result"] == (
        "Ben Approver decided to put all back. All servers went back to v2.0, and that is proved. "
        "It had stopped because: web-1 (10.0.0.1:22) refuses connections.")
    assert Deployment.objects.get(pk=torn.pk).result == kept


def test_turning_back_is_told_as_it_was_recorded(torn, viewer, sign_in):
    """The cause is the person's own wish; nothing had stopped."""
    kept = "Ben decided to go back. All servers went back to v2.0, and that is proved."
    Deployment.objects.filter(pk=torn.pk).update(
        status="failed", decided_by_name="Ben", cause="Ben decided to go back.", result=kept)
    client = sign_in(viewer)
    assert rows(client, torn)["result"] == kept
    Deployment.objects.filter(pk=torn.pk).update(result="web-2 went back.")
    assert rows(client, torn)["result"] == "web-2 went back."


def test_home_names_the_servers_of_which_nobody_can_tell(torn, viewer, sign_in):
    """Beside the version that is live elsewhere."""
    client = sign_in(viewer)
    assert "Nobody can tell yet: web-1<" in home(client)
    Deployment.objects.filter(pk=torn.pk).update(status="failed")
    assert "Nobody can tell yet" not in home(client)


def test_where_nobody_works_nobody_is_promised(torn, viewer, sign_in):
    """“Another worker takes over” would be untrue beside “No worker is running”."""
    gone = timezone.now() - timezone.timedelta(seconds=1)
    Deployment.objects.filter(pk=torn.pk).update(status="running", lease_until=gone, owner="x:1")
    client = sign_in(viewer)
    assert rows(client, torn)["words"] == "The worker was lost - it goes on when one is there"
    assert "another one takes over" not in home(client)
    Deployment.objects.filter(pk=torn.pk).update(owner="")
    assert rows(client, torn)["step"] == "In line: it goes on when a worker is there."


@pytest.mark.parametrize(("changes", "step"), [
    ({"stop_requested_by_name": "Anna", "switching_at": None},
     "Anna asked to stop; the next worker does it."),
    ({"decision": "put_back", "decided_by_name": "Ben"},
     "Ben wants it back to v2.0; the next worker does it."),
])
def test_what_was_asked_of_a_lost_worker_stays_visible(torn, viewer, sign_in, changes, step):
    """It is kept for the next one."""
    gone = timezone.now() - timezone.timedelta(seconds=1)
    Deployment.objects.filter(pk=torn.pk).update(
        status="running", lease_until=gone, owner="x:1", **changes)
    assert rows(sign_in(viewer), torn)["step"] == step


def test_a_stop_stays_visible_when_the_worker_handed_it_over(torn, viewer, sign_in, at_work):
    """Nobody has done it yet."""
    Deployment.objects.filter(pk=torn.pk).update(
        status="running", lease_until=timezone.now(), owner="", switching_at=None,
        stop_requested_by_name="Anna")
    assert rows(sign_in(viewer), torn)["step"] == (
        "Anna asked to stop. In line: another worker takes it over in a moment.")


@pytest.fixture
def built(production, viewer):
    """The page was opened while its version was built."""
    factories.make_installation(production, server=factories.make_server("web-3"))
    Environment.objects.filter(pk=production.pk).update(canary_servers=1)
    production.refresh_from_db()
    return factories.make_deployment(production, status="running")


def test_plan_content_and_waves_come_with_the_news(built, viewer, sign_in):
    """They are not known before the version is built."""
    plan, plan_hash = built.plan, built.plan_hash
    Deployment.objects.update(plan={}, plan_hash="", status="waiting_for_build")
    type(built.release).objects.update(digest="")
    client = sign_in(viewer)
    news = rows(client, built)
    assert [news["waves"], news["content"], news["plan"], news["targets"][0]["wave"]] == [""] * 4
    page = text_of(client.get(f"/admin/progress/{built.pk}/"))
    for name in ("waves", "content", "plan", "wave"):
        assert f'data-part="{name}" hidden>' in page
    Deployment.objects.update(plan=plan, plan_hash=plan_hash, status="running")
    type(built.release).objects.update(digest="d" * 64)
    news = rows(client, built)
    assert news["waves"] == "First web-1 alone, then web-2 and web-3."
    assert (news["content"], news["plan"]) == ("d" * 12, plan_hash[:12])
    assert news["targets"][0]["wave"] == "Wave 1"


def test_a_server_that_got_its_copy_but_not_its_turn_says_so(built, viewer, sign_in):
    """The first wave failed: the others were prepared, and then left alone."""
    Deployment.objects.update(status="failed", switching_at=timezone.now())
    built.targets.update(status="skipped", step="arm")
    client = sign_in(viewer)
    assert words(rows(client, built), 1) == ["Done", "Done"] + ["Not touched"] * 3
    built.targets.update(step="inspect")
    assert words(rows(client, built), 1) == ["Done"] + ["Not touched"] * 4


def test_who_gets_the_new_version_already_is_named(built, viewer, sign_in):
    """In a pause between waves it is not everybody."""
    client = sign_in(viewer)
    for status, told in (("prepared", "the switch has begun."),
                         ("proved", "visitors of web-1 get the new version already.")):
        Deployment.objects.update(switching_at=timezone.now())
        built.targets.filter(server_name="web-1").update(status=status)
        assert rows(client, built)["labels"]["too_late"] == f"Too late to stop: {told}"
    built.targets.update(status="switched")
    assert rows(client, built)["labels"]["too_late"] == (
        "Too late to stop: visitors get the new version already.")


def test_commands_that_follow_the_check_are_announced(built, viewer, sign_in):
    """“Tidying up” comes after them."""
    built.targets.update(status="proved", step="prove")
    Deployment.objects.update(plan=built.plan | {"after": [{"command": "bin/warm"}]})
    assert rows(sign_in(viewer), built)["step"] == (
        "Every server is checked; the project's commands follow.")


def test_who_waits_is_led_to_what_is_in_front(production, shop, releaser, approver, sign_in):
    """And reads who decides about it; one's own release is called so."""
    first = factories.make_deployment(
        production, status="needs_attention", requested_by=releaser,
        release=factories.make_release(shop, label="v2.2"))
    row = factories.make_deployment(production, status="waiting_turn", requested_by=releaser)
    news = rows(sign_in(releaser), row)
    assert news["step"] == (
        "Your release of v2.2 needs a decision from approver; this one is next.")
    assert (news["see"], news["links"]["see"]) == ("See v2.2", f"/admin/progress/{first.pk}/")


def test_turning_back_what_has_ended_leads_to_going_back(production, releaser, sign_in):
    """It came a moment too late."""
    _, row = (factories.make_deployment(production) for _ in range(2))
    page = text_of(sign_in(releaser).post(f"/admin/progress/{row.pk}/turn-back/"))
    assert "<strong>This has ended already.</strong> Go back instead." in page


def test_the_button_and_the_page_it_leads_to_name_the_same_version(
        production, shop, releaser, sign_in):
    """While it runs and afterwards, whatever was built last, and whatever waits behind it."""
    Project.objects.filter(pk=shop.pk).update(when_busy=Project.WAIT)
    old, new = (factories.make_release(shop, label=label) for label in ("v2.1", "v2.3"))
    factories.make_deployment(production, release=new)
    row = factories.make_deployment(production, release=old, status="running", previous=new)
    client = sign_in(releaser)
    assert rows(client, row)["labels"]["go_back"] == "Go back to v2.3"
    Deployment.objects.filter(pk=row.pk).update(status="succeeded", finished_at=timezone.now())
    factories.make_deployment(production, status="waiting_turn",
                              release=factories.make_release(shop, label="v2.4"))
    news = rows(client, row)
    assert (news["labels"]["go_back"], news["offers"]["go_back"]) == ("Go back to v2.3", True)
    assert news["links"]["go_back"] == f"/admin/go-back/shop/production/?version={new.name}"
    page = text_of(client.get(news["links"]["go_back"]))
    assert f'<option value="{new.name}" selected>' in page


def test_going_back_in_line_may_lead_to_what_is_live_now(production, shop, releaser, sign_in):
    """Two versions are in front: the list holds what visitors see, and proposes it."""
    Project.objects.filter(pk=shop.pk).update(when_busy=Project.WAIT)
    first, live, running, last = (
        factories.make_release(shop, label=label) for label in ("v2.0", "v2.1", "v2.2", "v2.3"))
    for release in (first, live):
        factories.make_deployment(production, release=release)
    factories.make_deployment(production, release=running, status="running")
    factories.make_deployment(production, release=last, status="waiting_turn")
    page = text_of(sign_in(releaser).get("/admin/go-back/shop/production/"))
    assert f'<option value="{live.name}" selected>v2.1' in page
    assert f'<option value="{first.name}">v2.0' in page
    assert f'value="{last.name}"' not in page
    assert ", which comes first, back to <span class=\"version\">v2.1</span>" in page


def test_a_double_click_goes_back_once_in_line_too(production, shop, releaser, sign_in):
    """By then the first click is what comes first."""
    Project.objects.filter(pk=shop.pk).update(when_busy=Project.WAIT)
    for _ in range(2):
        factories.make_deployment(production)
    factories.make_deployment(production, status="running")
    client, path = sign_in(releaser), "/admin/go-back/shop/production/"
    release = Deployment.objects.filter(status="succeeded").latest("pk").release
    form = {"version": release.name, "request_key": "a" * 32}
    answers = [client.post(path, form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert Deployment.objects.filter(kind="rollback").count() == 1


def test_an_administrator_is_told_what_to_do_not_whom_to_ask(production, admin, sign_in):
    """There may be no other one."""
    factories.make_grant(admin, "look", project=production.project)
    page = home(sign_in(admin))
    assert '<a href="/admin/deployments/grant/add/">an allowlist entry</a>' in page
    assert "Ask an administrator" not in page


def test_an_administrator_without_entries_is_led_to_the_allowlist(production, admin, sign_in):
    """Whoever sets everything up may still release nothing."""
    page = home(sign_in(admin))
    assert '<a href="/admin/deployments/grant/add/">' in page
    assert "Ask an administrator" not in page
