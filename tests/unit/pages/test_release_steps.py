"""The way through the four steps of a release, and the draft that keeps what was done on it."""

import pytest
from django.utils import timezone

from deployments import queue
from deployments.models import AuditEntry, Deployment, Draft
from deployments.services import drafts
from tests import factories
from tests.unit.pages.test_release_pages import CONFIRM, REVIEW, RULES, START, form_of, text_of


@pytest.fixture
def listed(shop):
    """The project asks for two things before a release."""
    shop.checklist = "Customer support knows\nI watched Staging"
    shop.save()
    return shop.checklist.splitlines()


def walk(client, version, **written):
    """From the first step to the last one; returns the answers of the three POSTs."""
    first = client.post(START, {"version": version})
    second = client.post(REVIEW, form_of(client.get(first["Location"])))
    third = client.post(RULES, form_of(client.get(second["Location"])) | written)
    return first, second, third


def test_each_step_leads_to_the_next_with_the_version_in_its_address(
        staging, ready, releaser, sign_in):
    """303 each time; the last one releases, and the draft is gone."""
    client = sign_in(releaser)
    answers = walk(client, ready.name, reason="VAT fix")
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [
        (303, f"{page}?version={ready.name}") for page in (REVIEW, RULES, CONFIRM)]
    page = client.get(answers[2]["Location"])
    assert "VAT fix" in text_of(page)
    assert client.post(CONFIRM, form_of(page)).status_code == 303
    assert Deployment.objects.get().reason == "VAT fix"
    assert not Draft.objects.exists()


def test_where_one_is_stands_in_the_list_of_steps(staging, ready, releaser, sign_in):
    """The step is current, those before it lead back, those after it lead nowhere."""
    page = text_of(sign_in(releaser).get(RULES, {"version": ready.name}))
    steps = page.split('<ol class="way"')[1].split("</ol>")[0]
    assert steps.count('aria-current="step"') == 1
    assert f'href="{REVIEW}?version={ready.name}">What changes</a>' in steps
    assert "Confirm</a>" not in steps


def test_a_step_without_a_version_goes_on_with_what_was_begun(staging, ready, releaser, sign_in):
    """Without anything begun, the first step comes first."""
    client = sign_in(releaser)
    assert client.get(CONFIRM)["Location"] == START
    client.post(START, {"version": ready.name})
    assert client.get(CONFIRM).context["choice"].release == ready
    assert client.get(START).context["chosen"] == ready.name


def test_what_was_typed_outlives_the_session_and_another_version(
        staging, ready, commits, listed, releaser, sign_in):
    """The reason is there on another computer; ticks are for the version that they were made of."""
    walk(sign_in(releaser), ready.name, reason="VAT fix", ticked=listed)
    page = sign_in(releaser).get(RULES, {"version": ready.name})
    assert "VAT fix" in page.context["reason"]
    assert [is_ticked for _, is_ticked in page.context["checklist"]] == [True, True]
    client = sign_in(releaser)
    client.post(REVIEW, form_of(client.get(REVIEW, {"version": "main"})))
    page = client.get(RULES, {"version": "main"})
    assert "VAT fix" in page.context["reason"]
    assert [is_ticked for _, is_ticked in page.context["checklist"]] == [False, False]


def test_an_exception_is_for_the_version_it_was_made_for(staging, ready, releaser):
    """Another version begins without; the planned time stays."""
    chosen = {"version": ready.name, "title": "1", "sha": "a" * 40, "step": "confirm"}
    typed = {"when": "later", "planned_for": "2031-01-01T10:00"}
    drafts.keep(releaser, staging, **chosen, terms=typed | {"in_spite_of": ["ORDER:1"]})
    kept = drafts.keep(releaser, staging, **chosen)
    assert kept.terms["in_spite_of"] == ["ORDER:1"]
    kept = drafts.keep(releaser, staging, **chosen | {"sha": "b" * 40})
    assert kept.terms == typed | {"in_spite_of": []}


