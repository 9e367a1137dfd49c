"""The step before each deployment, on a real host: nothing changed, and what “auto” means today."""

import pytest

from deployments.errors import StepFailed
from deployments.pipeline.examining import read
from deployments.pipeline.steps.arm import Arm
from deployments.pipeline.steps.examine import Examine
from tests.integration.coherence.ward import Ward
from tests.sandbox.services import services_of
from tests.sandbox.webhost import WebHost


@pytest.fixture(scope="module")
def ward(site_repository):
    """A site that is handed current/…"""
    with WebHost("web-9", kind="stale") as host, services_of(host) as services:
        yield Ward(host, site_repository, services)


@pytest.fixture(scope="module")
def known(ward):
    """What the doctor has seen."""
    return read(ward.ctx(), is_whole=True).as_json()


def test_auto_takes_the_doctors_choice_with_its_reason(ward, known):
    """It goes into the evidence, where the strategies look for it, and into the log."""
    ctx = ward.ctx(known=known)
    Examine().run(ctx)
    chosen = ctx.evidence["strategy_chosen"]
    assert (chosen["strategy"], "OPcache can be reset" in chosen["reason"]) == ("reset", True)
    assert ctx.evidence["doctor"]["current"] == ctx.truth.previous
    assert any(line.startswith("PHP cache: reset.") for line in ward.rig.said)


def test_a_strategy_that_is_set_is_left_alone(ward, known):
    """Only “auto” is decided here."""
    ctx = ward.ctx(known=known, strategy="reset")
    Examine().run(ctx)
    assert "strategy_chosen" not in ctx.evidence


def test_a_strategy_that_would_fail_is_refused_with_a_better_one(ward, known):
    """Before anything is copied or switched."""
    with pytest.raises(StepFailed, match=r"“realpath” would fail here.*Choose “reset”"):
        Examine().run(ward.ctx(known=known, strategy="realpath"))


def test_a_change_since_the_last_look_stops_with_the_difference(ward, known):
    """PHP was reconfigured after the doctor's look; the sentence names each difference."""
    with ward.changed(ini={"opcache.revalidate_path": "1", "disable_functions": "exec"}):
        with pytest.raises(StepFailed) as stopped:
            Examine().run(ward.ctx(known=known))
        fresh = read(ward.ctx()).as_json()
        Examine().run(ward.ctx(known=fresh))
    sentence = str(stopped.value)
    assert sentence.startswith("web-9 changed since it was last examined: PHP pool www: ")
    assert "opcache.revalidate_path was 0, is 1" in sentence
    assert "disable_functions was empty, is exec" in sentence
    assert sentence.endswith("Look at the doctor's page, press Examine again, then release.")


def going_back(ward, **over):
    ctx = ward.ctx(**over)
    ctx.plan.kind = "rollback"
    ward.rig.said.clear()
    Examine().run(ctx)
    return ctx, " ".join(ward.rig.said)


def test_going_back_says_a_change_and_goes_on_with_what_fits_now(ward, known):
    """It is the way out: what chooses for “auto” is what is there now, not what was seen."""
    before = known | {"pools": [pool | {"handed": "release"} for pool in known["pools"]]}
    with ward.changed(ini={"opcache.revalidate_path": "1"}):
        ctx, said = going_back(ward, known=before)
    assert "opcache.revalidate_path was 0, is 1" in said
    assert "Going back goes on all the same" in said
    assert ctx.evidence["strategy_chosen"]["strategy"] == "reset"


def test_going_back_with_a_strategy_that_would_fail_is_refused_too(ward, known):
    """It would leave visitors where they are, and say that they went back."""
    with ward.changed(ini={"opcache.revalidate_path": "1"}), \
            pytest.raises(StepFailed, match=r"“realpath” would fail here.*Choose “reset”"):
        going_back(ward, known=known, strategy="realpath")


def test_a_restart_of_php_is_no_change(ward, known):
    """Process numbers and counters are others; nothing that decides is."""
    ward.host.stop_fpm()
    ward.host.start_fpm()
    Examine().run(ward.ctx(known=known))


def test_without_an_earlier_look_it_goes_on(ward):
    """A new installation may be released to at once."""
    ctx = ward.ctx()
    Examine().run(ctx)
    assert ctx.evidence["strategy_chosen"]["strategy"] == "reset"


def test_what_was_chosen_before_a_lost_worker_stays(ward, known):
    """Another strategy might not undo what that one has done."""
    ctx = ward.ctx(known=known, evidence={"strategy_chosen": {"strategy": "realpath"}})
    ctx.truth.may_be_switched = True
    Examine().run(ctx)
    assert ctx.evidence["strategy_chosen"] == {"strategy": "realpath"}


def test_auto_without_any_safe_strategy_stops(ward, known):
    """The reason is the doctor's."""
    with ward.changed(ini={"opcache.enable": "0"}), \
            pytest.raises(StepFailed, match="No strategy is known to be safe here"):
        Examine().run(ward.ctx())


def test_what_blocks_stops_a_release_and_not_going_back(ward, known):
    """Functions that we use are switched off; the strategy that is set would do."""
    with ward.changed(ini={"disable_functions": "opcache_compile_file"}):
        fresh = read(ward.ctx()).as_json()
        with pytest.raises(StepFailed, match="switches off opcache_compile_file") as stopped:
            Examine().run(ward.ctx(known=fresh, strategy="reset"))
        going_back(ward, known=fresh, strategy="reset")
    assert "php.ini" in str(stopped.value)


def test_a_pool_that_was_silent_is_waited_for_by_the_step_after(ward, known):
    """It may only be busy; where nobody answers that one either, it stops before the switch."""
    ctx = ward.ctx(known=known, strategy="reset", limit_s=3)
    ward.host.stop_fpm()
    try:
        Examine().run(ctx)
        assert ctx.evidence["doctor"]["pools"][0]["problem"]
        with pytest.raises(StepFailed):
            Arm().run(ctx)
    finally:
        ward.host.start_fpm()
