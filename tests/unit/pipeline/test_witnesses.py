"""The witnesses of a run: begun once, settled by the budget, kept with their targets."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from deployments import clock
from deployments.errors import StepFailed, TakenOver
from deployments.models import WitnessRecord
from deployments.pipeline import witnesses
from deployments.pipeline.claim import Claim
from deployments.pipeline.context import Release, Truth
from deployments.plan import PagePlan
from deployments.witness_words import COUNTS, NO_WITNESS, WitnessPlan
from tests import factories


class Told:
    """A witness that has seen what it is told."""

    def __init__(self, **counts):
        self.seen, self.calls, self.is_waiting = counts, [], False
        self.has_looked = self.has_looked_again = True
        self.waits_for = []  # since when each question is without an answer

    def has_answers_to(self, moment):
        return all(at >= moment for at in self.waits_for)

    def start(self):
        self.calls.append("start")

    def hush(self):
        self.calls.append("hush")

    def stop(self, *, wait_s):
        self.calls.append("stop")

    def counts(self):
        return {name: self.record()[name] for name in (*COUNTS, "slowest_ms")}

    def record(self):
        return dict.fromkeys(COUNTS, 0) | {
            "requests": 9, "told": 9, "slowest_ms": 84, "began_at": datetime.now(UTC),
            "ended_ms": 900, "paths": [], "samples": [], "moments": {}} | self.seen


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Time passes by itself."""
    now = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    monkeypatch.setattr(clock, "sleep", lambda s: now.__setitem__(0, now[0] + s))
    return now


@pytest.fixture
def run(db):
    """A claimed deployment with one target, its witness not begun."""
    environment = factories.make_environment()
    factories.make_installation(environment, server=factories.make_server("web-1"))
    row = factories.make_deployment(environment, status="queued")
    claim = Claim.take(row.pk)
    target = row.targets.get()
    said = []
    ctx = SimpleNamespace(
        witness=None, truth=Truth(previous="20261101T000000Z-1"),
        target=SimpleNamespace(server="web-1", installation_id=target.installation_id))
    made = SimpleNamespace(
        claim=claim, deployment=row, contexts=[ctx], said=said, ticks=[],
        plan=SimpleNamespace(kind="deploy", entries=(), public_folder="",
                             witness=WitnessPlan(rate=5, settle_s=3)),
        journal=SimpleNamespace(say=lambda text, **more: said.append(text)))
    made.tick = lambda: made.ticks.append(clock.monotonic())
    return made


def test_a_wave_is_watched_a_second_before_its_switch_and_begun_once(run, quick):
    """The lease goes on meanwhile; servers of waves before are not begun anew."""
    run.contexts[0].ports = SimpleNamespace(witness=lambda ctx: Told())
    witnesses.begin(run, run.contexts)
    first = run.contexts[0].witness
    assert quick[0] == pytest.approx(1001, abs=0.2)
    assert len(run.ticks) >= 9
    witnesses.begin(run, run.contexts)
    assert run.contexts[0].witness is first
    assert first.calls == ["start"]


def test_a_page_that_never_answers_does_not_hold_the_switch_up(run, quick):
    """Five seconds, then it is switched all the same."""
    witness = Told()
    witness.has_looked = False
    run.contexts[0].ports = SimpleNamespace(witness=lambda ctx: witness)
    witnesses.begin(run, run.contexts)
    assert quick[0] == pytest.approx(1005, abs=0.2)


def test_without_a_witness_nothing_waits(run, quick):
    """The plan wants none."""
    run.contexts[0].ports = SimpleNamespace(witness=lambda ctx: None)
    witnesses.begin(run, run.contexts)
    witnesses.settle(run)
    witnesses.end(run)
    assert (quick[0], witnesses.said(run)) == (1000, "")
    assert not WitnessRecord.objects.exists()


def test_people_are_listened_to_while_it_settles(run, quick):
    """Somebody may turn it back."""
    heard = []
    run.contexts[0].witness = Told()
    witnesses.settle(run, lambda: heard.append(1))
    assert quick[0] == pytest.approx(1003, abs=0.2)
    assert len(heard) >= 29


def test_more_than_is_allowed_fails_a_release_and_turns_nobody_round_who_goes_back(run):
    """He would get the version again that he wants to be rid of."""
    run.contexts[0].witness = Told(failed=2)
    with pytest.raises(StepFailed, match=r"Visitors got 2 failed answers \(0 are allowed\)"):
        witnesses.settle(run)
    for kind in ("rollback", "reload"):
        run.plan.kind = kind
        witnesses.settle(run)
        assert run.said.pop().startswith("Visitors got 2 failed answers")


