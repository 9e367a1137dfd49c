"""Long lists in parts: there and back again, whatever comes meanwhile."""

import pytest
from django.http import QueryDict

from deployments.models import Deployment
from deployments.pages.slices import slice_of
from tests import factories


@pytest.fixture
def seven(staging):
    """The keys of seven deployments, newest first."""
    rows = [factories.make_deployment(staging, status="failed") for _ in range(7)]
    return [row.pk for row in reversed(rows)]


def look(address):
    part = slice_of(Deployment.objects.all(), QueryDict(address), 3)
    return [row.pk for row in part.rows], part.newer, part.older


def test_it_leads_to_the_end_and_back(seven):
    """Each row once; the first and the last part say that they are."""
    first = look("")
    assert first == (seven[:3], "", f"before={seven[2]}")
    second = look(first[2])
    assert second == (seven[3:6], f"after={seven[3]}", f"before={seven[5]}")
    assert look(second[2]) == (seven[6:], f"after={seven[6]}", "")
    assert look(f"after={seven[6]}") == second
    assert look(second[1]) == first


def test_what_comes_meanwhile_moves_nothing(seven, staging):
    """The part before a key stays what it was; the newest one has the new row."""
    second = look(f"before={seven[2]}")
    new = factories.make_deployment(staging, status="failed")
    assert look(f"before={seven[2]}") == second
    assert look("")[0] == [new.pk, *seven[:2]]


@pytest.mark.parametrize("address", ["before=x", "after=", "before=-1", "after=" + "9" * 30,
                                     "before=²", "before=0", "after=999999"])
def test_what_is_no_key_shows_the_newest(seven, address):
    """An address typed by hand is never an error."""
    assert look(address) == look("")


def test_there_may_be_nothing(db):
    """No row, and nowhere to go."""
    assert look("") == ([], "", "")
