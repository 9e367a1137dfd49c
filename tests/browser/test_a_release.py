"""People at work: approving, deciding, watching."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from deployments.models import Deployment, LogLine, WorkerCluster
from deployments.services import turns
from tests import factories
from tests.error_sentences import says

from .hands import Keyboard
from .scene import NASTY, show_life

CONFIRM = "/admin/release/webshop/staging/confirm/?version=main"


def test_the_approver_approves_what_was_asked(scene, visit):
    """Ben finds it on his home page, reads what exactly, and says yes."""
    tab = visit(scene["ben"])
    tab.get_by_role("link", name="Anna Berg asks to release Webshop 2.9.0").click()
    tab.get_by_text("Commit and hash").click()
    expect(tab.get_by_text(scene["waiting"].release.digest)).to_be_visible()
    tab.get_by_role("button", name="Approve and release").click()
    tab.wait_for_url(f"**/progress/{scene['waiting'].pk}/")
    scene["waiting"].refresh_from_db()
    assert scene["waiting"].status == "queued"


def test_saying_no_without_a_reason_keeps_the_page(scene, visit):
    """The refusal is announced, and the answer can be given again."""
    tab = visit(scene["ben"], f"/admin/approvals/{scene['waiting'].pk}/")
    tab.get_by_role("button", name="Say no").click()
    expect(tab.get_by_role("alert")).to_contain_text("Saying no needs a reason.")
    tab.get_by_label("Comment").fill("Not on a Friday")
    tab.get_by_role("button", name="Say no").click()
    tab.wait_for_url("**/approvals/")
    scene["waiting"].refresh_from_db()
    assert scene["waiting"].status == "rejected"


def test_approving_needs_no_mouse(scene, visit):
    """The same for the person who agrees."""
    tab = visit(scene["ben"], f"/admin/approvals/{scene['waiting'].pk}/")
    Keyboard(tab).press("Approve and release")
    tab.wait_for_url("**/progress/*/")
    scene["waiting"].refresh_from_db()
    assert scene["waiting"].status == "queued"


def test_progress_moves_by_itself_to_its_end(scene, visit):
    """Lines, cells, sentence and buttons follow the rows; then the page stops asking."""
    running = scene["running"]
    tab = visit(scene["anna"], f"/admin/progress/{running.pk}/")
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    assert tab.get_by_role("button", name="Stop this release").is_visible()
    LogLine.objects.create(deployment=running, number=50, at=timezone.now(),
                           server_name="web-1", text=f"a line {NASTY}")
    tab.get_by_text(f"a line {NASTY}").wait_for()
    running.targets.update(status="proved", step="prove", switched_at=timezone.now())
    Deployment.objects.filter(pk=running.pk).update(
        status="succeeded", finished_at=timezone.now(), result="Shop API 3.1.0 is live.")
    tab.get_by_text("Shop API 3.1.0 is live.").wait_for()
    expect(tab.get_by_role("status").filter(has_text="Live and checked")).to_be_visible()
    expect(tab.get_by_role("row", name="web-1").get_by_text("Done")).to_have_count(5)
    expect(tab.get_by_role("button", name="Stop this release")).to_be_hidden()
    expect(tab).to_have_title(re.compile("^Live and checked"))
    asked.clear()
    tab.wait_for_timeout(2500)
    assert asked == []
    assert tab.complaints == []


def test_what_is_known_only_after_the_build_arrives_by_itself(scene, visit):
    """Waves, content and plan, on a page that was opened before."""
    row = scene["waves"]
    plan, plan_hash = row.plan, row.plan_hash
    Deployment.objects.filter(pk=row.pk).update(plan={}, plan_hash="", status="waiting_for_build")
    type(row.release).objects.filter(pk=row.release_id).update(digest="")
    tab = visit(scene["anna"], f"/admin/progress/{row.pk}/")
    for words in ("Waves:", ", content", ", plan"):
        assert not tab.get_by_text(words).last.is_visible()
    Deployment.objects.filter(pk=row.pk).update(
        plan=plan, plan_hash=plan_hash, status="running")
    type(row.release).objects.filter(pk=row.release_id).update(digest="d" * 64)
    tab.get_by_text("Waves: First web-5 alone, then web-6 and web-7, 600 s in between.").wait_for()
    expect(tab.get_by_text("dddddddddddd")).to_be_visible()
    expect(tab.get_by_text(plan_hash[:12])).to_be_visible()
    expect(tab.get_by_role("row", name="web-6").get_by_text("Wave 2")).to_be_visible()
    assert tab.complaints == []


def test_a_lost_connection_is_said_and_found_again(scene, visit):
    """The release keeps running, and the page says so instead of standing still."""
    tab = visit(scene["anna"], f"/admin/progress/{scene['running'].pk}/")
    tab.route("**/rows/**", lambda route: route.abort())
    lost = tab.get_by_text("Lost the connection to Release manager.")
    lost.wait_for(timeout=15000)
    says("connection lost", lost.inner_text())
    tab.unroute("**/rows/**")
    lost.wait_for(state="hidden", timeout=20000)


def test_a_decision_is_one_click(scene, visit):
    """Ben finishes what stopped half way."""
    tab = visit(scene["ben"], f"/admin/progress/{scene['torn'].pk}/")
    assert tab.get_by_role("button", name="Put all back to 1.4.0").is_visible()
    tab.get_by_role("button", name="Finish: put 1.5.0 live on web-4").click()
    tab.get_by_text("Ben Okafor decided to finish. In line.").wait_for()
    scene["torn"].refresh_from_db()
    assert scene["torn"].decision == "finish"


def test_what_is_switched_is_turned_back_by_one_click(scene, visit):
    """The button comes with the switch, without loading the page, and says where it leads."""
    running = scene["running"]
    tab = visit(scene["anna"], f"/admin/progress/{running.pk}/")
    Deployment.objects.filter(pk=running.pk).update(switching_at=timezone.now())
    running.targets.update(status="switched", step="cohere", switched_at=timezone.now())
    button = tab.get_by_role("button", name="Go back to 3.0.9 now")
    button.wait_for()
    expect(tab.get_by_text("Too late to stop")).to_be_visible()
    expect(tab.get_by_role("button", name="Stop this release")).to_be_hidden()
    button.click()
    tab.get_by_text("Anna Berg wants it back to 3.0.9; it turns at the next step.").wait_for()
    expect(tab.get_by_role("status").filter(has_text="Going back to 3.0.9")).to_be_visible()
    expect(button).to_be_hidden()


def test_a_second_release_waits_in_line_and_has_its_turn(scene, visit):
    """Anna stands in line behind Ben, who has his turn when what is on its way has ended."""
    version = scene["waves"].release.name
    tab = visit(scene["anna"], f"/admin/release/forum/production/confirm/?version={version}")
    tab.get_by_role("button", name="Wait in line").click()
    tab.get_by_text("Your release of 5.1 is on its way; this one is second in line.").wait_for()
    expect(tab.get_by_role("link", name="See 5.1")).to_be_visible()
    turns.end_unstarted(scene["in_line"], "cancelled", "Ben thought better of it.")
    tab.get_by_text("this one is next.").wait_for()
    Deployment.objects.filter(pk=scene["waves"].pk).update(
        status="succeeded", finished_at=timezone.now())
    turns.give_turns()
    tab.get_by_role("status").filter(has_text="In line").wait_for()


def test_nobody_at_work_is_said_and_taken_back(scene, visit):
    """When the last worker stops, and when one starts again; without loading the page."""
    tab = visit(scene["anna"], f"/admin/progress/{scene['running'].pk}/")
    notice = tab.get_by_text("No worker is running")
    assert not notice.is_visible()
    WorkerCluster.objects.all().delete()
    notice.wait_for()
    show_life()
    notice.wait_for(state="hidden")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_person_can_choose_a_theme_of_their_own(scene, visit, scheme):
    """The choice wins over the system's, and stays on the next page."""
    tab = visit(scene["anna"], color_scheme=scheme)
    colour = "getComputedStyle(document.body).backgroundColor"
    as_the_system = tab.evaluate(colour)
    tab.get_by_text("Anna Berg", exact=True).first.click()
    tab.get_by_role("button", name="Theme: as the system").click()
    tab.goto("/admin/history/")
    assert tab.evaluate(colour) != as_the_system


