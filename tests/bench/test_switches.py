"""What the load's answers are counted as, on answers made by hand; the figures are `make bench`'s.
"""

import subprocess
import sys
from pathlib import Path

from tests.bench.switches import Result, Switched
from tests.stand import NEW, OLD

EVERY = f"{OLD},{NEW}"


def judged(*answers, proved_at=12.0):
    """One switch to NEW at 10, acted at 11, and one back at 20, done at 21."""
    return Result("", quick=list(answers), switches=[
        Switched(NEW, 9, switched_at=10.0, acted_at=11.0, proved_at=proved_at),
        Switched(OLD, 19, switched_at=20.0, acted_at=21.0)]).judge()


def asked(at, release, *, took_ms=5, status=200):
    return [at, took_ms, status, f"{release} {release} {release}" if release else ""]


def counts(result):
    return result.failed, result.stale, result.early, result.mixed


def test_an_old_answer_is_stale_only_when_it_was_asked_for_after_the_proof():
    """Before the act it is what a switch is like; between act and proof it is told apart."""
    assert counts(judged(asked(9.0, OLD), asked(10.5, OLD))) == (0, 0, 0, 0)
    assert counts(judged(asked(11.5, OLD))) == (0, 0, 1, 0)
    assert counts(judged(asked(12.5, OLD), asked(12.5, NEW))) == (0, 1, 0, 0)
    assert counts(judged(asked(21.5, NEW))) == (0, 1, 0, 0)


def test_where_nothing_is_proved_done_is_the_end_of_the_act():
    """As for a script that switches, resets and says “done”."""
    assert counts(judged(asked(11.5, OLD), proved_at=0)) == (0, 1, 0, 0)


def test_an_answer_that_the_next_switch_has_overtaken_is_not_stale():
    """It was asked for before, and ended after it: either release is right."""
    assert counts(judged(asked(19.999, OLD, took_ms=5))) == (0, 0, 0, 0)


def test_failed_and_mixed_are_counted_whenever_they_come():
    """No answer, an error page, a page that names no release, one made by two."""
    result = judged(asked(9.0, "", status=0), asked(9.1, OLD, status=502), asked(9.2, ""),
                    [9.3, 5, 200, f"{NEW} {NEW} {EVERY}"])
    assert counts(result) == (3, 0, 0, 1)


def test_latencies_near_a_switch_stand_beside_those_of_the_quiet_span():
    """Medians and worst of what was asked for in either span."""
    result = judged(asked(9.1, OLD, took_ms=2), asked(10.1, NEW, took_ms=40),
                    asked(19.2, NEW, took_ms=4), asked(20.2, OLD, took_ms=60))
    assert result.latencies() == ((50, 60), (3, 4))
    assert " 16.7" in result.row()


def test_the_measurement_finds_nothing_wrong_with_a_good_way_and_old_pages_with_a_wrong_one():
    """Two switches of each: the rows tell them apart, and the wrong way is no failure of ours."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.bench.strategies", "--switches", "2", "--rate", "60",
         "--only", "front-controller", "--only", "(switch only)"], check=False,
        cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.endswith("bench: 2 strategies, wrong=0\n")
    counts = {line[:30].strip(): line[30:].split()[2:6] for line in ended.stdout.splitlines()}
    assert counts["front-controller"] == ["2", "0", "0", "0"]
    switches, failed, stale, mixed = counts["(switch only)"]
    assert (switches, failed, mixed, int(stale) > 10) == ("2", "0", "0", True)
