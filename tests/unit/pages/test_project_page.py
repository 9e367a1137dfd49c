"""The page of a project: environments, versions, history and servers of one project alone."""

import pytest

from deployments.models import Checkup, Deployment, DriftCheck, Pause, Target
from deployments.pages.approved_words import shown_at
from tests import factories
from tests.unit.pages.test_release_pages import text_of

TABS = ("", "versions/", "history/", "servers/")


def shown(client, tab=""):
    return text_of(client.get(f"/admin/projects/shop/{tab}"))


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_opens_for_who_may_look_and_for_nobody_else(shop, viewer, sign_in, tab):
    """Works while nothing is there yet; other methods, other people, and what is not there."""
    client = sign_in(viewer)
    assert client.get(f"/admin/projects/shop/{tab}").status_code == 200
    assert client.post(f"/admin/projects/shop/{tab}").status_code == 405
    assert client.get(f"/admin/projects/nowhere/{tab}").status_code == 404
    stranger = sign_in(factories.make_user("stranger", factories.make_project(), "look"))
    assert stranger.get(f"/admin/projects/shop/{tab}").status_code == 403


def test_a_card_says_what_is_live_and_where_its_buttons_lead(staging, releaser, sign_in):
    """The version by name on both buttons; what was live before is where going back leads."""
    old = factories.make_deployment(staging)
    new = factories.make_deployment(staging, requested_by_name="Anna", previous=old.release)
    answer = shown(sign_in(releaser))
    assert f'class="version">{new.release.title}<' in answer
    assert "by Anna" in answer
    assert "Release to Staging…" in answer
    assert f"Go back to {old.release.title}…" in answer


def test_a_card_counts_what_changed_and_what_waits(staging, viewer, sign_in):
    """Three commits: the first was live before, the second is live, the third waits."""
    project = staging.project
    first, second, _ = factories.make_commits(project, "First", "Second", "Third")
    was = factories.make_release(project, commit_sha=first.sha)
    factories.make_deployment(staging, release=was)
    factories.make_deployment(staging, previous=was, release=factories.make_release(
        project, commit_sha=second.sha))
    answer = shown(sign_in(viewer))
    assert "What changed since the last one (1)" in answer
    assert 'class="subject">Second<' in answer
    assert "1 newer change on main waits to go live." in answer
    assert "Third" not in answer


def test_a_card_counts_no_changes_where_somebody_went_back(staging, viewer, sign_in):
    """Going back brought none: “(0)” would read as if nothing had happened."""
    first, second = factories.make_commits(staging.project, "First", "Second")
    new, old = (factories.make_release(staging.project, commit_sha=each.sha)
                for each in (second, first))
    factories.make_deployment(staging, release=old, previous=new, kind="rollback")
    assert "What changed since the last one" not in shown(sign_in(viewer))


def test_a_pause_stands_above_with_who_and_why_and_its_way_out(staging, releaser, sign_in):
    """Whoever may release there may end it from here."""
    Pause.objects.create(environment=staging, reason="Stock-taking", paused_by_name="Ines")
    answer = shown(sign_in(releaser))
    assert "Paused: no releases to Shop (Staging)" in answer
    assert "“Stock-taking” (Ines)" in answer
    assert "Release again" in answer


def test_settings_lead_to_the_form_for_who_may_see_it(shop, viewer, admin, sign_in):
    """Others have no such tab."""
    assert ">Settings<" in shown(sign_in(admin))
    assert ">Settings<" not in shown(sign_in(viewer))


def test_versions_say_where_they_are_and_were_live(staging, production, viewer, sign_in):
    """A version that was replaced somewhere may still be live elsewhere."""
    old = factories.make_release(staging.project, label="1.0")
    for place in (staging, production):
        factories.make_deployment(place, release=old)
    factories.make_deployment(staging, release=factories.make_release(
        staging.project, label="2.0"))
    rows = shown(sign_in(viewer), "versions/").split("<tr ")[2:]
    assert [(">Staging</span>" in row, ">Production</span>" in row,
             'Was live in">Staging<' in row) for row in rows] == [
        (True, False, False), (False, True, True)]


def test_its_history_is_its_own(staging, viewer, sign_in):
    """Sentences as on the page History; nothing of other projects."""
    factories.make_deployment(staging, requested_by_name="Anna")
    other = factories.make_deployment(requested_by_name="Neighbour")
    answer = shown(sign_in(viewer), "history/")
    assert answer.count('class="event"') == 1
    assert other.requested_by_name not in answer


def test_a_server_says_when_its_cache_was_really_reset(staging, viewer, sign_in):
    """Never for another strategy, nor where nothing was reset; looks are told when there are."""
    row = factories.make_deployment(staging)
    client = sign_in(viewer)
    for evidence, told in (({"strategy": "realpath", "cache": {}}, False),
                           ({"strategy": "reset", "cache": {}}, False),
                           ({"strategy": "reset", "cache": None}, False),
                           ({"strategy": "reset"}, False),
                           ({"strategy": "reset", "cache": {"fpm": {"waited_ms": 3}}}, True)):
        Target.objects.filter(deployment=row).update(evidence=evidence)
        answer = shown(client, "servers/")
        assert ('data-label="PHP cache reset"><span class="none"' not in answer) is told
    assert answer.count("Not yet<") == 2 * staging.installations.count()
    place = staging.installations.first()
    for model in (Checkup, DriftCheck):
        model.objects.create(installation=place, answered_at=row.finished_at)
    DriftCheck.objects.update(is_good=False)
    answer = shown(client, "servers/")
    assert "Not as released" in answer
    assert Deployment.objects.count() == 1


def test_a_card_says_who_approved_what_is_live(production, approver, viewer, sign_in):
    """As the page of the release says it; a yes that was taken back is none."""
    live = factories.make_deployment(production, requested_by_name="Anna")
    vote = live.approvals.create(user=approver, user_name="Ben", answer="yes", plan_hash="x")
    client, words = sign_in(viewer), f"by Anna, approved by Ben ({shown_at(vote.answered_at)})<"
    assert words in shown(client)
    live.approvals.create(user=approver, user_name="Ben", answer="withdrawn", plan_hash="x")
    assert "approved by Ben" not in shown(client)