def test_the_project_page_of_a_new_installation_is_empty_in_words(transactional_db, visit):
    """Without rows nobody sees an empty table."""
    admin = factories.make_user("first", is_staff=True, is_superuser=True)
    assert visit(admin).get_by_text("No projects yet.").is_visible()


def test_an_ended_session_is_said_and_leads_to_signing_in(scene, visit):
    """No “lost connection” for somebody who was signed out: the way back in is on the page."""
    tab = visit(scene["anna"], f"/admin/progress/{scene['running'].pk}/")
    tab.context.clear_cookies()
    link = tab.get_by_role("link", name="Sign in to keep watching")
    link.wait_for()
    says("expired session", tab.get_by_role("alert").filter(has=link).inner_text())
    link.click()
    tab.get_by_role("heading", name="Sign in").wait_for()
    assert f"progress/{scene['running'].pk}/" in tab.url


def test_the_log_is_followed_until_somebody_scrolls_up(scene, visit):
    """New lines pull the log along only while Follow is on."""
    running = scene["running"]
    tab = visit(scene["anna"], f"/admin/progress/{running.pk}/")
    follow, log = tab.get_by_label("Follow"), tab.locator(".log")
    assert follow.is_checked()
    LogLine.objects.bulk_create(
        LogLine(deployment=running, number=number, at=timezone.now(), text=f"line {number}")
        for number in range(50, 120))
    tab.get_by_text("line 119").wait_for()
    assert log.evaluate("e => e.scrollHeight - e.scrollTop - e.clientHeight") < 40
    log.evaluate("e => { e.scrollTop = 0; }")
    expect(follow).not_to_be_checked()
    LogLine.objects.create(deployment=running, number=120, at=timezone.now(), text="line 120")
    tab.get_by_text("line 120").wait_for()
    assert log.evaluate("e => e.scrollTop") == 0
    follow.check()
    assert log.evaluate("e => e.scrollHeight - e.scrollTop - e.clientHeight") < 40
