"""What an answer counts as, by what was true when it was asked for."""

import pytest

from deployments.pipeline import judging
from deployments.pipeline.judging import Ledger, Place
from deployments.witness_words import (
    BOTH,
    EXCUSED,
    FAILED,
    FINE,
    MIXED,
    NEW,
    OLD,
    STALE,
    STILL_OLD,
    UNTOLD,
)

PAGE, CHECKED, ASSET = Place("/shop"), Place("/", expected=(200, 399)), Place("/a.css", "asset")


def ledger(*, switch=1000, act=1010, coherent=1500, proved=2500, **over):
    """A ledger of three places that were fine at 0 ms, and these moments (None: not yet)."""
    made = Ledger([PAGE, CHECKED, ASSET], **over)
    if not over.get("is_first"):
        for place in range(3):
            made.add(0, 5, 200, place)
    marks = {"switch": switch, "act": act, "coherent": coherent, "proved": proved}
    for moment, ms in marks.items():
        if ms is not None:
            made.mark(moment, ms)
    return made


def verdict(book, sent, status=200, place=0, version=UNTOLD, took=5):
    book.add(sent, took, status, place, version=version)
    return book.samples[-1][5]


@pytest.mark.parametrize(("sent", "expected"), [
    (500, FINE), (1200, STILL_OLD), (1500, STILL_OLD), (1501, STALE)])
def test_an_old_answer_is_wrong_once_it_was_asked_for_after_php_had_followed(sent, expected):
    """Before that it is what the strategy allows, and counted by itself."""
    assert verdict(ledger(), sent, version=OLD) == expected


def test_an_old_answer_to_an_earlier_question_is_right_however_late_it_comes():
    """It was asked for before PHP had followed."""
    assert verdict(ledger(), 1400, version=OLD, took=9000) == STILL_OLD


def test_going_back_makes_the_old_version_right_and_the_new_one_wrong():
    """From the moment on when PHP has followed back."""
    book = ledger()
    book.mark("back", 3000)
    assert verdict(book, 3100, version=OLD) == FINE
    assert verdict(book, 3100, version=NEW) == FINE
    book.mark("back_coherent", 3500)
    assert verdict(book, 3600, version=OLD) == FINE
    assert verdict(book, 3600, version=NEW) == STALE
    assert book.counts()["old"] == 1


def test_an_answer_of_both_versions_is_mixed_and_an_error_is_failed_first():
    """A visitor who got an error got no mixed page."""
    assert verdict(ledger(), 1200, version=BOTH) == MIXED
    assert verdict(ledger(), 1200, status=500, version=BOTH) == FAILED


@pytest.mark.parametrize("status", [0, 500, 502, 404, 302])
def test_what_the_page_did_not_answer_before_is_failed(status):
    """No answer, 5xx, or another status."""
    assert verdict(ledger(), 1200, status=status) == FAILED


def test_a_question_under_way_when_it_was_switched_counts():
    """A reload may cut it off."""
    assert verdict(ledger(), 900, status=502, took=50) == EXCUSED
    assert verdict(ledger(), 900, status=502, took=300) == FAILED


def test_a_status_that_it_had_before_or_a_page_that_is_there_at_last_is_fine():
    """404 before and after, and 200 instead of 404."""
    book = Ledger([PAGE])
    book.add(0, 5, 404, 0)
    book.mark("switch", 100)
    assert verdict(book, 200, status=404) == FINE
    assert verdict(book, 200, status=200) == FINE
    assert verdict(book, 200, status=410) == FAILED


def test_a_check_page_may_answer_what_its_range_says():
    """Whatever it was before."""
    assert verdict(ledger(), 1200, status=302, place=1) == FINE
    assert verdict(ledger(), 1200, status=404, place=1) == FAILED


@pytest.mark.parametrize("place", [Place("/"), Place("/", expected=(200, 399))])
def test_a_page_that_was_broken_before_is_excused(place):
    """What is live may be broken, and this version may be what mends it."""
    book = Ledger([place])
    book.add(0, 5, 500, 0)
    book.mark("switch", 100)
    assert verdict(book, 200, status=500) == EXCUSED
    assert book.counts()["failed"] == 0


