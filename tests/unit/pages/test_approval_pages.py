"""Approvals: what waits for whom, what exactly is agreed to, yes and no."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from deployments.models import Account, CheckPage, Deployment, Notice
from tests import factories
from tests.unit.pages.test_release_pages import form_of, text_of


@pytest.fixture
def waiting(production, approval_rule, releaser):
    return factories.make_deployment(
        production, status="awaiting_approval", requested_by=releaser, reason="VAT fix")


@pytest.fixture
def page(waiting):
    return f"/admin/approvals/{waiting.pk}/"


def test_the_inbox_knows_whose_turn_it_is(waiting, approver, releaser, sign_in):
    """The approver finds it under Waiting for you, the requester under You asked."""
    theirs, own = (text_of(sign_in(person).get("/admin/approvals/"))
                   for person in (approver, releaser))
    asked = text_of(sign_in(releaser).get("/admin/approvals/?tab=asked"))
    assert "Waiting for you (1)" in theirs
    assert "VAT fix" in theirs
    assert "Waiting for you (0)" in own
    assert "Nothing waits for you." in own
    assert "You asked (1)" in own
    assert "You asked for this, so somebody else must approve." in asked


def test_the_page_shows_what_exactly_would_be_released(waiting, page, approver, sign_in):
    """Version, commit, content digest, requester, reason, what they ticked, and the plan."""
    Deployment.objects.filter(pk=waiting.pk).update(checklist=["Customer support knows"])
    answer = text_of(sign_in(approver).get(page))
    for part in (waiting.release.title, waiting.release.commit_sha, waiting.release.digest,
                 "releaser", "VAT fix", "Customer support knows", waiting.plan_hash[:12],
                 "web-1, web-2"):
        assert part in answer
    assert form_of(sign_in(approver).get(page))["plan_hash"] == waiting.plan_hash


def test_settings_that_differ_from_what_is_live_are_named(
        production, approval_rule, releaser, approver, sign_in):
    """Not only commits change: a new check page is said too."""
    factories.make_deployment(production)
    CheckPage.objects.create(project=production.project, path="/cart")
    new = factories.make_deployment(production, status="awaiting_approval",
                                    requested_by=releaser)
    answer = text_of(sign_in(approver).get(f"/admin/approvals/{new.pk}/"))
    assert "Also different" in answer
    assert "check pages" in answer


def test_making_php_reload_is_no_difference(production, approval_rule, releaser, approver, sign_in):
    """It copies nothing, so its plan has no folders; the release before it counts."""
    project = production.project
    project.shared_folders = "uploads"
    project.save()
    live = factories.make_deployment(production)
    factories.make_deployment(production, release=live.release, kind="reload")
    new = factories.make_deployment(production, status="awaiting_approval",
                                    requested_by=releaser)
    answer = text_of(sign_in(approver).get(f"/admin/approvals/{new.pk}/"))
    assert "Also different" not in answer


def test_the_approver_reads_what_will_be_done(production, approval_rule, releaser, approver,
                                              sign_in):
    """A command before the switch is what somebody says yes to."""
    production.project.server_commands.create(command="php migrate.php", moment="before")
    new = factories.make_deployment(production, status="awaiting_approval",
                                    requested_by=releaser)
    answer = text_of(sign_in(approver).get(f"/admin/approvals/{new.pk}/"))
    assert "Command before the switch on every server: php migrate.php" in answer


def test_the_approver_reads_what_visitors_will_notice(waiting, page, approver, sign_in):
    """Whoever agrees to errors must know of them."""
    waiting.environment.installations.filter(server__name="web-2").update(strategy="fpm-restart")
    assert "On web-2 visitors may see errors for a few seconds" in text_of(
        sign_in(approver).get(page))


def test_an_old_request_still_names_what_was_live_then(production, approver, releaser, sign_in):
    """And says how it ended."""
    before = factories.make_release(production.project, label="2.8.1")
    new = factories.make_release(production.project, label="2.9.0")
    done = factories.make_deployment(production, release=new, previous=before,
                                     requested_by=releaser)
    Deployment.objects.filter(pk=done.pk).update(status="voided", result="Check pages changed.")
    factories.make_deployment(production, release=new)
    answer = text_of(sign_in(approver).get(f"/admin/approvals/{done.pk}/"))
    assert re.search(r"2\.9\.0.{0,90}instead of.{0,90}2\.8\.1", answer)
    assert "Check pages changed." in answer


def test_a_comment_is_one_line_of_visible_text(waiting, page, approver, sign_in):
    """Nothing that turns or breaks the pages that show it, and no more than a comment."""
    client = sign_in(approver)
    client.post(page, form_of(client.get(page)) | {
        "answer": "reject", "comment": "no\u202e\x1b[31m\x07\nnot now " + "x" * 3000})
    waiting.refresh_from_db()
    assert waiting.status == "rejected"
    assert "no[31m not now xxx" in waiting.result
    assert len(waiting.result) < 600


def test_a_yes_puts_it_into_the_line(waiting, page, approver, sign_in, queued):
    """Bound to the plan on the page; then the progress page."""
    client = sign_in(approver)
    answer = client.post(page, form_of(client.get(page)) | {"answer": "approve"})
    waiting.refresh_from_db()
    assert (answer.status_code, waiting.status) == (303, "queued")
    assert answer["Location"] == f"/admin/progress/{waiting.pk}/"
    assert queued() == [("deployments.tasks.run_deployment", waiting.pk)]


def test_a_no_needs_a_reason_and_ends_it(waiting, page, approver, sign_in, assert_refused):
    """Without words it is refused and everything stays; with them it is over."""
    client = sign_in(approver)
    fields = form_of(client.get(page)) | {"answer": "reject"}
    kept = list(Deployment.objects.values())
    assert_refused(client.post(page, fields), "Saying no needs a reason.", status=409,
                   action="deployment.rejected", rows=kept)
    answer = client.post(page, fields | {"comment": "Not on a Friday"})
    waiting.refresh_from_db()
    assert (answer.status_code, waiting.status) == (303, "rejected")
    assert "You said no" in text_of(client.get(answer["Location"]))


def test_an_answer_to_an_old_page_does_not_count(
        waiting, page, approver, sign_in, assert_refused):
    """The hash in the form is not the plan's: refused, and the comment is still there."""
    kept = list(Deployment.objects.values())
    answer = sign_in(approver).post(
        page, {"answer": "approve", "plan_hash": "0" * 64, "comment": "looks fine"})
    assert_refused(answer, "The page you answered from was not the current one.", status=409,
                   action="deployment.approved", rows=kept)
    assert "looks fine" in text_of(answer)


