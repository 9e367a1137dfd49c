"""The witness's sentence and budget: exact, and no more than what was seen."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError

from deployments.models import Environment
from deployments.witness_words import (
    COUNTS,
    NO_WITNESS,
    WitnessPlan,
    asset_addresses,
    breach,
    first_trouble,
    sentence,
    totals,
)
from tests import factories

STRICT = WitnessPlan(rate=5)


def record(*samples, moments=None, paths=("/",), sort="page", **counts):
    return dict.fromkeys(COUNTS, 0) | {
        "slowest_ms": 84, "samples": list(samples), "moments": moments or {"switch": 1000},
        "paths": [{"path": path, "sort": sort} for path in paths]} | counts


def test_the_sentence_counts_what_visitors_got():
    """First how it went, then each number once, with thousands set apart."""
    assert sentence(record(requests=1204, told=1204)) == (
        "Every test visit got a good page while it was switched: 1,204 visits, none failed, "
        "none old or mixed; slowest 84 ms")
    assert sentence(record(requests=1204, told=1204, failed=1200, mixed=1)) == (
        "Not every test visit got a good page while it was switched: 1,204 visits, 1,200 failed, "
        "none old, 1 mixed; slowest 84 ms")


@pytest.mark.parametrize("count", ["untold", "excused", "unanswered"])
def test_no_page_is_called_good_that_nobody_knows_to_be(count):
    """A page that answers 404 before and after went no worse by the switch; it is not good."""
    assert sentence(record(requests=9, told=8, **{count: 1})).startswith(
        "No test visit went wrong because of the switch: 9 visits, none failed, none old or mixed")


@pytest.mark.parametrize(("counts", "words"), [
    ({"untold": 9}, ", none old or mixed (9 did not tell their version); slowest 84 ms"),
    ({"told": 0, "untold": 1204}, " none failed; slowest 84 ms; no answer told its version, so "
     "old and mixed ones could not be seen"),
    ({"still_old": 3}, "; 3 from the version before until PHP followed"),
    ({"failed": 9, "announced": 8}, "; 8 of the failed ones were announced"),
    ({"excused": 2}, "; 2 more failed before the switch, or as they did before"),
    ({"unsent": 12}, "; 12 could not be asked"),
    ({"unanswered": 1}, "; 1 still without an answer when the witness ended"),
])
def test_what_limits_its_worth_is_said_too(counts, words):
    """Nobody shall take it for more than it is."""
    assert words in sentence(record(**{"requests": 1204, "told": 1204} | counts))


def test_before_a_first_version_nothing_was_there_to_fail():
    """Nobody broke it, and nobody had seen it work."""
    assert sentence(record(requests=48, told=36, excused=12), is_first=True).endswith(
        "slowest 84 ms; 12 of them before anything was there")
    assert "could not be seen" not in sentence(record(requests=9, untold=9), is_first=True)


def test_what_a_lost_worker_had_seen_is_not_claimed():
    """The counts begin with the one that went on."""
    assert sentence(record(requests=52, told=36), is_resumed=True).endswith(
        "slowest 84 ms; seen only since another worker took it up")


def test_where_php_only_reloads_nothing_can_be_old_or_mixed():
    """There is one version."""
    assert sentence(record(requests=9, told=9), reloads=True) == (
        "Every test visit got a good page while PHP reloaded: 9 visits, none failed; "
        "slowest 84 ms")
    assert sentence(record(requests=1, untold=1), reloads=True) == (
        "No test visit went wrong because PHP reloaded: 1 visit, none failed; slowest 84 ms")


def test_without_an_answer_it_claims_nothing():
    """0 of 0 would look well."""
    assert sentence(record()) == "No test visit was answered"
    assert sentence(totals([])) == "No test visit was answered"


def test_totals_add_servers_up_and_keep_the_slowest():
    """One sentence for all servers."""
    both = totals([record(requests=3, failed=1), record(requests=4, slowest_ms=900)])
    assert (both["requests"], both["failed"], both["slowest_ms"]) == (7, 1, 900)


def test_nothing_wrong_is_no_breach():
    """Nor is what came before PHP had followed."""
    assert breach([("web-1", record(requests=9, still_old=3, excused=2))], STRICT) == ""


def test_a_breach_names_the_counts_and_the_first_trouble():
    """Enough to know where to look."""
    seen = record([1310, 502, 12, 0, 0, 1], [1200, 200, 5, 1, 0, 2], requests=9, failed=1, old=1)
    assert breach([("web-1", seen)], STRICT) == (
        "Visitors got 1 failed answer (0 are allowed) and 1 old answer (0 are allowed). "
        "First 0.20 s after the switch on web-1: / came from the old version. "
        "See the doctor's page for why, and whether a cache in front of PHP keeps pages.")


def test_the_budget_is_for_all_servers_together():
    """Two servers with one failure each are two."""
    plan = WitnessPlan(rate=5, failed_allowed=1)
    one = record([1310, 0, 12, 0, 0, 1, "too late"], failed=1)
    assert breach([("web-1", one)], plan) == ""
    assert breach([("web-1", one), ("web-2", one)], plan) == (
        "Visitors got 2 failed answers (1 is allowed). First 0.31 s after the switch on web-1: "
        "/ gave no answer (too late).")


def test_what_was_announced_is_within_the_budget():
    """Confirm said that visitors meet errors."""
    assert breach([("web-1", record(failed=8, announced=8))], STRICT) == ""
    assert breach([("web-1", record(failed=9, announced=8))], STRICT).startswith(
        "Visitors got 1 failed answer")


def test_a_lost_asset_says_what_to_do():
    """The project can keep such folders."""
    seen = record([1310, 404, 2, 0, 0, 1], paths=["/build/a.css"], sort="asset", failed=1)
    assert first_trouble(seen, "web-1") == (
        "First 0.31 s after the switch on web-1: /build/a.css answered 404, which breaks pages "
        "that were loaded before; add its folder to the project's asset folders.")


@pytest.mark.parametrize(("public", "folder"), [("public", "public/build"), ("", "build")])
def test_a_lost_asset_of_a_kept_folder_is_not_to_be_kept_once_more(public, folder):
    """What it says to do would be done already."""
    plan = SimpleNamespace(public_folder=public, entries=(("asset", folder), ("file", ".env")))
    seen = record([1310, 404, 2, 0, 0, 1], paths=["/build/a.css"], sort="asset", failed=1)
    said = breach([("web-1", seen)], STRICT, asset_addresses(plan))
    assert "its folder is one of the project's asset folders, so see on the server" in said
    assert "add its folder" not in said
    other = record([1310, 404, 2, 0, 0, 1], paths=["/builds/a.css"], sort="asset", failed=1)
    assert "add its folder" in breach([("web-1", other)], STRICT, asset_addresses(plan))


def test_after_going_back_the_new_version_is_the_wrong_one():
    """The sentence says which."""
    moments = {"switch": 1000, "coherent": 1100, "back": 2000, "back_coherent": 2100}
    seen = record([2310, 200, 2, 2, 0, 2], moments=moments, old=1)
    assert "/ came from the new version." in first_trouble(seen, "web-1")


def test_a_page_of_the_witness_has_at_most_500_characters():
    """As every page that is asked for; longer ones no web server takes."""
    field = Environment._meta.get_field("witness_paths")
    assert field.clean("/\n/" + "a" * 499, None)
    with pytest.raises(ValidationError, match="at most 500 characters"):
        field.clean("/\n/" + "a" * 500, None)


@pytest.mark.django_db
def test_the_plan_holds_what_the_environment_wants_and_survives_being_saved():
    """One that was saved before there were witnesses has none, and that is no difference."""
    from deployments.plan import Plan, build_plan

    place = factories.make_environment(
        witness_rate=7, witness_paths="/shop\n/about", witness_settle_s=9, witness_mark="X-V",
        failed_allowed=1, old_allowed=2, mixed_allowed=3)
    plan = build_plan("deploy", place, factories.make_release(place.project))
    assert plan.witness == WitnessPlan(7, ("/shop", "/about"), 9, "X-V", 1, 2, 3)
    assert Plan.from_json(plan.as_json()) == plan
    before = plan.as_json()
    del before["witness"]
    assert Plan.from_json(before).witness == NO_WITNESS
    assert plan.differences(before) == []
    place.witness_rate = 8
    after = build_plan("deploy", place, factories.make_release(place.project))
    assert "what the witness asks" in after.differences(plan.as_json())