def test_a_question_without_an_answer_is_waited_for_until_it_is_one_that_failed(run, quick):
    """A page that hangs since the switch is no page that is well."""
    witness = run.contexts[0].witness = Told()
    witness.waits_for = [1002.5]

    def answer_late():
        if quick[0] > 1020:
            witness.waits_for, witness.seen = [], {"failed": 1}

    with pytest.raises(StepFailed, match="1 failed answer"):
        witnesses.settle(run, answer_late)
    assert quick[0] == pytest.approx(1020, abs=0.3)


def test_what_is_asked_later_is_not_waited_for(run, quick):
    """Questions are under way all the time."""
    run.contexts[0].witness = witness = Told()
    witness.waits_for = [1003.05]
    witnesses.settle(run)
    assert quick[0] == pytest.approx(1003, abs=0.2)


def test_what_comes_while_the_last_commands_run_counts_too(run, quick):
    """The release is not live and checked with more than is allowed."""
    witness = run.contexts[0].witness = Told()
    witnesses.settle(run)
    witness.seen = {"failed": 7}
    with pytest.raises(StepFailed, match="7 failed answers"):
        witnesses.judge(run)


def test_it_turns_back_as_soon_as_the_budget_is_broken(run, quick):
    """Each second that it settles on would cost visitors more of the same."""
    run.contexts[0].witness = Told(old=1)
    with pytest.raises(StepFailed, match="1 old answer"):
        witnesses.settle(run)
    assert quick[0] == 1000


def test_the_end_keeps_what_was_seen_and_says_it_once(run):
    """With the target; a second call changes nothing."""
    witness = run.contexts[0].witness = Told(failed=1)
    words = ("Not every test visit got a good page while it was switched: 9 visits, 1 failed, "
             "none old or mixed; slowest 84 ms.")
    assert witnesses.said(run) == f" {words}"
    witnesses.end(run)
    witnesses.end(run)
    kept = WitnessRecord.objects.get()
    assert (kept.target, kept.failed) == (run.deployment.targets.get(), 1)
    assert run.said == [words]
    assert witness.calls.index("hush") < witness.calls.index("stop")


def test_a_record_that_the_database_refuses_does_not_keep_a_release_from_ending(run):
    """The log says that it is missing."""
    run.contexts[0].witness = Told(began_at=None)
    witnesses.end(run)
    assert run.said[-1] == "What the witness saw could not be kept: IntegrityError"
    assert not WitnessRecord.objects.exists()


def test_a_worker_that_was_replaced_keeps_nothing(run):
    """Another one has the deployment, and a witness of its own."""
    run.contexts[0].witness = Told()
    run.claim.fence += 1
    with pytest.raises(TakenOver):
        witnesses.end(run)
    witnesses.drop(run)
    assert not WitnessRecord.objects.exists()


def test_it_asks_for_the_wanted_pages_and_knows_which_of_them_are_checked():
    """A check page keeps its headers and its range; others have none."""
    plan = SimpleNamespace(
        pages=(PagePlan("/a", 200, 204, "", ("X-A: 1",)), PagePlan("/b")),
        witness=WitnessPlan(rate=5, paths=("/a", "/c")))
    places = witnesses._places(plan)
    assert [(place.path, place.expected) for place in places] == [("/a", (200, 204)), ("/c", None)]
    assert places[0].headers == (("X-A", "1"),)
    plan.witness = WitnessPlan(rate=5)
    assert [place.path for place in witnesses._places(plan)] == ["/a", "/b"]


def test_no_rate_means_no_witness():
    """As in plans that were saved before there were any."""
    assert witnesses.witness_of(SimpleNamespace(plan=SimpleNamespace(witness=NO_WITNESS))) is None


def test_of_a_version_that_is_not_ours_the_name_alone_is_known():
    """A site that was brought aboard; files of another release tell nothing of it."""
    ctx = SimpleNamespace(older=Release("other"), truth=Truth(previous_name="v1"),
                          plan=SimpleNamespace(entries=(), public_folder=""))
    assert witnesses._old_version(ctx).names == {"v1"}
    ctx.truth.previous_name = "other"
    ctx.older.also_called = ("abc",)
    assert witnesses._old_version(ctx).names == {"other", "abc"}
