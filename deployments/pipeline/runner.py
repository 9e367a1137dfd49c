"""Claims a deployment, drives its steps over all targets, and ends it exactly once.

The main thread alone writes rows and extends the lease, while target threads work on plain
values. No transaction stays open over SSH or HTTP. A worker that is lost is followed by another
one, which reads the servers and goes on from what is true there.
"""

from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext as _

from .. import clock, queue
from .. import plan as planning
from ..errors import HandedOver, OutcomeUnknown, StepFailed, TakenOver, TurnBackRequested
from ..models import Deployment
from ..services.turns import plan_now
from ..waves import joined
from . import undo, witnesses, words
from .claim import ATTEMPTS, Claim
from .contexts import make_contexts
from .crew import run_step
from .forward import go_forward
from .gate import keeper_of, may_start
from .log import Journal
from .ports import REAL
from .record import Record
from .steps.connect import Connect

FINISHES = 1
"""How often a deployment that had begun to switch goes forward again after its worker was lost."""


def run_deployment(pk, ports=REAL):
    """Run one deployment to its end, if it is there to be run; safe to call any number of times.

    A worker that lacks the release leaves it to the machines that have it.
    """
    rows = Deployment.objects.select_related(
        "environment__project", "release__project", "previous__project", "requested_by")
    deployment = rows.get(pk=pk)
    if not may_start(deployment):
        return
    machine = keeper_of(deployment)
    if machine:
        queue.wake(queue.DEPLOY, pk, machine=machine)
        return
    claim = Claim.take(pk)
    if claim:
        Run(claim, rows.get(pk=pk), ports).drive(follows=_follows(deployment))


