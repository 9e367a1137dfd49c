"""Choosing a version, reading what it changes, and releasing it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import Account, Deployment
from tests import factories

START = "/admin/release/shop/staging/"
REVIEW, RULES, CONFIRM = (f"{START}{step}/" for step in ("review", "rules", "confirm"))
NASTY = "</li><script>alert(1)</script>"


@pytest.fixture
def commits(shop):
    return factories.make_commits(shop, "Start", "Middle", f"Newest {NASTY}")


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def form_of(answer):
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text_of(answer)))


def test_the_page_offers_ready_versions_names_and_commits(
        staging, ready, commits, releaser, sign_in):
    """Stored versions, branches that must be built, and single changes are all there."""
    answer = text_of(sign_in(releaser).get(START))
    assert f'value="{ready.name}"' in answer
    assert 'value="main"' in answer
    assert f'value="{commits[0].sha}"' in answer


def marked(answer):
    return re.findall(r'value="([^"]+)" checked', text_of(answer))


def test_the_version_that_is_marked_is_newer_than_the_live_one(
        shop, staging, ready, commits, releaser, sign_in):
    """A built one, else a branch; never the live one, nor what somebody went back from."""
    client = sign_in(releaser)
    assert marked(client.get(START)) == [ready.name]
    factories.make_deployment(staging, release=ready)
    assert marked(client.get(START)) == ["main"]
    newest = factories.make_release(shop, label="3.0", commit_sha=commits[2].sha)
    assert marked(client.get(START)) == [newest.name]
    assert marked(client.get(f"{START}?version={ready.name}")) == [ready.name]
    factories.make_deployment(staging, release=newest)
    assert marked(client.get(START)) == []
    factories.make_deployment(staging, release=ready, kind="rollback")
    answer = client.get(START)
    assert marked(answer) == []
    assert "Nothing is chosen yet: what is newer than 2.0 was live here before" in text_of(answer)


def test_opening_the_page_has_an_old_list_read_again(shop, staging, releaser, sign_in, queued):
    """A list older than five minutes is read again, and the page says so."""
    answer = text_of(sign_in(releaser).get(START))
    assert queued() == [("deployments.tasks.read_source", shop.pk)]
    assert "It is being read again now" in answer


def test_a_fresh_list_is_not_read_again_and_shows_its_age(
        shop, staging, releaser, sign_in, queued):
    """The age of the list stands on the page."""
    shop.source_read_at = timezone.now()
    shop.save()
    answer = text_of(sign_in(releaser).get(START))
    assert queued() == []
    assert "List of versions read just now" in answer


def test_a_version_from_before_the_project_was_changed_says_so_and_can_be_built_anew(
        shop, staging, ready, commits, releaser, sign_in):
    """It goes live as it was; its branch is offered again, and is built first."""
    client = sign_in(releaser)
    shop.shared_files = ".env"
    shop.save()
    answer = text_of(client.get(f"{RULES}?version={ready.name}"))
    assert "2.0 was built before the build or the shared paths were changed" in answer
    assert "choose its branch or tag" in answer
    assert f'value="{commits[1].sha}"' in text_of(client.get(START))
    assert "is not built yet: it will be built first" in text_of(
        client.get(f"{RULES}?version={commits[1].sha}"))


def test_reviewing_shows_changes_since_live_and_every_rule(
        staging, ready, commits, releaser, sign_in):
    """Commits between live and chosen, and each rule with its reason from policy."""
    old = factories.make_release(staging.project, commit_sha=commits[0].sha)
    factories.make_deployment(staging, release=old)
    client = sign_in(releaser)
    answer = text_of(client.get(REVIEW, {"version": ready.name}))
    assert "What changes (1)" in answer
    assert "Middle" in answer
    answer = text_of(client.get(RULES, {"version": ready.name}))
    for rule in ("You may release Shop (Staging)", "Nobody else is releasing here now",
                 "It goes to web-1", "2.0 is built and stored", "Nobody else needs to approve"):
        assert rule in answer
    answer = text_of(client.get(CONFIRM, {"version": ready.name}))
    assert "web-1: /srv/shop-staging" in answer  # the plan's own line


def test_a_version_that_is_not_built_says_that_it_will_be(staging, commits, releaser, sign_in):
    """Without a build there is no plan yet; the page says what comes first."""
    client = sign_in(releaser)
    answer = text_of(client.get(RULES, {"version": "main"}))
    assert "main is not built yet: it will be built first." in answer
    answer = text_of(client.get(CONFIRM, {"version": "main"}))
    assert "What exactly will be done is fixed when the version is built" in answer


def test_a_commit_that_is_built_is_not_built_again(staging, ready, commits, releaser, sign_in):
    """Typing the commit of a stored version chooses that version."""
    answer = text_of(sign_in(releaser).get(RULES, {"version": "", "other": commits[1].sha}))
    assert "2.0 is built and stored." in answer
    assert f'name="version" value="{ready.name}"' in answer


def test_a_release_in_the_way_can_be_watched(staging, ready, releaser, sign_in):
    """Somebody else is releasing: the page leads to it instead of only refusing."""
    running = factories.make_deployment(staging, status="running")
    answer = text_of(sign_in(releaser).get(RULES, {"version": ready.name}))
    assert f'href="/admin/progress/{running.pk}/">Watch it</a>' in answer


def test_an_older_version_is_called_going_back_in_time(
        staging, commits, ready, releaser, sign_in):
    """What would disappear is counted and listed."""
    newest = factories.make_release(staging.project, commit_sha=commits[2].sha)
    factories.make_deployment(staging, release=newest)
    answer = text_of(sign_in(releaser).get(REVIEW, {"version": ready.name}))
    assert "This goes back in time: 1 change that is live now is not in 2.0" in answer


def test_the_same_code_is_not_called_older(staging, commits, ready, releaser, sign_in):
    """A second build of the live commit, or a tag that names what was adopted."""
    factories.make_deployment(staging, kind="adopted", release=factories.make_release(
        staging.project, commit_sha=ready.commit_sha))
    answer = text_of(sign_in(releaser).get(START))
    assert ("The same code as is live." in answer, "Older than live" in answer) == (True, False)


def test_commit_subjects_and_names_are_only_text(staging, commits, releaser, sign_in):
    """Nothing from the repository becomes markup."""
    for answer in (sign_in(releaser).get(START),
                   sign_in(releaser).get(REVIEW, {"version": "main"})):
        assert NASTY not in answer.content.decode()
        assert "&lt;script&gt;alert(1)" in answer.content.decode()


def test_releasing_a_ready_version_leads_to_its_progress(staging, ready, releaser, sign_in, queued):
    """One POST: one deployment in line, one message, 303 to the page that watches it."""
    client = sign_in(releaser)
    fields = form_of(client.get(CONFIRM, {"version": ready.name}))
    answer = client.post(CONFIRM, fields | {"reason": "VAT fix"})
    deployment = Deployment.objects.get()
    assert answer.status_code == 303
    assert answer["Location"] == f"/admin/progress/{deployment.pk}/"
    assert (deployment.release, deployment.status, deployment.reason) == (
        ready, "queued", "VAT fix")
    assert deployment.requested_address == "127.0.0.1"
    assert ("deployments.tasks.run_deployment", deployment.pk) in queued()


def test_sending_the_form_twice_makes_one_deployment(staging, ready, releaser, sign_in):
    """A double click leads twice to the same row."""
    client = sign_in(releaser)
    fields = form_of(client.get(CONFIRM, {"version": ready.name}))
    first, second = (client.post(CONFIRM, fields) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Deployment.objects.count() == 1


def test_releasing_a_branch_builds_it_first(staging, commits, releaser, sign_in, queued):
    """The commit that was reviewed is the one that is built."""
    client = sign_in(releaser)
    client.post(CONFIRM, form_of(client.get(CONFIRM, {"version": "main"})))
    deployment = Deployment.objects.get()
    assert deployment.status == "waiting_for_build"
    assert deployment.release.commit_sha == commits[2].sha
    assert ("deployments.tasks.build_release", deployment.release_id) in queued()


def test_a_branch_that_moved_meanwhile_is_reviewed_again(staging, commits, releaser, sign_in):
    """Another commit than the one on the page is never released; what was typed stays."""
    client = sign_in(releaser)
    fields = form_of(client.get(CONFIRM, {"version": "main"}))
    staging.project.refs.update(sha=commits[1].sha)
    answer = client.post(CONFIRM, fields | {"reason": "because of VAT"})
    assert answer.status_code == 409
    assert "main has moved since this page was opened" in text_of(answer)
    assert "because of VAT" in text_of(answer)
    assert not Deployment.objects.exists()


@pytest.mark.parametrize(("version", "reason"), [
    ("nowhere", "Shop has no version “nowhere”."),
    ("--upload-pack=x", "“--upload-pack=x” cannot be a version&#x27;s name."),
])
def test_a_version_that_does_not_exist_is_asked_for_again(
        staging, ready, releaser, sign_in, version, reason):
    """The choice is shown again with the reason."""
    answer = sign_in(releaser).get(REVIEW, {"version": version})
    assert answer.status_code == 409
    assert reason in text_of(answer)


def test_what_was_typed_wins_over_the_list_and_stays_after_a_refusal(
        staging, ready, releaser, sign_in):
    """The text field counts when it is filled in."""
    answer = sign_in(releaser).get(REVIEW, {"version": ready.name, "other": "feature/x"})
    assert "Shop has no version “feature/x”." in text_of(answer)
    assert 'value="feature/x"' in text_of(answer)


def test_a_viewer_reads_why_and_has_no_button(staging, ready, viewer, sign_in):
    """The rule says no in words, and there is nothing to press."""
    answer = text_of(sign_in(viewer).get(RULES, {"version": ready.name}))
    assert "You may not release Shop (Staging): nobody gave you this right yet." in answer
    assert '<button class="button main"' not in answer


def test_a_viewer_who_sends_the_form_anyway_is_refused(
        staging, ready, viewer, sign_in, assert_refused):
    """Reason and remedy on the page, an audit entry, no row."""
    answer = sign_in(viewer).post(CONFIRM, {
        "version": ready.name, "sha": ready.commit_sha, "reason": "please"})
    assert_refused(answer, "You may not release Shop (Staging)", rows=[])
    assert "Ask an administrator for an entry." in text_of(answer)


def test_a_busy_environment_refuses_the_second_person(
        staging, ready, releaser, sign_in, assert_refused):
    """Who came first is named, and nothing is added."""
    factories.make_deployment(staging, status="queued", requested_by_name="Mia")
    rows = list(Deployment.objects.values())
    answer = sign_in(releaser).post(CONFIRM, {
        "version": ready.name, "sha": ready.commit_sha, "reason": "mine too"})
    assert_refused(answer, "Mia already asked to", status=409, rows=rows)
    assert "mine too" in text_of(answer)


def test_a_rule_for_approval_turns_the_button_into_a_question(
        production, approval_rule, releaser, sign_in):
    """Who must agree is named, and the deployment waits for them."""
    ready = factories.make_release(production.project)
    client, page = sign_in(releaser), "/admin/release/shop/production/confirm/"
    answer = client.get(page.replace("confirm", "rules"), {"version": ready.name})
    assert "Needs 1 approval from approver" in text_of(answer)
    assert "could approve it today" not in text_of(answer)
    answer = client.get(page, {"version": ready.name})
    assert "Ask for approval" in text_of(answer)
    client.post(page, form_of(answer))
    assert Deployment.objects.get().status == "awaiting_approval"


def test_only_those_are_named_whose_yes_would_count(
        production, approval_rule, approver, releaser, sign_in):
    """Neither whoever asks, nor whoever edited the commands last: with no other, nobody is."""
    factories.make_grant(approver, "release", project=production.project)
    ready = factories.make_release(production.project)
    said = "Needs 1 approval from somebody else - never from the person who asks."
    address = f"/admin/release/shop/production/rules/?version={ready.name}"
    answer = text_of(sign_in(approver).get(address))
    assert said in answer
    assert "Nobody could approve it today: ask an administrator to name an approver." in answer
    production.project.commands_edited_by = approver
    production.project.save()
    assert said in text_of(sign_in(releaser).get(address))


def test_an_approver_whose_yes_does_not_count_yet_is_told_with_the_reason(
        production, approval_rule, approver, releaser, sign_in):
    """Naming another is no way out of waiting: rules and the last page say who, why, until when."""
    ready, client = factories.make_release(production.project), sign_in(releaser)
    Account.objects.update_or_create(user=approver, defaults={
        "approvals_void_until": timezone.now() + timedelta(hours=24)})
    for page in ("rules", "confirm"):
        answer = text_of(client.get(f"/admin/release/shop/production/{page}/?version={ready.name}"))
        assert "approver can agree from " in answer
        assert "the password was just set by a link" in answer
        assert "to name an approver" not in answer
