"""The matrix itself can fail: each way in which a verdict and the load may differ is told."""

import pytest

from deployments.coherence.doctor.verdicts import BY_HAND, FAILS, FITS, UNKNOWN, Verdict
from tests.integration.matrix.table import Row
from tests.integration.matrix.trial import Shown
from tests.sandbox.visits import Counts

CLEAN = Shown(10, Counts(requests=300))
LOADS = {
    "clean": CLEAN,
    "failed": Shown(1, Counts(requests=40, failed=2)),
    "stale": Shown(1, Counts(requests=40, stale=2)),
    "mixed": Shown(1, Counts(requests=40, mixed=2)),
    "old files": Shown(1, Counts(requests=40), old_files=1),
    "not confirmed": Shown(1, Counts(requests=40), when="proved", ended="Not proved."),
    "no load": Shown(10, Counts()),
}


def wrong(sort, load, silent=""):
    return bool(Row("trap", "reset", Verdict(sort, "why"), LOADS[load], silent).wrong())


@pytest.mark.parametrize("load", LOADS)
def test_what_is_called_safe_must_be_clean_and_must_have_been_visited(load):
    """Every sort of trouble contradicts it, and so does a load that asked for nothing."""
    assert wrong(FITS, load) == (load != "clean")


@pytest.mark.parametrize("load", LOADS)
def test_what_is_refused_shows_harm_or_is_refused_by_itself_or_is_named_as_harmless(load):
    """A clean load contradicts it; where it is named as harmless, harm does."""
    if load != "no load":
        assert wrong(FAILS, load) == (load == "clean")
    assert wrong(FAILS, load, silent="named") == (load in ("failed", "stale", "mixed", "old files"))


@pytest.mark.parametrize("load", LOADS)
def test_only_where_load_showed_no_harm_a_row_says_that_it_was_refused_by_itself(load):
    """Nobody reads harm into a strategy that could not act or was not confirmed."""
    row = str(Row("trap", "reset", Verdict(FAILS, "why"), LOADS[load]))
    assert ("refused by itself: not confirmed" in row) == (load == "not confirmed")
    harmed = Shown(1, Counts(requests=40, stale=2), when="proved", ended="Not proved.")
    assert str(harmed) == "2 stale, not confirmed in 40 (1 switches)"


@pytest.mark.parametrize("load", LOADS)
def test_what_a_person_must_choose_may_fail_for_visitors_and_never_stay_old(load):
    """Errors while PHP restarts are what the doctor warns of."""
    assert wrong(BY_HAND, load) == (load in ("stale", "mixed", "old files"))
    assert not wrong(UNKNOWN, load)
