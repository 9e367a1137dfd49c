"""Waiting for a turn, as people see it: before they ask, on the progress page, on the home page."""

from datetime import timedelta

import pytest

from deployments.models import Deployment, Project
from tests import factories
from tests.unit.pages.test_progress_page import rows
from tests.unit.pages.test_release_pages import form_of, text_of

REVIEW = "/admin/release/shop/production/review/"


@pytest.fixture
def holder(production, shop):
    """Ada's release of 2.8.1 is on its way to production; who comes second waits."""
    Project.objects.filter(pk=shop.pk).update(when_busy=Project.WAIT)
    return factories.make_deployment(
        production, status="running", requested_by_name="Ada",
        release=factories.make_release(shop, label="2.8.1"))


@pytest.fixture
def version(shop):
    return factories.make_release(shop, label="2.9.0")


@pytest.fixture
def waiting(holder, production, version, releaser):
    return factories.make_deployment(production, status="waiting_turn", release=version,
                                     requested_by=releaser)


def test_who_asks_reads_whose_turn_it_is_and_may_wait(holder, version, releaser, sign_in):
    """It is no refusal: the button says what it does, and the click leads to the progress page."""
    client = sign_in(releaser)
    page = client.get(f"{REVIEW}?version={version.name}")
    assert "Ada&#x27;s release of 2.8.1 is on its way; yours would be next." in text_of(page)
    assert "Wait in line</button>" in text_of(page)
    answer = client.post(REVIEW, form_of(page))
    row = Deployment.objects.latest("pk")
    assert (answer.status_code, row.status) == (303, "waiting_turn")
    assert answer["Location"] == f"/admin/progress/{row.pk}/"


def test_going_back_may_wait_too(holder, production, shop, releaser, sign_in):
    """The same rule on its own page."""
    for label in ("2.7.0", "2.8.0"):
        factories.make_deployment(production, release=factories.make_release(shop, label=label))
    page = text_of(sign_in(releaser).get("/admin/go-back/shop/production/"))
    assert "yours would be next" in page
    assert "Wait in line</button>" in page


def test_without_waiting_the_page_says_why_not_and_leads_there(holder, shop, version, releaser,
                                                               sign_in):
    """By default the second is refused, with whose turn it is."""
    Project.objects.filter(pk=shop.pk).update(when_busy=Project.REFUSE)
    page = text_of(sign_in(releaser).get(f"{REVIEW}?version={version.name}"))
    assert "Ada already asked to release Shop 2.8.1 (Production) (releasing)." in page
    assert f'href="/admin/progress/{holder.pk}/">Watch it' in page
    assert 'type="submit" data-busy="Starting' not in page


def test_the_page_of_who_waits_says_whose_turn_it_is(waiting, releaser, viewer, sign_in):
    """It keeps asking, and can be stopped by who may release."""
    news = rows(sign_in(releaser), waiting)
    assert (news["words"], news["tone"]) == ("Waiting for its turn", "wait")
    assert news["step"] == "Ada's release of 2.8.1 is on its way; yours is next."
    assert news["next_ms"]
    assert news["offers"]["stop"]
    assert {cell["words"] for cell in news["targets"][0]["cells"]} == {"Done", "Waiting"}
    theirs = rows(sign_in(viewer), waiting)
    assert theirs["step"] == "Ada's release of 2.8.1 is on its way; this one is next."
    assert not theirs["offers"]["stop"]


def test_who_waits_can_stop_it_on_the_page(waiting, releaser, sign_in):
    """One click, and it has ended."""
    assert sign_in(releaser).post(f"/admin/progress/{waiting.pk}/stop/").status_code == 303
    waiting.refresh_from_db()
    assert waiting.status == "cancelled"


def test_the_time_before_its_turn_is_no_fault_of_the_worker(waiting, holder, releaser, sign_in):
    """It stood in line for hours; its worker has had a second."""
    long_ago = waiting.requested_at - timedelta(hours=2)
    Deployment.objects.filter(pk=holder.pk).update(
        status="succeeded", finished_at=waiting.requested_at)
    Deployment.objects.filter(pk=waiting.pk).update(status="queued", requested_at=long_ago)
    type(waiting.release).objects.update(built_at=long_ago)
    assert rows(sign_in(releaser), waiting)["step"] == "It starts in a moment."


def test_home_names_who_waits_and_lets_others_join(waiting, holder, releaser, sign_in):
    """What is on its way comes first, then the line, with a button to stand in it."""
    page = text_of(sign_in(releaser).get("/admin/"))
    assert f'Next: <a href="/admin/progress/{waiting.pk}/">2.9.0 by releaser</a>' in page
    assert "2.8.1 by Ada" in page
    assert 'href="/admin/release/shop/production/"' in page


def test_who_waits_is_found_among_what_is_going_on(waiting, viewer, sign_in):
    """History's filter leaves no state out."""
    page = text_of(sign_in(viewer).get("/admin/history/?result=going-on"))
    assert "Waiting for its turn" in page
