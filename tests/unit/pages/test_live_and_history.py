"""The home page and the history: what is live where, and what happened."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from deployments.models import Approval, Deployment, LogLine, Review
from tests import factories
from tests.unit.pages.test_release_pages import text_of


def home(client):
    return text_of(client.get("/admin/"))


def test_home_says_what_is_live_since_when_by_whom(staging, releaser, sign_in):
    """Version, person and state of each environment; the button leads to releasing."""
    live = factories.make_deployment(staging, requested_by_name="Anna")
    answer = home(sign_in(releaser))
    assert live.release.title in answer
    assert "by Anna" in answer
    assert "Live and checked" in answer
    assert 'href="/admin/release/shop/staging/"' in answer
    assert "/go-back/" not in answer


def test_home_offers_going_back_when_there_is_something_to_go_back_to(
        staging, releaser, sign_in):
    """With an earlier version stored, going back is one click away."""
    for _ in range(2):
        factories.make_deployment(staging)
    assert 'href="/admin/go-back/shop/staging/"' in home(sign_in(releaser))


def test_a_button_that_is_not_allowed_says_why(staging, viewer, sign_in):
    """Never silent: the reason stands under it, and it leads nowhere."""
    answer = home(sign_in(viewer))
    assert "You may not release Shop (Staging): nobody gave you this right yet." in answer
    assert 'href="/admin/release/shop/' not in answer
    assert "You can look, but not release yet." in answer


def test_a_running_deployment_takes_the_place_of_the_buttons(staging, releaser, sign_in):
    """See leads to it; nobody starts a second one from here."""
    running = factories.make_deployment(staging, status="running")
    answer = home(sign_in(releaser))
    assert "Running now (1)" in answer
    assert '<a href="/admin/projects/shop/">Shop</a>' in answer
    assert f"{running.release.title} → Staging" in answer
    assert "Step 2 of 5: Copy" in answer
    assert ">Watch<" in answer
    assert f'href="/admin/progress/{running.pk}/"' in answer
    assert 'href="/admin/release/shop/' not in answer


def test_what_runs_says_how_far_the_slowest_server_is(staging, releaser, sign_in):
    """Nothing of a step where it goes back, or where its worker was lost."""
    row = factories.make_deployment(staging, status="running", switching_at=timezone.now())
    client = sign_in(releaser)
    row.targets.update(status="prepared", step="copy")
    assert "Step 3 of 5: Switch" in home(client)
    row.targets.update(status="switched", step="cohere")
    assert "Step 4 of 5: PHP uses it" in home(client)
    Deployment.objects.update(going_back_as="failed")
    assert "of 5:" not in home(client)
    Deployment.objects.update(going_back_as="", lease_until=timezone.now() - timedelta(hours=1))
    assert "of 5:" not in home(client)


def test_what_runs_on_the_servers_already_can_be_adopted_by_who_sets_up(
        staging, admin, releaser, sign_in):
    """Where nothing of ours is live or on its way, and there is a server."""
    link = 'href="/admin/adopt/shop/staging/">Adopt what is live<'
    assert link in home(sign_in(admin))
    assert "Adopt what is live" not in home(sign_in(releaser))
    staging.installations.update(is_active=False)
    assert link not in home(sign_in(admin))
    staging.installations.update(is_active=True)
    factories.make_deployment(staging)
    assert link not in home(sign_in(admin))


def test_nobody_is_sent_where_they_cannot_go_while_there_is_no_project(admin, db, sign_in):
    """Who sets up adds the first one; everybody else asks for it."""
    assert "Add your first site" in home(sign_in(admin))
    answer = home(sign_in(factories.make_user("anna", None, "look", "release")))
    assert "No projects yet." in answer
    assert "Ask an administrator to add one." in answer
    assert "Add your first site" not in answer
    factories.make_project()
    answer = home(sign_in(factories.make_user("ben", factories.make_project(), "look")))
    assert "No projects yet." not in answer


def test_who_may_release_is_never_told_to_ask_for_it(staging, releaser, sign_in):
    """While something runs there is no Release button, but the right to release is still there."""
    factories.make_deployment(staging, status="running")
    assert "You can look, but not release yet." not in home(sign_in(releaser))


def test_a_request_that_came_to_nothing_leaves_the_place_as_live_as_it_was(
        staging, releaser, sign_in):
    """A no to a release is no bad news about the site: it stands beside, in small."""
    factories.make_deployment(staging)
    factories.make_deployment(staging, status="rejected", requested_by_name="Anna")
    answer = home(sign_in(releaser))
    assert "Live and checked" in answer
    assert "by Anna - rejected" in answer


def test_a_restart_of_php_that_was_refused_before_it_began_changes_no_state(
        staging, releaser, sign_in):
    """Where PHP was told to follow, nobody knows which version it runs until it is proved."""
    live = factories.make_deployment(staging)
    row = factories.make_deployment(staging, status="failed", kind="reload",
                                    previous=live.release)
    row.targets.update(status="failed", step="arm")
    answer = home(sign_in(releaser))
    assert "Live and checked" in answer
    assert "by somebody - failed - nothing was changed" in answer
    row.targets.update(step="cohere")
    answer = home(sign_in(releaser))
    assert "Failed - PHP was not proved to follow" in answer
    assert "Live and checked" not in answer


def test_what_waits_for_this_person_is_counted(production, approval_rule, releaser, approver,
                                               sign_in):
    """The approver sees it at once, on top and in the navigation of every page."""
    waiting = factories.make_deployment(production, status="awaiting_approval",
                                        requested_by=releaser)
    answer = home(sign_in(approver))
    assert "Waiting for you (1)" in answer
    assert f'href="/admin/approvals/{waiting.pk}/"' in answer
    assert '1 waiting for you' in text_of(sign_in(approver).get("/admin/history/"))
    assert "Waiting for you" not in home(sign_in(releaser))


def test_reloading_php_does_not_change_since_when_a_version_is_live(staging, releaser, sign_in):
    """The person who brought the version stays named."""
    live = factories.make_deployment(staging, requested_by_name="Anna")
    factories.make_deployment(staging, release=live.release, kind="reload",
                              requested_by_name="Robot")
    assert "by Anna" in home(sign_in(releaser))
    assert "by Robot" not in home(sign_in(releaser))


def test_what_is_planned_says_for_when(staging, viewer, sign_in):
    """Day, hour and zone, also while it waits for a yes."""
    factories.make_deployment(staging, status="awaiting_approval",
                              planned_for=datetime(2030, 12, 10, 10, tzinfo=UTC),
                              start_until=datetime(2030, 12, 10, 11, tzinfo=UTC))
    assert "Planned for Tue 10 Dec, 10:00, at the latest 11:00 (UTC)" in home(sign_in(viewer))


def test_projects_of_others_are_not_there(staging, sign_in):
    """Nobody learns the names of projects they may not look at."""
    other = factories.make_project(name="Neighbours")
    person = factories.make_user("neighbour", other, "look")
    answer = home(sign_in(person))
    assert "Neighbours" in answer
    assert "Shop" not in answer


def test_set_up_is_linked_for_those_who_set_up(shop, sign_in):
    """Exactly the lists this person may open; servers belong to every project."""
    person = factories.make_user("keeper", shop, "look", is_staff=True)
    assert "/admin/deployments/project/" not in home(sign_in(person))
    grant = factories.make_grant(person, "set_up", project=shop)
    answer = home(sign_in(person))
    assert "/admin/deployments/project/" in answer
    assert "/admin/deployments/server/" not in answer
    type(grant).objects.filter(pk=grant.pk).update(project=None)
    assert "/admin/deployments/server/" in home(sign_in(person))


@pytest.mark.parametrize(("filters", "expected"), [
    ("", 2), ("project=shop", 2), ("project=other", 0), ("environment=staging", 1),
    ("who=Anna", 1), ("result=failed", 1), ("result=live", 1), ("result=nonsense", 0),
    ("who=Anna&result=failed", 0), ("before=0", 2), ("before=x", 2),
    ("after=0", 2), ("before=99999999999999999999", 2),
])
def test_the_address_holds_the_filters(
        staging, production, viewer, sign_in, filters, expected):
    """Each filter narrows the sentences; nonsense is never an error."""
    factories.make_deployment(staging, requested_by_name="Anna")
    factories.make_deployment(production, status="failed", requested_by_name="Ben")
    answer = text_of(sign_in(viewer).get(f"/admin/history/?{filters}"))
    assert answer.count('class="event"') == expected
    if not expected:
        assert "Nothing matches." in answer


def test_the_filter_calls_environments_as_people_do(staging, viewer, sign_in):
    """By name, each name where projects differ; the address keeps what the page sent before."""
    factories.make_deployment(staging)
    other = factories.make_environment(slug="staging", name="Rehearsal")
    factories.make_deployment(other)
    factories.make_grant(viewer, "look", project=other.project)
    answer = text_of(sign_in(viewer).get("/admin/history/?environment=staging"))
    assert '<option value="staging" selected>Rehearsal or Staging</option>' in answer


def test_history_is_written_in_sentences(staging, viewer, sign_in):
    """Who did what, where, and how it ended."""
    release = factories.make_release(staging.project, label="2.0")
    factories.make_deployment(staging, release=release, requested_by_name="Anna")
    factories.make_deployment(staging, release=release, requested_by_name="Anna",
                              kind="rollback")
    factories.make_deployment(staging, release=release, status="failed",
                              requested_by_name="Ben")
    answer = text_of(sign_in(viewer).get("/admin/history/"))
    words = re.sub(r"<[^>]*>", "", answer)
    assert "Anna released Shop 2.0 to Staging" in words
    assert "Anna went back to Shop 2.0 in Staging" in words
    assert "Ben asked to release Shop 2.0 to Staging" in words
    assert answer.count('<a href="/admin/projects/shop/">Shop</a>') == 3
    for row in Deployment.objects.all():
        assert f'<a href="/admin/progress/{row.pk}/"><strong>2.0</strong>' in answer
    assert "Failed - nothing was changed" in answer


def test_history_says_when_it_went_live_not_only_when_it_was_asked_for(
        staging, viewer, sign_in):
    """With an approval the next day, these are two days."""
    row = factories.make_deployment(staging, finished_at=timezone.now() + timedelta(days=1))
    words = re.sub(r"<[^>]*>", "", text_of(sign_in(viewer).get("/admin/history/")))
    live, asked = (date_format(timezone.localtime(at), "j M, H:i")
                   for at in (row.finished_at, row.requested_at))
    assert f"live from {live}, asked {asked}" in words


def test_see_leads_to_what_is_live_after_a_stopped_request(staging, viewer, sign_in):
    """The stopped one has a link of its own, where it is told."""
    live = factories.make_deployment(staging)
    stopped = factories.make_deployment(staging, status="cancelled")
    answer = home(sign_in(viewer))
    assert f'href="/admin/progress/{live.pk}/">See<' in answer
    assert f'href="/admin/progress/{stopped.pk}/">{stopped.release.title}</a>' in answer


def test_each_answer_is_told_as_what_it_was(staging, viewer, sign_in, approver):
    """Whoever took a yes back rejected nothing; an emergency says so, and who looked at it."""
    row = factories.make_deployment(staging, emergency="The till was down")
    for answer, comment in (("yes", ""), ("withdrawn", "Too soon"), ("no", "Wrong version"),
                            ("void", "has an account that is switched off")):
        Approval.objects.create(deployment=row, user=approver, user_name="Ben", answer=answer,
                                comment=comment, plan_hash="0")
    client = sign_in(viewer)
    shown = text_of(client.get("/admin/history/"))
    for words in ("approved by Ben", "Ben took the yes back, “Too soon”",
                  "rejected by Ben, “Wrong version”", "Emergency, not reviewed yet",
                  "the yes of Ben no longer counts, who has an account that is switched off"):
        assert words in shown
    assert shown.count("rejected by") == 1
    Review.objects.create(deployment=row, user=approver, user_name="Mia", comment="Fine")
    assert "Emergency, reviewed by Mia" in text_of(client.get("/admin/history/"))


def test_the_crumb_of_all_lists_leads_home(admin, sign_in):
    """Django's page of one app would say that there is no project."""
    client = sign_in(admin)
    for app in ("deployments", "auth"):
        assert client.get(f"/admin/{app}/")["Location"] == "/admin/"
    people = client.get("/admin/auth/user/").text
    assert "Authentication" not in people


