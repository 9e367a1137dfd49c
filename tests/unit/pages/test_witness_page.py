"""What visitors got: the page at its own address, and the picture on the deployment's page."""

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.urls import reverse
from django.utils import timezone

from deployments.models import Deployment, WitnessRecord
from deployments.pages.witness import witness_of
from deployments.pages.witness_picture import MOST_LANES
from deployments.witness_words import COUNTS
from tests import factories

BEGAN = timezone.now() - timedelta(hours=1)
MOMENTS = {"switch": 1000, "act": 1010, "coherent": 1400, "proved": 2500}


@pytest.fixture
def released(production, releaser):
    return factories.make_deployment(production, status="succeeded", requested_by=releaser)


def keep(deployment, *samples, target=None, moments=None, **counts):
    """A record of the deployment's first target, or of `target`."""
    fields = dict.fromkeys(COUNTS, 0) | {
        "requests": len(samples), "told": len(samples), "slowest_ms": 84, "ended_ms": 5500,
        "began_at": BEGAN, "samples": list(samples),
        "moments": MOMENTS if moments is None else moments,
        "paths": [{"path": "/", "sort": "page"}, {"path": "/<b>.css", "sort": "asset"}]} | counts
    return WitnessRecord.objects.create(target=target or deployment.targets.first(), **fields)


GOOD = ([0, 200, 5, 1, 0, 0], [500, 200, 5, 0, 1, 0], [1200, 200, 7, 1, 0, 4],
        [1500, 200, 84, 2, 0, 0], [3000, 200, 6, 2, 0, 0])


def page_of(client, deployment, name="deployment-witness"):
    return client.get(reverse(f"admin:{name}", args=[deployment.pk]))


def picture(text):
    """The page's SVG, read by an XML parser: it is well formed."""
    found = re.search(r"<svg class=\"witness\".*?</svg></figure>", text, re.DOTALL)[0]
    return ElementTree.fromstring(found.removesuffix("</figure>"))


def test_whoever_may_look_sees_sentence_picture_and_tables(released, viewer, sign_in):
    """All of it comes from the server: no script is needed."""
    keep(released, *GOOD, still_old=1)
    text = page_of(sign_in(viewer), released).content.decode()
    assert ("Every test visit got a good page while it was switched: 5 visits, none failed, none "
            "old or mixed; slowest 84 ms; 1 from the version before until PHP followed.") in text
    svg = picture(text)
    assert svg.find("title").text.startswith("What visitors got")
    assert "PHP uses it 0.40 s after the switch" in svg.find("desc").text
    assert "Until PHP used it" in text
    assert "style=" not in text
    assert "/&lt;b&gt;.css" in text


@pytest.mark.parametrize("name", ["deployment-progress", "deployment-witness"])
def test_both_pages_show_the_same_picture(released, viewer, sign_in, name):
    """On the deployment's own page, with a link to the other one."""
    keep(released, *GOOD)
    text = page_of(sign_in(viewer), released, name).content.decode()
    assert picture(text) is not None
    assert ("This picture at its own address" in text) == (name == "deployment-progress")


def test_what_visitors_got_is_told_once_on_the_page_of_the_release(released, viewer, sign_in):
    """With the result; the picture below it adds what the result does not tell."""
    released.targets.update(evidence={"pools": [{"pool": "www", "workers": 2, "proved": 2}]},
                            status="proved")
    keep(released, *GOOD)
    words = "<span>Every test visit got a good page while it was switched: 5 visits"
    text = page_of(sign_in(viewer), released, "deployment-progress").text
    assert text.partition('<svg class="witness"')[0].count(
        words.removeprefix("<span>")) == 1
    assert words not in text
    assert words in page_of(sign_in(viewer), released).text


def test_a_stranger_is_sent_to_sign_in_and_another_projects_person_away(
        released, client, sign_in):
    """It shows addresses of the site."""
    keep(released, *GOOD)
    assert page_of(client, released).status_code == 302
    other = factories.make_user("neighbour", factories.make_project(), "look")
    assert page_of(sign_in(other), released).status_code == 403


def test_it_only_answers_get(released, viewer, sign_in):
    """Nothing can be changed there."""
    address = reverse("admin:deployment-witness", args=[released.pk])
    assert sign_in(viewer).post(address).status_code == 405


