"""Adding a site: its people, its first release, and who may do all of this."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import policy
from deployments.models import Account, AuditEntry, Grant
from deployments.zones import shown
from tests import factories
from tests.unit.pages.test_release_pages import text_of

from .steps import NEW, REACH, SERVED, SITE, START, URL, step_of


def test_people_are_let_in_by_entries_and_a_rule(ines, reached, viewer, outsider):
    """Five entries for who releases, two for who approves, one rule; then nobody is asked again."""
    assert step_of(ines, "People")[0] == "To do"
    answer = ines.post(f"{SITE}people/", {
        "releasers": [outsider.pk], "approvers": [viewer.pk], "second": "one",
        "reason": "She runs it"})
    assert (answer.status_code, answer["Location"]) == (303, SITE)
    assert set(outsider.grants.values_list("action", flat=True)) >= {"build", "release", "go_back"}
    assert Grant.objects.filter(user=viewer, action="approve", reason="She runs it").exists()
    rule = reached.environment.approval_rules.get()
    assert [*rule.users.all()] == [viewer]
    word, sentence = step_of(ines, "People")
    assert word == "Done"
    assert "A second person agrees first." in sentence


def reopened(client):
    """What the step's form would send back as it stands: fields with what is ticked."""
    form = client.get(f"{SITE}people/").context["form"]
    return {name: [str(getattr(each, "pk", each)) for each in value]
            if isinstance(value, list) else value or ""
            for name, value in form.initial.items()}


def test_opened_again_it_shows_what_is_so_and_saving_changes_nothing(
        ines, reached, viewer, outsider):
    """Who may release, who must agree and whether anybody must are ticked."""
    ines.post(f"{SITE}people/", {
        "releasers": [outsider.pk], "approvers": [viewer.pk], "second": "one"})
    assert text_of(ines.get(f"{SITE}people/")).count(" checked") == 3
    before = AuditEntry.objects.count(), Grant.objects.count()
    assert ines.post(f"{SITE}people/", reopened(ines)).status_code == 303
    assert (AuditEntry.objects.count(), Grant.objects.count()) == before


def test_who_is_unticked_may_no_longer_and_the_rule_follows(ines, reached, viewer, outsider):
    """Entries end in the log; whom nobody showed is left alone."""
    ines.post(f"{SITE}people/", {
        "releasers": [outsider.pk], "approvers": [viewer.pk], "second": "one"})
    late = factories.make_grant(factories.make_user("late"), "release",
                                project=reached.environment.project)
    sent = reopened(ines) | {"left_out": [outsider.pk, viewer.pk]}
    ines.post(f"{SITE}people/", sent | {"releasers": [viewer.pk], "approvers": [outsider.pk],
                                        "is_sure": "on"})
    there = reached.environment
    assert policy.has_entry(viewer, "release", there)
    assert policy.has_entry(outsider, "approve", there)
    assert policy.has_entry(outsider, "look", there)
    assert not policy.has_entry(outsider, "release", there)
    assert not policy.has_entry(viewer, "approve", there)
    assert policy.has_entry(late.user, "release", there)
    assert [*there.approval_rules.get().users.all()] == [outsider]
    assert AuditEntry.objects.filter(action="grant.ended", outcome="done").exists()


def test_who_only_agrees_no_more_keeps_what_others_gave(ines, reached, viewer, outsider):
    """An entry to build that the step never gave is not the step's to end."""
    factories.make_grant(viewer, "build", project=reached.environment.project)
    ines.post(f"{SITE}people/", {
        "releasers": [outsider.pk], "approvers": [viewer.pk], "second": "one"})
    ines.post(f"{SITE}people/", reopened(ines) | {
        "left_out": [viewer.pk], "approvers": [], "second": "nobody", "is_sure": "on"})
    assert not policy.has_entry(viewer, "approve", reached.environment)
    assert policy.has_entry(viewer, "build", reached.environment)


def test_looking_that_somebody_else_allowed_stays(ines, reached, viewer, outsider):
    """The step gave them nothing to look with; what it did give goes."""
    factories.make_grant(outsider, "look", project=reached.environment.project)
    for _ in range(2):
        ines.post(f"{SITE}people/", {
            "releasers": [viewer.pk], "approvers": [outsider.pk], "second": "one"})
    ines.post(f"{SITE}people/", reopened(ines) | {
        "left_out": [viewer.pk, outsider.pk], "releasers": [], "approvers": [],
        "second": "nobody", "is_sure": "on"})
    there = reached.environment
    assert policy.has_entry(outsider, "look", there)
    assert not policy.has_entry(outsider, "approve", there)
    assert not any(policy.has_entry(viewer, each, there) for each in ("release", "go_back"))


