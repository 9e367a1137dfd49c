"""A very long list is looked through a number of keys at a time, and says how far."""

import pytest
from django.http import QueryDict

from deployments import audit
from deployments.models import AuditEntry
from deployments.pages.windows import window_of

ROWS = 40


@pytest.fixture
def rows(db):
    """Forty entries; each tenth one matches."""
    for number in range(1, ROWS + 1):
        audit.record("test.made", "tenth" if number % 10 == 0 else "other")
    return AuditEntry.objects.filter(sentence="tenth")


def look(rows, address="", *, size=3, reach=15):
    part = window_of(rows, QueryDict(address), size, newest=ROWS, reach=reach)
    return [row.seq for row in part.rows], (part.first, part.last), part.newer, part.older


def test_it_says_how_far_it_looked_and_goes_on_from_there(rows):
    """Two match among the newest fifteen; the link leads to the ones before these fifteen."""
    assert look(rows) == ([40, 30], (26, 40), "", "before=26")
    assert look(rows, "before=26") == ([20], (11, 25), "after=25", "before=11")
    assert look(rows, "before=11") == ([10], (1, 10), "after=10", "")


def test_it_goes_forward_the_same_way(rows):
    """After a key: the next fifteen, newest first; at the end it is the newest part."""
    assert look(rows, "after=10") == ([20], (11, 25), "after=25", "before=11")
    assert look(rows, "after=25") == ([40, 30], (26, 40), "", "before=26")


def test_a_full_part_ends_with_its_last_row(rows):
    """Nothing between the shown rows and the link's begin is lost, in either direction."""
    assert look(rows, size=1, reach=100) == ([40], (40, 40), "", "before=40")
    assert look(rows, "before=40", size=1, reach=100) == ([30], (30, 39), "after=39", "before=30")
    assert look(rows, "after=9", size=1, reach=100) == ([10], (10, 10), "after=10", "before=10")


@pytest.mark.parametrize("address", ["before=999", "after=999", "before=x", "after=40"])
def test_what_lies_beyond_the_end_is_the_newest_part(rows, address):
    """As what is no key is."""
    assert look(rows, address)[:2] == ([40, 30], (26, 40))


def test_an_empty_log_is_an_empty_part(db):
    """Without a fault, and without a link."""
    part = window_of(AuditEntry.objects.all(), QueryDict(), 5, newest=0, reach=10)
    assert (part.rows, part.newer, part.older) == ([], "", "")