def test_what_changed_after_it_was_asked_for_is_cancelled(
        production, waiting, page, approver, sign_in):
    """A setting moved between reading and answering: nothing is released."""
    client = sign_in(approver)
    fields = form_of(client.get(page))
    CheckPage.objects.create(project=production.project, path="/cart")
    answer = client.post(page, fields | {"answer": "approve"})
    waiting.refresh_from_db()
    assert (answer.status_code, waiting.status) == (409, "voided")
    assert "cancelled: it changed after it was asked for" in text_of(answer)


@pytest.mark.parametrize(("name", "reason"), [
    ("releaser", "You asked for this, so somebody else must approve."),
    ("viewer", "You are not one of the approvers of this environment."),
])
def test_nobody_else_can_answer(
        waiting, page, name, reason, request, sign_in, assert_refused):
    """The page says why and shows no button; a form sent anyway is refused."""
    client, kept = sign_in(request.getfixturevalue(name)), list(Deployment.objects.values())
    shown = text_of(client.get(page))
    assert reason in shown
    assert "What was asked for" in shown
    assert "Approve and release" not in shown
    answer = client.post(page, {"answer": "approve", "plan_hash": waiting.plan_hash})
    assert_refused(answer, reason, action="deployment.approved", rows=kept)


def test_the_page_says_who_counts_for_which_rule(waiting, page, approver, shop, sign_in):
    """Each person under one rule, and who is still missing where."""
    mia = factories.make_user("mia", shop, "look", "approve")
    rule = factories.make_rule(waiting.environment, approver, mia, people_needed=2)
    rule.name = "Shop leads"
    rule.save()
    client = sign_in(approver)
    client.post(page, form_of(client.get(page)) | {"answer": "approve", "comment": "Fine"})
    shown = text_of(client.get(page))
    assert "Counted here: approver." in shown
    assert "Shop leads: 2 people must agree" in shown
    assert "2 still missing. Could agree: mia." in shown
    assert "You answered this already." in shown


def test_the_page_says_which_mail_went_to_whom(waiting, page, approver, viewer, sign_in):
    """Sent, given up, or never written because there is no address."""
    Deployment.objects.update(approval_until=timezone.now() + timedelta(hours=5))
    assert "No mail was sent: this account has no address." in text_of(sign_in(viewer).get(page))
    type(approver).objects.filter(pk=approver.pk).update(email="ben@shop.example")
    notice = Notice.objects.create(
        event="approval.asked", address="ben@shop.example", deployment=waiting, subject="Asked",
        text="", status="given_up", problem="The mail server said no.")
    shown = text_of(sign_in(viewer).get(page))
    assert "ben@shop.example was not told. The mail server said no." in shown
    Notice.objects.filter(pk=notice.pk).update(
        status="sent", problem="", sent_at=timezone.now(), event="approval.reminded")
    assert "Reminder: Told ben@shop.example at" in text_of(sign_in(viewer).get(page))


