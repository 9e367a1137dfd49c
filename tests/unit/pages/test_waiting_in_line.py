"""Waiting for a turn, as people see it: before they ask, on the progress page, on the home page."""

import re
from datetime import timedelta

import pytest

from deployments.models import Deployment, Project
from tests import factories
from tests.unit.pages.test_progress_page import rows
from tests.unit.pages.test_release_pages import form_of, text_of

REVIEW = "/admin/release/shop/production/review/"
RULES, CONFIRM = (REVIEW.replace("review", step) for step in ("rules", "confirm"))


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
    rules = client.get(f"{RULES}?version={version.name}")
    assert "Ada&#x27;s release of 2.8.1 is on its way; yours would be next." in text_of(rules)
    page = client.get(f"{CONFIRM}?version={version.name}")
    assert "Wait in line</button>" in text_of(page)
    answer = client.post(CONFIRM, form_of(page))
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
    page = text_of(sign_in(releaser).get(f"{CONFIRM}?version={version.name}"))
    assert "Ada already asked to release Shop 2.8.1 (Production) (releasing)." in page
    assert f'href="/admin/progress/{holder.pk}/">Watch it' in page
    assert 'data-busy="Sending' not in page


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


@pytest.fixture
def one_after_the_other(production, shop):
    """2.7.0 is live, 2.8.1 on its way, 2.9.0 built: three commits in a row."""
    Project.objects.filter(pk=shop.pk).update(when_busy=Project.WAIT)
    commits = factories.make_commits(shop, "Old", "Taxes", "Stock")
    old, taxes, stock = (
        factories.make_release(shop, label=label, commit_sha=commit.sha)
        for label, commit in zip(("2.7.0", "2.8.1", "2.9.0"), commits, strict=True))
    factories.make_deployment(production, release=old)
    return old, factories.make_deployment(production, status="running", release=taxes), stock


def test_what_waits_is_compared_with_the_version_that_comes_first(
        one_after_the_other, production, releaser, sign_in):
    """Not with what is live now: that is gone by its turn, unless the first one fails."""
    _, first, stock = one_after_the_other
    client = sign_in(releaser)
    page = text_of(client.get(f"{REVIEW}?version={stock.name}"))
    assert re.search(r"instead of <span class=\"version\">2\.8\.1</span>.{,60}, which comes first",
                     page)
    assert "What changes (1)" in page
    assert f'Compared with <a href="/admin/progress/{first.pk}/">2.8.1</a>' in page
    again = text_of(client.get(f"{REVIEW}?version={first.release.name}"))
    assert "Nothing: this is what comes first already." in again
    factories.make_deployment(production, status="waiting_turn", release=stock, kind="reload")
    assert "2.8.1</a>, which comes first" in text_of(client.get(f"{REVIEW}?version={stock.name}"))
    Deployment.objects.filter(pk=first.pk).update(going_back_as="failed")
    assert "What changes (2)" in text_of(client.get(f"{REVIEW}?version={stock.name}"))


def test_going_back_in_line_takes_away_what_comes_first_too(
        one_after_the_other, production, shop, releaser, sign_in):
    """The same comparison on its own page."""
    oldest = factories.make_release(shop, label="2.6.0")
    row = factories.make_deployment(production, release=oldest)
    Deployment.objects.filter(pk=row.pk).update(finished_at=row.finished_at - timedelta(days=9))
    page = text_of(sign_in(releaser).get(
        f"/admin/go-back/shop/production/?version={oldest.name}"))
    assert "What is taken away (2)" in page
    assert ", which comes first, back to" in page


def test_who_asked_already_is_led_to_the_request_that_waits(waiting, version, releaser, sign_in):
    """Standing in line twice is refused, so it is not offered."""
    client = sign_in(releaser)
    page = client.get(f"{CONFIRM}?version={version.name}")
    for text in (text_of(page), text_of(client.post(CONFIRM, {
            "version": version.name, "sha": version.commit_sha, "reason": "once more"}))):
        assert "You asked to release Shop 2.9.0 (Production) already: Ada&#x27;s" in text
        assert "yours is next." in text
        assert f'href="/admin/progress/{waiting.pk}/">Watch it</a>' in text
        assert "yours would be" not in text
        assert "Wait in line</button>" not in text
        assert ", which comes first" in text
    assert "once more" in text


def test_a_branch_that_waits_to_be_built_is_not_offered_twice(holder, shop, releaser, sign_in):
    """It names the commit that waits already."""
    factories.make_commits(shop)
    client = sign_in(releaser)
    client.post(CONFIRM, form_of(client.get(f"{CONFIRM}?version=main")))
    page = text_of(client.get(f"{CONFIRM}?version=main"))
    assert "Wait in line</button>" not in page
    assert f'href="/admin/progress/{Deployment.objects.latest("pk").pk}/">Watch it</a>' in page


def test_another_person_may_wait_for_the_same(waiting, version, approver, shop, sign_in):
    """It is theirs to stop, not this one's."""
    factories.make_grant(approver, "release", project=shop)
    client = sign_in(approver)
    assert "yours would be second in line" in text_of(
        client.get(f"{RULES}?version={version.name}"))
    page = text_of(client.get(f"{CONFIRM}?version={version.name}"))
    assert "Wait in line</button>" in page


def test_a_form_that_came_too_late_offers_nothing_and_leads_to_who_was_first(
        holder, shop, version, releaser, sign_in):
    """The answer to it is the page that opening it anew would show."""
    Project.objects.filter(pk=shop.pk).update(when_busy=Project.REFUSE)
    answer = sign_in(releaser).post(CONFIRM, {
        "version": version.name, "sha": version.commit_sha, "reason": "VAT"})
    text = text_of(answer)
    assert answer.status_code == 409
    assert 'data-busy="Sending' not in text
    assert f'href="/admin/progress/{holder.pk}/">Watch it' in text
    assert "Your reason was: VAT" in text


def test_who_was_first_oneself_reads_you(holder, shop, version, releaser, sign_in):
    """A second tab, for example."""
    Project.objects.filter(pk=shop.pk).update(when_busy=Project.REFUSE)
    Deployment.objects.filter(pk=holder.pk).update(requested_by=releaser)
    page = text_of(sign_in(releaser).get(f"{CONFIRM}?version={version.name}"))
    assert "You already asked to release Shop 2.8.1 (Production) (releasing)." in page
    assert "Ada already asked" not in page