def test_that_nobody_must_agree_is_a_choice(ines, reached, viewer, outsider):
    """It takes the rule away again; on a protected environment that waits for a second person."""
    sent = {"releasers": [outsider.pk], "approvers": [viewer.pk]}
    assert ines.post(f"{SITE}people/", sent).status_code == 422  # neither is taken for granted
    answer = ines.post(f"{SITE}people/", sent | {"second": "nobody"})
    assert "You ticked who may agree" in text_of(answer)
    answer = ines.post(f"{SITE}people/", {"releasers": [outsider.pk], "second": "one"})
    assert "Tick who may agree, or choose that nobody must." in text_of(answer)
    rules = reached.environment.approval_rules
    ines.post(f"{SITE}people/", sent | {"second": "one"})
    type(reached.environment).objects.update(is_protected=True)
    assert ines.post(f"{SITE}people/", reopened(ines) | {"second": "nobody"}).status_code == 303
    assert rules.exists()
    assert "waits for a second person’s yes" in step_of(ines, "People")[1]
    reached.environment.protection_changes.all().delete()
    type(reached.environment).objects.update(is_protected=False)
    assert ines.post(f"{SITE}people/", reopened(ines) | {"second": "nobody"}).status_code == 303
    assert not rules.exists()
    assert "A second person agrees first." not in step_of(ines, "People")[1]


def test_who_may_release_by_another_entry_is_named_and_not_ticked(ines, reached):
    """An entry for every project is taken away where it stands: the allowlist."""
    factories.make_grant(factories.make_user("carla", first_name="Carla", last_name="Stone"))
    text = text_of(ines.get(f"{SITE}people/"))
    assert "for every project these may, too: Carla Stone" in text
    assert " checked" not in text


def test_rules_of_more_than_one_name_are_left_to_their_own_page(ines, reached, viewer, outsider):
    """Named, with the way there; the ticks change entries alone."""
    rule = factories.make_rule(reached.environment, viewer, outsider)
    type(rule).objects.update(people_needed=2)
    text = text_of(ines.get(f"{SITE}people/"))
    assert "Who must agree is told by rules of their own" in text
    assert 'name="second"' not in text
    assert ines.post(f"{SITE}people/", {"releasers": [outsider.pk]} | {
        "is_sure": "on"}).status_code == 303
    rule.refresh_from_db()
    assert (rule.people_needed, rule.users.count()) == (2, 2)


def test_nobody_lets_themselves_in_and_the_page_says_what_to_do(ines, admin, reached):
    """Oneself is not in the list; whoever is alone is led to making a second account."""
    text = text_of(ines.get(f"{SITE}people/"))
    assert "You are the only person here." in text
    assert "You are the only administrator" in text
    assert ines.post(f"{SITE}people/", {"releasers": [admin.pk]}).status_code == 422
    assert not Grant.objects.exists()


def test_one_approver_who_alone_releases_is_asked_about(ines, reached, outsider):
    """Nobody could approve: refused with a tick to say that it is meant so, all of it kept."""
    sent = {"releasers": [outsider.pk], "approvers": [outsider.pk], "second": "one"}
    answer = ines.post(f"{SITE}people/", sent)
    text = text_of(answer)
    assert answer.status_code == 409
    assert "It is meant so, although nobody could approve" in text
    assert text.count(" checked") == 3
    assert not Grant.objects.exists()
    assert ines.post(f"{SITE}people/", sent | {"is_sure": "on"}).status_code == 303


def test_the_last_step_leads_to_the_release_and_tells_its_proof(ines, reached, releaser):
    """Ready, under way, failed, proved: each from the rows."""
    pool = factories.make_pool(reached.server)
    reached.pool_uses.create(pool=pool)
    reached.checkups.create(answered_at=timezone.now(), choice="reset", reason="Fine.")
    assert step_of(ines, "First release")[0] == "To do next"
    assert "Only who is ticked under “People” may release it" in text_of(ines.get(SITE))
    assert "nobody gave you this right yet" not in text_of(ines.get(SITE))
    there = reached.environment
    factories.make_deployment(there, status="failed", result="A page answered 500.")
    assert step_of(ines, "First release") == ("Problem", "A page answered 500.")
    factories.make_deployment(there, status="running")
    assert step_of(ines, "First release")[0] == "Waiting"
    proved = factories.make_deployment(there, result="12 of 12 PHP workers run it.")
    assert step_of(ines, "First release") == ("Done", "12 of 12 PHP workers run it.")
    factories.make_deployment(there, kind="reload", status="failed", result="No answer.")
    text = text_of(ines.get(SITE))
    assert "Shop is live and checked." in text
    assert f'/admin/progress/{proved.pk}/">See the proof' in text
    assert "Go on with Shop" not in text_of(ines.get(START))