class Run:
    """One claimed deployment on its way."""

    def __init__(self, claim, deployment, ports=REAL):
        self.claim = claim
        self.deployment = deployment
        self.ports = ports
        self.plan: planning.Plan = None
        self.targets = list(deployment.targets.all())
        self.record = Record(claim, deployment, self.targets)
        self.journal = Journal(deployment=deployment, patiently=claim.patiently,
                               demand=claim.demand)
        self.contexts = []
        self.is_prepared = False  # what is to be done is known, and is what was asked for
        self.until = clock.monotonic() + settings.DEPLOYMENT_LIMIT_S
        self.was_reloaded = any(row.step in ("cohere", "prove") for row in self.targets)

    def drive(self, *, follows=None):
        """Go forward, or put back where that was decided; end the row whatever happens.

        `follows` says what became of the worker that had it before; None: there was none.
        """
        try:
            self._drive_or_hand_over(follows)
        except TakenOver:
            self.journal.drop()
        finally:
            self._close()

    def _drive_or_hand_over(self, follows):
        try:
            if follows is not None:
                self._take_over(follows)
            self._drive()
        except HandedOver:
            self._hand_over()

    def _take_over(self, follows):
        row = self.deployment
        sentence = f"{follows}{row.owner} goes on (attempt {row.attempts} of {ATTEMPTS})"
        self.journal.say(sentence)
        self.record.taken_over(sentence)

    def _drive(self):
        row = self.deployment
        try:
            self._prepare()
            if row.decision == Deployment.PUT_BACK:
                self._go_back("failed", row.cause or words.decided_back(row.decided_by_name))
            elif row.going_back_as:
                self._go_back(row.going_back_as, row.cause)
            elif row.finishes > FINISHES:
                self._failed("errored", _("Its worker was lost twice after the switch had begun."))
            else:
                go_forward(self)
        except (TakenOver, HandedOver):
            raise
        except TurnBackRequested as wish:
            self._go_back("failed", str(wish))
        except StepFailed as problem:
            self._failed("failed", str(problem))
        except BaseException as problem:
            self._failed("errored", f"{type(problem).__name__}: {problem}")
            raise

    def end(self, status, sentence, *, cause=""):
        """End it, after its last log line: who reads the end finds the log complete."""
        witnesses.end(self)
        self.journal.flush()
        self.record.end(status, sentence, cause=cause)

    def end_unswitched(self, status, cause):
        """End it where no server was switched: nothing changed, or PHP alone may have."""
        undoable = self.irreversible()
        describe = words.not_followed if self.was_reloaded else words.unchanged
        sentence = words.stays(undoable, cause) if undoable else describe(
            self.deployment, self.contexts, cause)
        self.end(status, sentence, cause=cause)

    def tick(self):
        """What the main thread does while others work: lease, journal, deadline."""
        self.claim.beat()
        self.journal.flush()
        if clock.monotonic() > self.until:
            limit_s = settings.DEPLOYMENT_LIMIT_S
            raise StepFailed(_("It took longer than {limit_s} s.").format(limit_s=limit_s))

    def step(self, step, contexts):
        """Run one step on these targets; return its outcomes, written down."""
        if not contexts:
            return []
        self.record.starting(step, contexts)
        outcomes = self.work(step, contexts)
        self.record.ended(step, outcomes)
        return outcomes

    def work(self, step, contexts):
        """Do the step's work on these targets; return its outcomes, without secrets.

        Where nobody was told how it ended, the servers are asked once more: every step looks first
        what is there already.
        """
        outcomes = self._work(step, step.run, contexts)
        lost = [o.ctx for o in outcomes if o.verdict == "unknown"]
        if not lost:
            return outcomes
        self.journal.say(f"Asking {joined([ctx.target.server for ctx in lost])} again: "
                         "nobody was told how that ended")
        self.fence_off()
        second = self._work(step, _afresh(step), lost)
        return [o for o in outcomes if o.verdict != "unknown"] + second

    def _work(self, step, call, contexts):
        for ctx in contexts:
            ctx.say = _sayer(self.journal, ctx.target.server, step.name)
        outcomes = run_step(call, contexts, tick=self.tick, beat=self.claim.beat,
                            threads=self.ports.threads)
        return [replace(outcome, problem=self.journal.mask(outcome.problem))
                for outcome in outcomes]

    def fence_off(self):
        """From now on servers refuse what we sent before and may still be on its way to them."""
        self.claim.renew_fence()
        for ctx in self.contexts:
            ctx.fence = self.claim.fence

    def is_done(self, outcomes):
        """Return whether a step ended well everywhere; end the deployment where it did not."""
        bad = [o for o in outcomes if o.verdict != "done"]
        if bad:
            self._failed("errored" if all(o.verdict == "errored" for o in bad) else "failed",
                         " ".join(dict.fromkeys(o.problem for o in bad)))
        return not bad

    def may_be_switched(self):
        """Whether visitors of any server may see the new version."""
        return any(ctx.truth.may_be_switched for ctx in self.contexts)

    def _prepare(self):
        """Build the plan again, compare it with what was asked for, and read what threads need.

        What a lost worker began goes on as it was planned; once the switch has begun, whatever
        was edited since. Putting back needs no comparison: it only brings back what was there.
        """
        row = self.deployment
        self.journal.hide(_secrets(row))
        now = plan_now(row)
        is_followed = (row.attempts > 1 or row.switching_at) and not row.decision
        self.plan = planning.Plan.from_json(row.plan) if is_followed else now
        for line in self.plan.lines():
            self.journal.say(line)
        self.contexts = make_contexts(row, self.plan, fence=self.claim.fence,
                                      journal=self.journal, ports=self.ports)
        changed = now.differences(row.plan)
        is_bound = row.decision == Deployment.PUT_BACK or (row.switching_at and not row.decision)
        if changed and not is_bound:
            raise StepFailed(words.changed_since(changed, is_decided=bool(row.decision)))
        self.is_prepared = True

    def _failed(self, status, cause):
        """End it: nothing changed for visitors, or everything goes back, or a person decides."""
        cause = self.journal.mask(cause)
        self.journal.say(f"Stopped here: {cause}")
        self.until = clock.monotonic() + settings.PUT_BACK_LIMIT_S
        undoable = self.irreversible()
        if self.deployment.decision == Deployment.FINISH and not self.is_prepared:
            self._undecided(cause)  # nobody asked for going back
        elif undoable:
            self.end("needs_attention", words.irreversible(undoable, cause), cause=cause)
        elif self.may_be_switched():
            self._go_back(status, cause)
        elif self.deployment.switching_at and not self.contexts:
            self._undecided(cause)  # switched by an earlier worker; we cannot even begin
        else:
            self.fence_off()
            undo.clean_up(self)
            self.record.skipped()
            self.end_unswitched(status, cause)

    def irreversible(self):
        """The command that cannot be undone and that has begun on some server, or ""."""
        return next((ctx.evidence["irreversible"] for ctx in self.contexts
                     if "irreversible" in ctx.evidence), "")

    def _go_back(self, status, cause):
        """Put every switched server back; whoever follows us, should we be lost, does so too."""
        self.claim.update(going_back_as=status, cause=cause)
        self.record.is_returning = True
        self.until = clock.monotonic() + settings.PUT_BACK_LIMIT_S
        self.fence_off()
        try:
            undo.put_back(self, cause=cause, status=status)
        except StepFailed as problem:
            self._undecided(cause, str(problem))

    def _undecided(self, cause, problem=""):
        names = [row.server_name for row in self.targets]
        self.end("needs_attention", words.undecided(names, f"{cause} {problem}".strip()),
                 cause=cause)

    def _hand_over(self):
        self.journal.say("This worker is being ended; another one goes on from here")
        self.journal.flush()
        self.claim.hand_over()

    def _close(self):
        witnesses.drop(self)
        for ctx in self.contexts:
            if ctx.connection:
                ctx.connection.close()
        self.journal.flush()


def _follows(before):
    """What became of the worker that had the row: was lost, or handed it over ("").

    None where there was none, and where a person decided meanwhile.
    """
    if before.status != "running" or (before.decision and not before.owner):
        return None
    return f"The worker {before.owner} was lost; " if before.owner else ""


def _afresh(step):
    """The step's work over a connection that lives."""
    def run(ctx):
        try:
            Connect().open(ctx)
        except StepFailed as problem:
            raise OutcomeUnknown(str(problem)) from problem
        step.run(ctx)

    return run


def _sayer(journal, server, step):
    def say(text):
        journal.say(text, server=server, step=step)

    return say


def _secrets(deployment):
    """Values that must never reach the log, whatever a command prints."""
    project = deployment.environment.project
    secrets = [row.value for row in project.build_variables.filter(is_secret=True)]
    secrets += [token.key for token in deployment.environment.tokens.all()]
    return [*secrets, project.git_password]