def test_what_somebody_else_put_live_since_is_no_longer_begun(
        staging, ready, releaser, approver, sign_in):
    """Who asked for an exception, and got it, has nothing left to go on with."""
    chosen = {"version": ready.name, "title": "2.8.1", "sha": ready.commit_sha, "step": "rules"}
    factories.make_deployment(staging, release=ready, requested_by=approver)
    drafts.keep(releaser, staging, **chosen)
    assert "You began" in sign_in(releaser).get("/admin/").text
    factories.make_deployment(staging, release=ready, requested_by=approver)
    for path in ("/admin/", "/admin/release/"):
        assert "You began" not in sign_in(releaser).get(path).text


def test_going_back_keeps_what_was_written(staging, ready, listed, releaser, sign_in):
    """Reason, ticks and the planned time, by the button “Back” of either page."""
    client = sign_in(releaser)
    fields = {"version": ready.name, "sha": ready.commit_sha, "go": "back"}
    answer = client.post(RULES, fields | {"reason": "VAT fix", "ticked": listed[:1]})
    assert answer["Location"] == f"{REVIEW}?version={ready.name}"
    answer = client.post(CONFIRM, fields | {
        "when": "later", "planned_for": "2030-12-02T10:00", "zone": "Europe/Berlin"})
    assert answer["Location"] == f"{RULES}?version={ready.name}"
    page = client.get(answer["Location"])
    assert page.context["reason"] == "VAT fix"
    assert page.context["checklist"] == [(listed[0], True), (listed[1], False)]
    client.post(RULES, fields | {"go": "on", "ticked": listed})
    terms = client.get(CONFIRM).context["terms"]
    assert terms.is_later
    assert terms.written["planned_for"] == "2030-12-02T10:00"
    assert not Deployment.objects.exists()


def test_a_version_that_moved_must_be_read_again(staging, commits, releaser, sign_in):
    """The draft says so on the steps that follow, and offers nothing else there."""
    client = sign_in(releaser)
    walk(client, "main")
    staging.project.refs.update(sha=commits[1].sha)
    for page in (RULES, CONFIRM):
        answer = client.get(page, {"version": "main"})
        assert "main has moved since you read what changes." in text_of(answer)
        assert 'name="go" value="on"' not in text_of(answer)
    client.post(REVIEW, form_of(client.get(REVIEW, {"version": "main"})))
    assert "has moved" not in text_of(client.get(RULES, {"version": "main"}))


def test_the_checklist_is_ticked_before_the_last_step(
        staging, ready, listed, releaser, sign_in, assert_refused):
    """What is missing is named, what is ticked stays, and the last page has no button."""
    client = sign_in(releaser)
    *_, answer = walk(client, ready.name, ticked=listed[:1], reason="VAT fix")
    assert_refused(answer, "Not everything on the checklist is done: “I watched Staging”.",
                   status=409, rows=[])
    assert answer.context["checklist"] == [(listed[0], True), (listed[1], False)]
    assert answer.context["reason"] == "VAT fix"
    page = text_of(client.get(CONFIRM, {"version": ready.name}))
    assert "Not everything on it is ticked" in page
    assert ">Release now<" not in page


def test_a_crafted_form_without_ticks_is_refused(
        staging, ready, listed, releaser, sign_in, assert_refused):
    """The service asks, not the page; and what was ticked is kept with the deployment."""
    client = sign_in(releaser)
    form = {"version": ready.name, "sha": ready.commit_sha, "ticked": listed}
    answer = client.post(CONFIRM, form)
    assert_refused(answer, "Not everything on the checklist is done", status=409, rows=[])
    walk(client, ready.name, ticked=listed)
    assert client.post(CONFIRM, form).status_code == 303
    row = Deployment.objects.get()
    assert row.checklist == listed
    assert AuditEntry.objects.get(
        action="deployment.requested", outcome="done").details["checklist"] == listed