def test_it_can_be_left_to_the_requester_to_start(
        waiting, page, approver, releaser, sign_in, queued):
    """Approved, then started on the same page, or on the progress page."""
    client = sign_in(approver)
    client.post(page, form_of(client.get(page)) | {"answer": "approve_by_hand"})
    waiting.refresh_from_db()
    assert waiting.status == "approved"
    assert "Start 1." not in text_of(client.get(page))
    own = sign_in(releaser)
    assert "It waits to be started" in text_of(own.get(page))
    assert "Start it when you are ready." in text_of(own.get("/admin/approvals/?tab=asked"))
    progress = own.get(f"/admin/progress/{waiting.pk}/")
    assert "releaser, or whoever may release here, starts it." in text_of(progress)
    assert progress.context["offers"]["start"]
    answer = own.post(f"{page}start/")
    waiting.refresh_from_db()
    assert (answer.status_code, waiting.status) == (303, "queued")
    assert queued()[-1] == ("deployments.tasks.run_deployment", waiting.pk)


def test_only_who_may_release_starts_what_is_approved(
        waiting, page, approver, sign_in, assert_refused):
    """The button is not there, and a form sent anyway is refused."""
    client = sign_in(approver)
    client.post(page, form_of(client.get(page)) | {"answer": "approve_by_hand"})
    kept = list(Deployment.objects.values())
    assert_refused(client.post(f"{page}start/"), "You may not release Shop", rows=kept,
                   action="deployment.start_requested")


def test_a_yes_is_taken_back_on_the_page(waiting, page, approver, viewer, sign_in, assert_refused):
    """It waits again; the yes and its end both stand there. Who gave none cannot."""
    client = sign_in(approver)
    client.post(page, form_of(client.get(page)) | {"answer": "approve_by_hand"})
    assert "Take my yes back" in text_of(client.get(page))
    assert_refused(sign_in(viewer).post(f"{page}withdraw/"), "You have not said yes to this.",
                   action="approval.withdrawn")
    client.post(f"{page}withdraw/", {"comment": "Wrong version"})
    waiting.refresh_from_db()
    assert waiting.status == "awaiting_approval"
    shown = text_of(client.get(page))
    assert "Took the yes back" in shown
    assert "Wrong version" in shown
    assert "What you approve" in shown
    assert "Approve and release" in shown


def test_what_is_planned_says_when_before_anybody_agrees(waiting, page, approver, sign_in):
    """On the page, its button and the list: a yes to tonight is no yes to now."""
    tenth = datetime(2030, 12, 10, 10, tzinfo=UTC)
    Deployment.objects.update(planned_for=tenth, start_until=tenth + timedelta(hours=1))
    client, words = sign_in(approver), "lanned for Tue 10 Dec, 10:00, at the latest 11:00 (UTC)"
    shown = text_of(client.get(page))
    assert f"P{words}" in shown
    assert "Approve for 10 Dec, 10:00" in shown
    assert "Approve and release" not in shown
    assert f"p{words}" in text_of(client.get("/admin/approvals/"))


def test_every_tab_of_the_inbox_opens(waiting, approver, sign_in):
    """With its own rows, and words where there are none; another name is the first one."""
    client = sign_in(approver)
    for tab, words in (("waiting", "VAT fix"), ("asked", "You wait for nobody."),
                       ("done", "No request has been answered yet."),
                       ("review", "No emergency waits for a second look."), ("x", "VAT fix")):
        assert words in text_of(client.get(f"/admin/approvals/?tab={tab}"))


def test_home_says_where_nobody_could_approve(production, approval_rule, releaser, approver,
                                              sign_in):
    """Before anybody waits in vain for a yes that cannot come."""
    assert "Nobody can approve" not in text_of(sign_in(releaser).get("/admin/"))
    approver.grants.filter(action="approve").delete()
    page = sign_in(releaser).get("/admin/")
    assert ("Nobody can approve Shop (Production) releases. Ask an administrator to name another "
            "approver.") in text_of(page)
    assert "#approval_rules-group" not in page.text


def test_home_says_why_nobody_could_approve_today_and_until_when(
        production, approval_rule, approver, sign_in):
    """To whoever is named as approver, too, whose yes does not count yet."""
    until = timezone.now() + timedelta(hours=24)
    Account.objects.update_or_create(user=approver, defaults={"approvals_void_until": until})
    text = text_of(sign_in(approver).get("/admin/"))
    assert "Nobody can approve Shop (Production) releases. approver can agree from" in text
    assert "the password was just set by a link" in text