def test_one_failure_before_excuses_none_afterwards():
    """The page worked before, mostly."""
    book = Ledger([PAGE])
    book.add(0, 5, 502, 0)
    book.add(10, 5, 200, 0)
    book.mark("switch", 100)
    assert verdict(book, 200, status=502) == FAILED


def test_an_asset_of_the_old_page_must_stay():
    """Pages that were loaded before still ask for it."""
    assert verdict(ledger(), 1200, status=404, place=2) == FAILED


def test_a_place_that_was_never_seen_before_is_blamed_for_errors_alone():
    """Nobody knows whether it was there."""
    book = Ledger([ASSET])
    book.mark("switch", 100)
    assert verdict(book, 200, status=404) == FINE
    assert verdict(book, 200, status=500) == FAILED


def test_a_first_version_is_judged_once_it_is_live():
    """Before that nothing is there; after going back neither."""
    book = ledger(is_first=True, coherent=None, proved=None)
    assert verdict(book, 1200, status=404) == EXCUSED
    book.mark("coherent", 1500)
    assert verdict(book, 1600, status=404) == FAILED
    book.mark("back", 2000)
    assert verdict(book, 2100, status=404) == EXCUSED


@pytest.mark.parametrize(("sent", "took", "announced"), [
    (1100, 5, 1), (1000, 20, 1), (1480, 5, 1), (1501, 5, 0)])
def test_errors_that_the_strategy_announced_are_told_apart(sent, took, announced):
    """They lasted from acting until PHP was back."""
    book = ledger(is_announced=True)
    assert verdict(book, sent, status=502, took=took) == FAILED
    assert (book.counts()["failed"], book.counts()["announced"]) == (1, announced)


def test_a_reload_begins_when_php_is_told():
    """Nothing is switched."""
    book = ledger(switch=None)
    assert verdict(book, 900, status=502) == EXCUSED
    assert verdict(book, 1100, status=502) == FAILED


def test_an_asset_need_not_tell_its_version_and_a_page_should():
    """What is needed by old pages alone belongs to no version."""
    book = ledger()
    before = book.counts()["untold"]
    verdict(book, 1600, place=2)
    verdict(book, 1600, place=0, version=NEW)
    assert book.counts()["untold"] == before
    verdict(book, 1600, place=0)
    assert book.counts()["untold"] == before + 1


def test_only_the_first_of_each_moment_counts_and_none_is_made_up():
    """A step may run twice."""
    book = ledger()
    book.mark("switch", 9000)
    assert book.moments["switch"] == 1000
    with pytest.raises(ValueError, match="no moment"):
        book.mark("lunch", 1)


def test_counts_are_exact_although_samples_are_thinned_out(monkeypatch):
    """Troubles and what is recent stay; a turn that was left out is no request."""
    monkeypatch.setattr(judging, "MOST_SAMPLES", 100)
    monkeypatch.setattr(judging, "RECENT", 20)
    book = ledger()
    for number in range(1000):
        status = 502 if number % 100 == 0 else 200
        book.add(2000 + number, 7, status, 0, version=NEW)
    book.add_unsent(4000, 0)
    counts = book.counts()
    assert (counts["requests"], counts["failed"], counts["unsent"]) == (1003, 10, 1)
    assert (counts["told"], counts["slowest_ms"]) == (1000, 7)
    assert len(book.samples) <= 100
    assert sum(sample[5] == FAILED for sample in book.samples) == 10
    assert [sample[0] for sample in book.samples[-10:-1]] == list(range(2991, 3000))


def test_troubles_without_end_are_kept_up_to_a_bound(monkeypatch):
    """A site that is down for hours fills no database."""
    monkeypatch.setattr(judging, "MOST_TROUBLES", 50)
    book = ledger()
    for number in range(500):
        book.add(2000 + number, 7, 502, 0)
    assert book.counts()["failed"] == 500
    assert len(book.samples) == 53