def test_a_build_log_comes_by_cursor_and_as_text(shop, viewer, sign_in):
    """The version's page holds its build's lines; markup in them stays text."""
    release = factories.make_release(shop, status="building")
    LogLine.objects.create(release=release, number=1, at=release.requested_at, text="<b>npm</b>")
    client = sign_in(viewer)
    assert "&lt;b&gt;npm&lt;/b&gt;" in text_of(client.get(f"/admin/builds/{release.pk}/"))
    news = client.get(f"/admin/builds/{release.pk}/rows/?after=1").json()
    assert (news["lines"], news["next_ms"], news["words"]) == ([], 1000, "Being built")
    type(release).objects.filter(pk=release.pk).update(status="failed", problem="npm failed")
    news = client.get(f"/admin/builds/{release.pk}/rows/").json()
    assert (news["next_ms"], news["result"]) == (None, "npm failed")


def test_home_tells_which_servers_are_ahead_of_what_is_live(production, viewer, sign_in):
    """What is live is what was proved everywhere; visitors of some servers get another one."""
    factories.make_deployment(production)
    row = factories.make_deployment(production, status="running")
    client, ahead = sign_in(viewer), "Not checked everywhere yet: "
    row.targets.update(status="proved", switched_at=timezone.now())
    assert ahead not in home(client)
    Deployment.objects.filter(pk=row.pk).update(switching_at=timezone.now(),
                                                status="needs_attention")
    row.targets.filter(server_name="web-2").update(status="unknown", step="switch")
    assert f"{ahead}{row.release.title} on web-1<" in home(client)
    row.targets.filter(server_name="web-2").update(status="failed", step="commands after")
    assert f"{ahead}{row.release.title} on web-1 and web-2<" in home(client)
    row.targets.update(status="reverted")
    assert ahead not in home(client)