def test_a_deployment_that_does_not_exist_is_not_found(released, viewer, sign_in):
    """A page with words, as everywhere."""
    assert sign_in(viewer).get(
        reverse("admin:deployment-witness", args=[released.pk + 1000])).status_code == 404


WATCHED = {"witness": {"rate": 5}}


@pytest.mark.parametrize(("changes", "words"), [
    ({"status": "running"}, "the picture is drawn when it has ended"),
    ({"plan": {}}, "No witness asked for pages during this release."),
    ({"plan": WATCHED, "attempts": 2}, "what its witness had seen was lost with it"),
    ({"plan": WATCHED}, "It ended before a server was switched"),
])
def test_where_there_is_no_record_the_page_says_why(released, viewer, sign_in, changes, words):
    """An empty picture would look like a good one."""
    Deployment.objects.filter(pk=released.pk).update(**changes)
    text = page_of(sign_in(viewer), released).content.decode().replace("&#x27;", "'")
    assert words in text
    assert "<svg class=\"witness\"" not in text


def test_each_trouble_has_its_shape_in_the_picture_and_its_row_in_the_table(released):
    """Failed, old after PHP had followed, mixed, failed before: a shape for each."""
    keep(released, *GOOD, [100, 502, 5, 0, 0, 5], [1600, 502, 9, 0, 0, 1],
         [1700, 200, 9, 1, 0, 2], [1800, 200, 9, 3, 0, 3], [1900, 0, 0, 0, 0, 6],
         failed=1, old=1, mixed=1, excused=1)
    shown = witness_of(released)
    marks = [mark["shape"] for mark in shown["figures"][0].lanes[0].marks]
    assert sorted(marks) == ["both", "cross", "excused", "unsent", "wrong"]
    assert marks[-1] == "cross"  # on top of all
    assert shown["shapes"] == {*marks, "untold"}
    assert [row["what"] for row in shown["troubles"]] == [
        "answered 502", "came from the old version", "was made of both versions"]
    assert shown["troubles"][0]["when"] == "0.60 s after the switch"
    assert shown["tone"] == "bad"
    after = shown["servers"][0]["parts"][-1]
    assert [(cell["name"], cell["value"]) for cell in after["cells"] if cell["tone"]] == [
        ("Old", "1"), ("Mixed", "1"), ("Failed", "1")]


def test_a_release_that_the_budget_turned_back_says_so(released, viewer, sign_in):
    """With what was allowed, and why more is counted than the reason names."""
    keep(released, *GOOD, [1700, 200, 9, 1, 0, 2], old=1)
    client = sign_in(viewer)
    assert "turned back by itself" not in page_of(client, released).content.decode()
    Deployment.objects.filter(pk=released.pk).update(
        cause="Visitors got 1 old answer (0 are allowed).",
        plan={"witness": {"rate": 5, "paths": [], "failed_allowed": 3}})
    assert ("allows (3 failed, 0 old, 0 mixed), so the release was turned back by itself."
            ) in page_of(client, released).content.decode()


def test_a_page_that_only_answers_404_is_no_good_news(released):
    """It would look well whatever was released; one that answered in the end is well."""
    paths = [{"path": "/", "sort": "page"}, {"path": "/gone", "sort": "page"}]
    never = [[time, 404, 5, 1, 1, 0] for time in (100, 1300, 2700)]
    row = keep(released, *GOOD[::2], *never, paths=paths)
    shown = witness_of(released)
    assert (shown["tone"], shown["icon"]) == ("warn", "warning")
    assert shown["sentence"].endswith(" /gone answered 404 all the time, so it shows nothing of "
                                      "the release: correct the witness's pages.")
    row.samples.append([3000, 200, 5, 2, 1, 0])
    row.save()
    shown = witness_of(released)
    assert (shown["tone"], "all the time" in shown["sentence"]) == ("good", False)


def test_nothing_told_is_no_good_news(released):
    """Old and mixed answers could not be seen; there are none before a first version."""
    keep(released, [0, 200, 5, 0, 0, 0], told=0, untold=1)
    assert witness_of(released)["tone"] == "good"
    released.previous = factories.make_release(released.environment.project)
    assert witness_of(released)["tone"] == "warn"


