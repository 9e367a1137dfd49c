"""The page “Release”: where this person may release to, and why not elsewhere."""

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.factories import make_user

PAGE = "/admin/release/"


def text_of(answer):
    """What the page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.fixture
def places(production, staging):
    """Two environments of one project, and one of another."""
    other = factories.make_project(name="Blog", slug="blog")
    return production, staging, factories.make_environment(other, slug="production")


def test_what_is_open_stands_first_and_the_rest_with_its_reason(places, sign_in):
    """Each with the one thing that leads on: choosing a version, or asking for access."""
    production, staging, _ = places
    person = make_user("half", production.project, "look")
    factories.make_grant(person, "release", project=production.project, environment=staging)
    answer = sign_in(person).get(PAGE)
    text = text_of(answer)
    assert text.index("You may release to") < text.index("Not open to you")
    assert f'href="/admin/release/{staging.project.slug}/{staging.slug}/"' in answer.text
    assert f'href="/admin/release/{production.project.slug}/{production.slug}/"' not in answer.text
    assert f"place={production.project.slug}/{production.slug}" in answer.text
    assert "nobody gave you this right yet" in text
    assert "Blog" not in text


def test_a_demanded_second_step_leads_to_setting_it_up(production, releaser, sign_in):
    """Asking for access would not help."""
    production.needs_two_step = True
    production.save()
    answer = sign_in(releaser).get(PAGE)
    assert "needs two-step sign-in" in text_of(answer)
    assert ">Ask for access" not in answer.text


def test_a_search_leaves_what_was_meant(places, sign_in, admin):
    """All words count, in project, environment or site; nothing found is said."""
    browser = sign_in(admin)
    assert "Blog" in text_of(browser.get(PAGE, {"q": "blog produ"}))
    assert "Blog" not in text_of(browser.get(PAGE, {"q": "staging"})).partition("Search")[2]
    assert "Nothing matches" in text_of(browser.get(PAGE, {"q": "blog nowhere"}))


def test_many_places_cost_no_more_questions(places, releaser, sign_in):
    """The person's entries are read once for all of them."""
    browser = sign_in(releaser)
    browser.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        browser.get(PAGE)
    for number in range(20):
        factories.make_environment(places[0].project, slug=f"place-{number}")
    with CaptureQueriesContext(connection) as many:
        browser.get(PAGE)
    assert len(many) == len(few)


def test_nothing_to_release_says_what_to_do(db, sign_in, admin):
    """Without an environment, and without any project."""
    assert "No project is open to you yet" in text_of(sign_in(admin).get(PAGE))
    factories.make_project()
    assert "No project has an environment yet" in text_of(sign_in(admin).get(PAGE))


def test_only_looking_is_possible_there(releaser, sign_in):
    """A press is refused, and a stranger is asked to sign in."""
    assert sign_in(releaser).post(PAGE).status_code == 405


def test_a_stranger_is_asked_to_sign_in(client, db):
    """As everywhere."""
    assert client.get(PAGE).status_code == 302