def test_the_home_page_leads_back_to_a_site_that_was_begun(ines, read):
    """No environment yet: where to go on is a link; who may release is not asked about yet."""
    text = text_of(ines.get("/admin/"))
    assert f'<a href="{SITE}">Go on setting it up' in text
    assert "Add an allowlist entry" not in text


def test_so_does_it_while_nothing_was_asked_for_there(ines, place, viewer, sign_in):
    """Beside adopting; nobody else sees either, and both go with the first release."""
    link = f'<a href="{SITE}">Go on setting it up'
    assert link in text_of(ines.get("/admin/"))
    assert link not in text_of(sign_in(viewer).get("/admin/"))
    factories.make_deployment(place.environment)
    assert link not in text_of(ines.get("/admin/"))


def test_a_site_that_was_only_adopted_is_not_said_to_be_released(ines, reached, releaser):
    """Nothing was proved: the step stays open, and the site stays among those begun."""
    reached.pool_uses.create(pool=factories.make_pool(reached.server))
    reached.checkups.create(answered_at=timezone.now(), choice="reset", reason="Fine.")
    factories.make_deployment(reached.environment, kind="adopted", result="Found live.")
    word, sentence = step_of(ines, "First release")
    assert (word, sentence) == (
        "To do next", "Found live and adopted, not checked: now release the first version.")
    text = text_of(ines.get(SITE))
    assert "is live and checked" not in text
    assert "See the proof" not in text
    assert "Go on with Shop" in text_of(ines.get(START))


def test_whose_yes_does_not_count_yet_is_told_with_the_reason_and_the_hour(
        ines, reached, releaser, viewer):
    """Under People and at the last step: nothing is called ready that would only wait."""
    reached.pool_uses.create(pool=factories.make_pool(reached.server))
    reached.checkups.create(answered_at=timezone.now(), choice="reset", reason="Fine.")
    ines.post(f"{SITE}people/", {
        "releasers": [releaser.pk], "approvers": [viewer.pk], "second": "one", "reason": "Ok"})
    assert step_of(ines, "First release")[1] == "All is ready for the first release."
    until = timezone.now() + timedelta(hours=24)
    Account.objects.update_or_create(user=viewer, defaults={"approvals_void_until": until})
    said = f"viewer can agree from {shown(until, 'd M, H:i')}: the password was just set"
    assert said in step_of(ines, "People")[1]
    word, sentence = step_of(ines, "First release")
    assert word == "To do next"
    assert "nobody could agree to it today" in sentence
    assert said in sentence


@pytest.mark.parametrize("name", ["releaser", "viewer", "outsider"])
def test_who_sets_nothing_up_sees_none_of_it(name, reached, request, sign_in):
    """403 with words, and no name of a project that is not theirs."""
    client = sign_in(request.getfixturevalue(name))
    for path in (START, NEW, SITE, *(f"{SITE}{key}/" for key in (
            "project", "server", "php", "people"))):
        answer = client.get(path)
        assert answer.status_code in (302, 403)


def test_who_edits_no_commands_may_not_change_what_is_run(reached, outsider, sign_in):
    """Set-up alone adds people; the refusal stands in the log."""
    factories.make_grant(outsider, "set_up")
    client = sign_in(outsider)
    for path, sent in ((NEW, {"name": "X", "kind": "plain", "repository_url": URL}),
                       (f"{SITE}project/", {"save": 1, "repository_url": URL}),
                       (f"{SITE}server/", REACH), (f"{SITE}php/", SERVED | {"has_no_php": "on"})):
        before = AuditEntry.objects.count()
        assert client.post(path, sent).status_code == 409, path
        assert AuditEntry.objects.filter(outcome="refused").count() == before + 1


@pytest.mark.parametrize("path", ["/admin/first-run/in/nothing/",
                                  "/admin/first-run/in/nothing/server/"])
def test_a_site_that_is_not_there_is_a_page_with_words(ines, path):
    """404."""
    assert ines.get(path).status_code == 404


def test_pages_that_only_show_take_no_button(ines, shop):
    """405 for the start and the checklist."""
    assert ines.post(START).status_code == 405
    assert ines.post(SITE).status_code == 405


def test_an_administrator_who_may_only_look_is_told_so_once(production, admin, viewer, sign_in):
    """Not under each button of each place; who has somebody to ask finds that there."""
    text = text_of(sign_in(admin).get("/admin/"))
    assert text.count("You are the only administrator: nobody can give you an entry") == 1
    assert "You can look, but not release yet." not in text
    assert "nobody gave you this right yet" not in text
    assert "Ask for access" not in text
    assert "nobody gave you this right yet" in text_of(sign_in(viewer).get("/admin/"))