def test_what_going_back_may_not_undo_asks_for_the_projects_name(
        shop, production, releaser, sign_in, assert_refused):
    """In a protected environment; written in any case, and never for what is harmless."""
    production.is_protected = True
    production.save()
    factories.make_grant(releaser, "release", environment=production, confirmed_at=timezone.now())
    ready = factories.make_release(shop, label="2.0")
    factories.make_deployment(production)
    confirm = CONFIRM.replace("staging", "production")
    client = sign_in(releaser)
    assert 'name="project"' not in text_of(client.get(confirm, {"version": ready.name}))
    shop.server_commands.create(moment="before", command="bin/migrate", is_irreversible=True)
    page = client.get(confirm, {"version": ready.name})
    assert 'name="project"' in text_of(page)
    before = list(Deployment.objects.values())
    answer = client.post(confirm, form_of(page) | {"project": "Shopp"})
    assert_refused(answer, "so it asks for the project", status=409, rows=before)
    assert client.post(confirm, form_of(page) | {"project": " shop "}).status_code == 303


def test_discarding_forgets_ones_own_draft_alone(staging, ready, releaser, viewer, sign_in):
    """Somebody else's stays."""
    for user in (releaser, viewer):
        sign_in(user).post(START, {"version": ready.name})
    answer = sign_in(viewer).post(f"{START}discard/")
    assert (answer.status_code, answer["Location"]) == (303, "/admin/")
    assert Draft.objects.get().user == releaser


def test_nobody_reads_anothers_draft(staging, ready, releaser, viewer, sign_in):
    """Neither what was chosen nor why."""
    walk(sign_in(releaser), ready.name, reason="Between us")
    for page in (START, RULES, CONFIRM):
        assert "Between us" not in text_of(sign_in(viewer).get(page, {"version": ready.name}))


def test_what_was_begun_is_not_named_where_one_may_look_no_more(
        staging, ready, releaser, sign_in):
    """Whoever lost their entry does not read the project's name in a list of their own."""
    client, begun = sign_in(releaser), 'id="begun-title"'
    client.post(START, {"version": ready.name})
    assert begun in text_of(client.get("/admin/release/"))
    releaser.grants.all().delete()
    factories.make_grant(releaser, "look", project=factories.make_project())
    assert begun not in text_of(client.get("/admin/release/"))


def test_a_version_that_is_not_known_yet_can_be_looked_for_again(staging, releaser, sign_in,
                                                                 queued):
    """A tag of a minute ago: one button reads the list, and what was typed stays."""
    client = sign_in(releaser)
    page = text_of(client.get(REVIEW, {"other": "v9 & more"}))
    assert "Read the list of versions again</button>" in page
    assert 'name="other" value="v9 &amp; more"' in page
    answer = client.post(f"{START}read/", {"other": "v9 & more"})
    assert (answer.status_code, answer["Location"]) == (303, f"{START}?other=v9+%26+more")
    assert queued()[-1] == (queue.READ_SOURCE, staging.project_id)
    assert AuditEntry.objects.filter(action="source.read_requested", outcome="done").count() == 1
    page = text_of(client.get(answer["Location"]))
    assert "The list of versions is being read. Load this page again in a moment." in page
    assert 'maxlength="200" autocomplete="off" spellcheck="false" value="v9 &amp; more"' in page


def test_a_viewer_does_not_make_the_list_be_read(staging, viewer, sign_in, assert_refused, queued):
    """Neither by the button, which is not there, nor by its form."""
    type(staging.project).objects.update(source_read_at=timezone.now())
    client = sign_in(viewer)
    assert "Read it again now" not in text_of(client.get(START))
    assert_refused(client.post(f"{START}read/"), "You may not release Shop (Staging)",
                   action="source.read_requested", rows=[])
    assert queued() == []
