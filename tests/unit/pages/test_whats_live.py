"""The home page with many projects: as a matrix, narrowed, a part at a time, and quick."""

import re

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deployments import policy
from deployments.models import Deployment, Pause
from deployments.pages import live_choice
from deployments.pages.live_columns import columns_of
from deployments.pages.live_places import Place
from deployments.services.standings import Standing, places_of, standings
from deployments.services.way_back import release_before, releases_before
from tests import factories
from tests.unit.pages.test_release_pages import text_of
from tests.unit.services.test_gates import make_freeze


@pytest.fixture
def anna(db):
    """May look, release and go back everywhere."""
    return factories.make_user("anna", None, "look", "release", "go_back")


@pytest.fixture
def ben(db):
    """May look and approve everywhere."""
    return factories.make_user("ben", None, "look", "approve")


def make_site(name, *slugs, **over):
    """A project with these environments, each with two versions that went live and a server."""
    project = factories.make_project(name=name, slug=name.lower(), **over)
    places = [factories.make_environment(project, slug=slug, position=at)
              for at, slug in enumerate(slugs)]
    for place in places:
        factories.make_installation(place, server=factories.make_server("web-1"))
        for _ in range(2):
            factories.make_deployment(place)
    return project, *places


def queries_of(client, path="/admin/"):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def names_in(client, path):
    """Names of the projects that the page shows, in order."""
    return re.findall(r'class="name"[^>]*>([^<]+)<', client.get(path).text)


def busy_site(number, anna, ben):
    """A site in which everything happens that costs a question."""
    _, staging, production = make_site(f"Site{number}", "staging", "production")
    factories.make_rule(production, ben)
    factories.make_deployment(staging, status="running", requested_by=anna)
    factories.make_deployment(staging, status="waiting_turn", requested_by=anna)
    factories.make_deployment(production, kind="reload")
    factories.make_deployment(production, status="voided")
    Pause.objects.create(environment=staging, reason="Stock-taking", paused_by_name="Ines")
    asked_for(factories.make_environment(production.project, slug="training"), anna, ben)


def asked_for(place, anna, ben):
    """Somebody wants the version back that was live before; one of a group must agree."""
    factories.make_installation(place, server=factories.make_server("web-1"))
    before = factories.make_deployment(place, fence=1).release
    factories.make_deployment(place, fence=2)
    leads, _ = Group.objects.get_or_create(name="Shop leads")
    leads.user_set.add(ben)
    factories.make_rule(place).groups.add(leads)
    factories.make_deployment(place, release=before, kind="rollback", requested_by=anna,
                              status="awaiting_approval")


def test_many_projects_need_no_more_questions_than_two(anna, ben, sign_in):
    """The page asks the database as often for twenty projects, each with a request that waits for
    the approver, as for two; so does every page, whose menu counts these."""
    clients, pages = [sign_in(anna), sign_in(ben)], ["/admin/", "/admin/help/", "/admin/approvals/"]
    for number in range(2):
        busy_site(number, anna, ben)
    few = [queries_of(client, path) for client in clients for path in pages]
    for number in range(2, 20):
        busy_site(number, anna, ben)
    assert [queries_of(client, path) for client in clients for path in pages] == few
    assert "Waiting for you (20)" in clients[1].get("/admin/").text


def test_what_is_asked_of_entries_read_once_is_answered_as_ever(
        staging, production, releaser, viewer, approver):
    """Every question, with the same words; entries, and nothing else, are read in advance."""
    factories.make_grant(viewer, "release", environment=staging, networks="10.0.0.0/8")
    for person in (releaser, viewer, approver):
        actor = factories.actor_for(person)
        once = policy.gathered(actor)
        for place in (staging, production):
            for ask in (policy.may_release, policy.may_go_back, policy.may_examine):
                assert ask(once, place) == ask(actor, place)
        assert policy.may_set_up(once) == policy.may_set_up(actor)
        assert policy.reach(once, "set_up") == policy.reach(actor, "set_up")
        assert policy.may_look(once, staging.project) == policy.may_look(actor, staging.project)


def test_standings_say_what_the_single_questions_say(shop, staging, production):
    """Live, newest and where going back leads, of many at once and one by one."""
    for place in (staging, production):
        for _ in range(3):
            factories.make_deployment(place)
    back = Deployment.objects.proved().filter(environment=staging).last().release
    factories.make_deployment(staging, release=back, kind="rollback")
    reloaded = Deployment.objects.live(production)
    factories.make_deployment(production, release=reloaded.release, kind="reload")
    line = factories.make_deployment(production, status="waiting_turn")
    found = {row.environment: row for row in standings(places_of([shop]))}
    for place, row in found.items():
        before = release_before(place)
        assert row.before == (before and before.pk)
        assert row.live.release == Deployment.objects.live(place).release
    assert found[production].live == reloaded
    assert found[production].in_line == [line]
    assert found[production].newest.kind == "reload"
    assert releases_before([staging]) == {}


def test_projects_are_found_by_words_of_their_names(anna, sign_in):
    """Whatever the order and the case; what is asked for stays in the box."""
    for name in ("Webshop", "Web-api", "Intranet"):
        make_site(name, "staging")
    client = sign_in(anna)
    assert names_in(client, "/admin/?q=WEB") == ["Web-api", "Webshop"]
    assert names_in(client, "/admin/?q=shop+web") == ["Webshop"]
    answer = client.get("/admin/?q=nothing<").text
    assert "No project is called “nothing&lt;”." in answer
    assert 'value="nothing&lt;"' in answer


