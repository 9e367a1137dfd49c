"""The page of numbers: whose projects it counts, what it says of none, and that it draws what it
tells."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deployments.pages.charts import Series, counts_chart, lengths_chart, percent, rates_chart
from deployments.pages.lengths import length
from deployments.services.spans import Span
from tests import factories
from tests.unit.pages.test_release_pages import text_of

ADDRESS = "/admin/numbers/"
MONDAYS = [(timezone.now() - timedelta(weeks=number)).date() for number in (1, 0)]


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    yield
    cache.clear()


def released(environment, **over):
    at = timezone.now()
    return factories.make_deployment(environment, claimed_at=at - timedelta(seconds=90),
                                     finished_at=at, **over)


def test_the_page_tells_each_number_with_its_meaning(staging, viewer, sign_in):
    """Tiles, charts and tables of what the viewer may look at."""
    row = released(staging)
    released(staging, status="failed")
    page = text_of(sign_in(viewer).get(ADDRESS))
    assert "1 min 30 s" in page
    assert "50 %" in page
    assert "1 of 2 releases; all before the switch, where visitors notice nothing" in page
    assert "From when a worker took a release up until every server was proved to run it." in page
    assert f'href="/admin/progress/{row.pk}/"' in page
    assert "style=" not in page


def test_nothing_released_is_said_and_not_drawn(staging, viewer, sign_in):
    """No chart of zeros."""
    page = text_of(sign_in(viewer).get(ADDRESS))
    assert "Nothing was released in these weeks." in page
    assert "chart" not in page


def test_projects_of_others_are_neither_counted_nor_named(staging, viewer, sign_in):
    """Not even by asking for them in the address."""
    secret = factories.make_project(name="Secret", slug="secret")
    released(factories.make_environment(secret, slug="covert"))
    page = text_of(sign_in(viewer).get(f"{ADDRESS}?project=secret"))
    assert "Nothing was released in these weeks." in page
    assert "Secret" not in page
    assert "covert" not in page


@pytest.mark.parametrize(("asked", "is_there"), [
    ("project=shop&environment=staging&weeks=26", True), ("environment=production", False),
    ("weeks=9999999999", True), ("weeks=x", True), ("project=%00", False)])
def test_the_address_holds_the_filters(asked, is_there, staging, production, viewer, sign_in):
    """What cannot be read falls back to twelve weeks."""
    released(staging)
    page = text_of(sign_in(viewer).get(f"{ADDRESS}?{asked}"))
    assert ("Versions put live" in page) is is_there


def test_it_only_shows(staging, viewer, sign_in, client):
    """Another method is refused, a stranger is sent to sign in."""
    assert sign_in(viewer).post(ADDRESS).status_code == 405
    assert "/login/" in client.get(ADDRESS)["Location"]


def test_queries_do_not_grow_with_projects(shop, viewer, sign_in):
    """One more project costs no query more."""
    client, counts = sign_in(viewer), []
    for number in range(3):
        project = factories.make_project()
        factories.make_grant(viewer, "look", project=project)
        released(factories.make_environment(project, slug=f"e{number}"))
        client.get(ADDRESS)
        with CaptureQueriesContext(connection) as captured:
            client.get(ADDRESS)
        counts.append(len(captured))
    assert counts[1] == counts[2]


@pytest.mark.parametrize(("seconds", "words"), [
    (0, "0 s"), (59.6, "1 min"), (90, "1 min 30 s"), (3600, "1 h"), (176_500, "2 days 1 h"),
    (86_400, "1 day")])
def test_lengths_are_told_in_two_units_at_most(seconds, words):
    """The second only where it is not nothing."""
    assert length(seconds) == words


def test_shares_have_a_digit_where_it_matters():
    """Below ten percent."""
    assert [percent(share) for share in (0, 0.034, 0.5, 1)] == ["0 %", "3.4 %", "50 %", "100 %"]


def test_bars_stand_on_each_other_and_inside_the_plot():
    """The failed ones on top of the live ones."""
    week = counts_chart("n", "t", MONDAYS, Series("live", "good", [2, 0]),
                        Series("failed", "bad", [1, 0])).weeks[0]
    live, failed = week["bars"]
    assert failed["y"] + failed["height"] == pytest.approx(live["y"])
    assert "2 live, 1 failed" in week["words"]


def test_a_worst_far_beyond_is_marked_at_the_edge():
    """It would make all others look like nothing."""
    chart = lengths_chart("n", "t", MONDAYS, [Span(3, 60, 6000, 1), None])
    assert chart.weeks[0]["marks"][0]["is_beyond"]
    assert chart.weeks[1]["bars"] == []
    assert "nothing" in chart.weeks[1]["words"]


def test_weeks_in_which_nothing_ended_have_no_rate():
    """No share of nothing."""
    chart = rates_chart("n", "t", MONDAYS, Series("failed", "bad", [None, 1]))
    assert chart.weeks[0]["bars"] == []
    assert chart.grid[-1]["words"] == "100 %"


def test_one_is_counted_in_the_singular(production, releaser, sign_in):
    """“0 for 1 version”, “0 of 1 release”, and the busiest week is a full one."""
    factories.make_deployment(production)
    said = text_of(sign_in(releaser).get("/admin/numbers/"))
    assert "0 for 1 version that went live" in said
    assert "0 of 1 release" in said
    assert "1 releases" not in said
    assert "in the busiest full week" in said
