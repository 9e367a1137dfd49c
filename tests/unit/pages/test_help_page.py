"""Help: anybody signed in may read and search it, and pages lead to its entries."""

import pytest

from tests import factories
from tests.unit.pages.test_release_pages import text_of

ADDRESS = "/admin/help/"


def test_everything_is_there_and_closed_but_for_what_led_here(shop, viewer, sign_in):
    """The part with the asked entry is open, without any script."""
    page = text_of(sign_in(viewer).get(f"{ADDRESS}?see=state-target-unknown"))
    assert '<li id="state-target-unknown">' in page
    assert '<details class="card explained" id="states-target" open>' in page
    assert '<details class="card explained" id="states-deployment">' in page
    assert "style=" not in page


def test_a_search_shows_what_has_the_words_and_nothing_else(shop, viewer, sign_in):
    """All of it open, and counted."""
    page = text_of(sign_in(viewer).get(f"{ADDRESS}?q=MaxStartups"))
    assert "1 entry has these words." in page
    assert "MaxStartups" in page
    assert "state-deployment-failed" not in page


@pytest.mark.parametrize("query", ["nowhere-at-all", "<script>", "%00", "a" * 500])
def test_a_search_for_nothing_says_so(query, shop, viewer, sign_in):
    """And what may help; whatever was typed is only text."""
    answer = sign_in(viewer).get(ADDRESS, {"q": query})
    assert answer.status_code == 200
    assert "Nothing has all of these words." in text_of(answer)
    assert "<script>" not in text_of(answer).partition("<main")[2].partition("</main>")[0]


def test_it_only_shows(shop, viewer, sign_in, client):
    """Another method is refused, a stranger is sent to sign in."""
    assert sign_in(viewer).post(ADDRESS).status_code == 405
    assert "/login/" in client.get(ADDRESS)["Location"]


def test_a_failed_release_leads_to_what_its_sentence_means(staging, viewer, sign_in):
    """To the sentence where it is explained, else to the state."""
    row = factories.make_deployment(staging, status="failed", cause="web-1 offers only outdated "
                                    "encryption.", result="web-1 offers only outdated encryption.")
    page = text_of(sign_in(viewer).get(f"/admin/progress/{row.pk}/"))
    assert f'href="{ADDRESS}?see=said-offers-only-outdated-encryption#said-offers-only' in page
    row = factories.make_deployment(staging, status="rejected")
    page = text_of(sign_in(viewer).get(f"/admin/progress/{row.pk}/"))
    assert f'href="{ADDRESS}?see=state-deployment-rejected#state-deployment-rejected"' in page


def test_a_refusal_leads_to_what_it_means(production, viewer, sign_in):
    """On the page that refuses."""
    row = factories.make_deployment(production, status="queued")
    page = text_of(sign_in(viewer).post(f"/admin/progress/{row.pk}/stop/"))
    assert f'href="{ADDRESS}?see=said-nobody-gave-you-this-right-yet#' in page