def test_servers_share_one_axis_and_keep_their_own_moments(production, releaser):
    """One began half a second later; both were switched at the same moment."""
    factories.make_installation(production)
    released = factories.make_deployment(production, status="succeeded", requested_by=releaser)
    first, second = released.targets.order_by("server_name")[:2]
    keep(released, *GOOD, target=first)
    late = {name: ms - 500 for name, ms in MOMENTS.items()}
    keep(released, [0, 200, 5, 1, 0, 0], target=second, moments=late | {"coherent": 1900},
         began_at=BEGAN + timedelta(milliseconds=500))
    figure = witness_of(released)["figures"][0]
    lines = [{line["moment"]: line["x"] for line in lane.lines} for lane in figure.lanes]
    assert lines[0]["switch"] == lines[1]["switch"]
    assert float(lines[0]["coherent"]) < float(lines[1]["coherent"])
    label = next(row for row in figure.labels if row["moment"] == "coherent")
    assert label["time"] == "+1.40 s"  # from here on all of them


def test_going_back_is_drawn_with_its_own_moments(released):
    """Labels of late moments stand left of their lines, within the picture."""
    keep(released, *GOOD, moments={"switch": 1000, "act": 1010, "coherent": 1400, "back": 4000,
                                   "back_coherent": 4300, "back_proved": 5400})
    figure = witness_of(released)["figures"][0]
    assert [row["moment"] for row in figure.labels] == [
        "switch", "act", "coherent", "back_proved", "back_coherent", "back"]
    assert [row["anchor"] for row in figure.labels] == ["start"] * 3 + ["end"] * 3
    bands = [band["what"] for band in figure.lanes[0].bands]
    assert bands == ["changing", "sure", "changing", "sure"]


def test_a_record_without_a_switch_is_drawn_too(released):
    """It went back before anything was switched, or only PHP was reloaded."""
    keep(released, [0, 200, 5, 1, 0, 0], moments={})
    keep_act = WitnessRecord.objects.get()
    assert witness_of(released)["figures"][0].lanes[0].bands == []
    WitnessRecord.objects.filter(pk=keep_act.pk).update(moments={"act": 100})
    assert [row["moment"] for row in witness_of(released)["figures"][0].labels] == ["act"]


def test_waves_are_figures_of_their_own(production, releaser):
    """Minutes may lie between them."""
    type(production).objects.update(canary_servers=1)
    production.refresh_from_db()
    factories.make_installation(production)
    released = factories.make_deployment(production, status="succeeded", requested_by=releaser)
    for target in released.targets.all():
        keep(released, *GOOD, target=target)
    figures = witness_of(released)["figures"]
    assert [figure.number for figure in figures] == [1, 2]
    assert [len(figure.lanes) for figure in figures] == [1, len(released.targets.all()) - 1]
    assert figures[0].title.startswith("Wave 1 of 2")


@pytest.mark.parametrize("servers", [2, 30])
def test_the_picture_stays_small_whatever_was_seen(production, releaser, viewer, sign_in, servers):
    """Six thousand samples a server, a third of them in trouble; troubled servers come first."""
    for _ in range(servers - production.installations.count()):
        factories.make_installation(production)
    released = factories.make_deployment(production, status="succeeded", requested_by=releaser)
    samples = [[ms, 502 if ms % 3 == 0 else 200, ms % 977, ms % 2 + 1, 0, int(ms % 3 == 0)]
               for ms in range(0, 12000, 2)]
    targets = list(released.targets.order_by("server_name", "pk"))
    for target in targets:
        is_last = target == targets[-1]
        keep(released, *samples, target=target, ended_ms=12000, failed=2000 if is_last else 0)
    text = page_of(sign_in(viewer), released).content.decode()
    svg = re.search(r"<svg class=\"witness\".*?</svg></figure>", text, re.DOTALL)[0]
    assert len(svg) <= 60_000
    assert len(picture(text).findall(".//rect[@class='ground']")) == min(servers, MOST_LANES)
    assert "2,000 failed" in svg
    if servers > MOST_LANES:
        assert f"{servers - MOST_LANES} more servers are in the table, not drawn" in text


def test_what_is_far_from_the_switch_is_counted_and_not_drawn(released):
    """Ten minutes of waiting would squeeze the second that matters."""
    moments = {"switch": 600_000, "act": 600_010, "coherent": 600_400, "proved": 601_000}
    keep(released, *[[ms, 200, 5, 1, 0, 0] for ms in range(0, 600_000, 10_000)],
         [600_500, 200, 5, 2, 0, 0], moments=moments, ended_ms=900_000)
    figure = witness_of(released)["figures"][0]
    assert figure.left_out == ("60 requests long before and after the switch are counted, not "
                               "drawn.")