def test_needs_me_shows_what_waits_for_this_person(anna, ben, sign_in):
    """What they could approve, decide or start; to somebody else it says that nothing does."""
    _, production = make_site("Webshop", "production")
    make_site("Intranet", "production")
    factories.make_rule(production, ben)
    factories.make_deployment(production, status="awaiting_approval", requested_by=anna)
    assert names_in(sign_in(ben), "/admin/?show=mine") == ["Webshop"]
    assert "Nothing needs you." in sign_in(anna).get("/admin/?show=mine").text
    Deployment.objects.filter(status="awaiting_approval").update(status="approved")
    assert names_in(sign_in(anna), "/admin/?show=mine") == ["Webshop"]
    Deployment.objects.filter(status="approved").update(status="needs_attention")
    assert names_in(sign_in(ben), "/admin/?show=mine") == []
    factories.make_grant(ben, "decide")
    assert names_in(sign_in(ben), "/admin/?show=mine") == ["Webshop"]


def test_problems_shows_where_something_went_wrong(anna, sign_in):
    """The newest deployment counts: what was mended is no problem; nonsense shows all."""
    _, first = make_site("Webshop", "production")
    make_site("Intranet", "production")
    client = sign_in(anna)
    assert "No problems:" in client.get("/admin/?show=problems").text
    factories.make_deployment(first, status="failed")
    assert names_in(client, "/admin/?show=problems") == ["Webshop"]
    factories.make_deployment(first)
    assert names_in(client, "/admin/?show=problems") == []
    assert len(names_in(client, "/admin/?show=nonsense&after=nowhere")) == 2


def test_many_projects_come_a_part_at_a_time(anna, sign_in, monkeypatch):
    """By name; each part leads to the next and the one before, with what was searched for."""
    monkeypatch.setattr(live_choice, "SHOWN", 2)
    for name in ("Alpha", "Beta", "Gamma", "Delta", "Other"):
        make_site(f"{name}-site", "staging")
    client = sign_in(anna)
    assert names_in(client, "/admin/?q=site") == ["Alpha-site", "Beta-site"]
    answer = text_of(client.get("/admin/?q=site&after=beta-site"))
    assert names_in(client, "/admin/?q=site&after=beta-site") == ["Delta-site", "Gamma-site"]
    assert 'href="?q=site&amp;after=gamma-site"' in answer
    assert 'href="?q=site"' in answer
    assert "5 projects in all" in answer
    assert "More projects" not in client.get("/admin/?after=gamma-site").text


def test_a_project_with_names_of_its_own_has_a_row_without_columns(shop):
    """Columns are the names most projects have; nobody's environment is left out."""
    sites = [make_site(name, *slugs) for name, slugs in (
        ("One", ("staging", "production")), ("Two", ("production",)),
        ("Many", ("north", "south", "east", "west", "production")))]
    found = [Place(Standing(place)) for _, *places in sites for place in places]
    columns, rows = columns_of([*(project for project, *_ in sites), shop], found)
    assert columns == ["Production"]
    shown = [place for row in rows for place in (*row.cells, *row.places) if place]
    assert sorted(map(id, shown)) == sorted(map(id, found))
    assert [(len(row.cells), len(row.places)) for row in rows] == [(0, 2), (1, 0), (0, 5), (0, 0)]
    assert columns_of([shop], found[:2])[0] == ["Staging", "Production"]


def test_a_frozen_or_paused_place_says_so_where_it_stands(staging, production, releaser, sign_in):
    """Beside the banner, which may be about another one."""
    make_freeze(environment=production)
    Pause.objects.create(environment=staging, reason="Stock-taking", paused_by_name="Ines")
    answer = text_of(sign_in(releaser).get("/admin/"))
    assert "Frozen<span class=\"away\">: Shop - Production" in answer
    assert "Paused<span class=\"away\">: Shop - Staging" in answer
    assert answer.count(">Frozen<") == answer.count(">Paused<") == 1


@pytest.mark.parametrize("part", ["banners", "asked", "whole"])
def test_the_page_has_the_parts_that_its_script_takes_over(releaser, staging, sign_in, part):
    """By these names; and the two notices it may show are there, hidden."""
    answer = sign_in(releaser).get("/admin/").text
    assert f'data-live="{part}"' in answer
    assert f'data-live="{staging.pk}"' in answer
    assert len(re.findall(r'data-part="(?:lost|signed-out)"[^>]* hidden>', answer)) == 2


def test_what_runs_says_when_it_goes_back(anna, sign_in):
    """The state reads “Releasing” for both."""
    _, place = make_site("Shop", "production")
    running = factories.make_deployment(place, status="running", kind="rollback")
    assert f"back to {running.release.title} in Production" in text_of(sign_in(anna).get("/admin/"))


def test_who_sets_up_is_led_from_there_to_the_rules(production, approval_rule, approver, admin,
                                                    sign_in):
    """To those of that environment, not to a list of all of them."""
    approver.grants.all().delete()
    rules = f'href="/admin/deployments/environment/{production.pk}/change/#approval_rules-group"'
    client = sign_in(admin)
    assert rules in client.get("/admin/").text
    change = client.get(f"/admin/deployments/environment/{production.pk}/change/").text
    assert 'id="approval_rules-group"' in change
