"""Claims a deployment, drives its steps over all targets, and ends it exactly once.

The main thread alone writes rows and extends the lease, while target threads work on plain
values. No transaction stays open over SSH or HTTP.
"""

from dataclasses import replace

from django.conf import settings
from django.db.models.functions import Now

from .. import clock
from .. import plan as planning
from ..errors import StepFailed, StopRequested, TakenOver
from ..models import Deployment
from ..services.deployments import plan_now
from . import locks, undo, words
from .claim import Claim
from .contexts import make_contexts
from .crew import run_step
from .flows import SWITCH, steps_of
from .gate import may_start
from .log import Journal
from .ports import REAL
from .pruning import prune
from .record import Record


def run_deployment(pk, ports=REAL):
    """Run one deployment to its end, if it is there to be run; safe to call any number of times."""
    rows = Deployment.objects.select_related(
        "environment__project", "release__project", "previous__project", "requested_by")
    deployment = rows.get(pk=pk)
    if not may_start(deployment):
        return
    claim = Claim.take(pk)
    if claim:
        Run(claim, rows.get(pk=pk), ports).drive()


class Run:
    """One claimed deployment on its way."""

    def __init__(self, claim, deployment, ports=REAL):
        self.ports = ports
        self.claim = claim
        self.deployment = deployment
        self.plan: planning.Plan = None
        self.targets = list(deployment.targets.all())
        self.record = Record(claim, deployment, self.targets)
        self.journal = Journal(deployment=deployment)
        self.contexts = []
        self.until = clock.monotonic() + settings.DEPLOYMENT_LIMIT_S
        self.was_reloaded = any(row.step in ("cohere", "prove") for row in self.targets)

    def drive(self):
        """Go forward, or put back where a person decided so; end the row whatever happens."""
        try:
            self._drive()
        except TakenOver:
            self.journal.drop()
        finally:
            self._close()

    def _drive(self):
        try:
            self._prepare()
            if self.deployment.decision == Deployment.PUT_BACK:
                self._go_back("failed", self.deployment.cause or "A person decided so.")
            else:
                self._forward()
        except TakenOver:
            raise
        except StepFailed as problem:
            self._failed("failed", str(problem))
        except BaseException as problem:
            self._failed("errored", f"{type(problem).__name__}: {problem}")
            raise

    def end(self, status, sentence, *, cause=""):
        """End it, after its last log line: who reads the end finds the log complete."""
        self.journal.flush()
        self.record.end(status, sentence, cause=cause)

    def end_unswitched(self, status, cause):
        """End it where no server was switched: nothing changed, or PHP alone may have."""
        describe = words.not_followed if self.was_reloaded else words.unchanged
        self.end(status, describe(self.deployment, self.contexts, cause), cause=cause)

    def tick(self):
        """What the main thread does while others work: lease, journal, deadline."""
        self.claim.beat()
        self.journal.flush()
        if clock.monotonic() > self.until:
            raise StepFailed(f"It took longer than {settings.DEPLOYMENT_LIMIT_S} s.")

    def step(self, step, contexts):
        """Run one step on these targets; return its outcomes, written down."""
        if not contexts:
            return []
        self.record.starting(step, contexts)
        outcomes = self.work(step, contexts)
        self.record.ended(step, outcomes)
        return outcomes

    def work(self, step, contexts):
        """Do the step's work on these targets; return its outcomes, without secrets."""
        for ctx in contexts:
            ctx.say = _sayer(self.journal, ctx.target.server, step.name)
        outcomes = run_step(step.run, contexts, tick=self.tick, beat=self.claim.beat,
                            threads=self.ports.threads)
        return [replace(outcome, problem=self.journal.mask(outcome.problem))
                for outcome in outcomes]

    def _prepare(self):
        """Build the plan again, compare it with what was asked for, and read what threads need.

        Putting back needs no comparison: it only brings back what was there.
        """
        self.journal.hide(_secrets(self.deployment))
        self.plan = plan_now(self.deployment)
        for line in self.plan.lines():
            self.journal.say(line)
        changed = self.plan.differences(self.deployment.plan)
        if changed and self.deployment.decision != Deployment.PUT_BACK:
            raise StepFailed("What would be released changed after it was asked for "
                             f"({', '.join(changed)}).")
        self.contexts = make_contexts(self.deployment, self.plan,
                                      fence=self.claim.fence, journal=self.journal,
                                      ports=self.ports)

    def _forward(self):
        try:
            for step in steps_of(self.plan):
                self._before(step)
                bad = [o for o in self.step(step, self.contexts) if o.verdict != "done"]
                if bad:
                    self._failed("errored" if all(o.verdict == "errored" for o in bad)
                                 else "failed", " ".join(o.problem for o in bad))
                    return
        except StopRequested as stop:
            undo.clean_up(self)
            self.record.skipped()
            self.end("cancelled", f"Stopped by {stop}. Nothing was changed for visitors.")
            return
        prune(self)
        self.end("succeeded", words.live(self.plan, self.deployment, self.contexts))

    def _before(self, step):
        """Honour a stop up to the switch; hold the caches' locks from arming on.

        Another site's reset between arming and the proof would make both worth nothing.
        """
        self._heed_stop()
        if step.name == "arm":
            locks.take(self.claim, self.plan, tick=self._tick_in_line, say=self.journal.say,
                       limit_s=settings.DEPLOYMENT_LIMIT_S / 2)
        if step is SWITCH and not self._pass_return():
            raise StopRequested(self.claim.stop_requested_by())
        self.was_reloaded = self.was_reloaded or step.name == "cohere"

    def _heed_stop(self):
        by = self.claim.stop_requested_by()
        if by and not (self._may_be_switched() or self.was_reloaded):
            raise StopRequested(by)

    def _tick_in_line(self):
        self.tick()
        self._heed_stop()

    def _may_be_switched(self):
        return any(ctx.truth.may_be_switched for ctx in self.contexts)

    def _pass_return(self):
        """Whoever is first wins: the stop or the switch."""
        rows = self.claim.rows().filter(stop_requested_by_name="")
        return rows.update(switching_at=Now()) == 1

    def _failed(self, status, cause):
        """End it: nothing changed for visitors, or everything goes back, or a person decides."""
        cause = self.journal.mask(cause)
        self.journal.say(f"Stopped here: {cause}")
        self.until = clock.monotonic() + settings.PUT_BACK_LIMIT_S
        if self._may_be_switched():
            self._go_back(status, cause)
        elif self.deployment.switching_at and not self.contexts:
            self._undecided(cause)  # switched by an earlier worker; we cannot even begin
        else:
            undo.clean_up(self)
            self.record.skipped()
            self.end_unswitched(status, cause)

    def _go_back(self, status, cause):
        try:
            undo.put_back(self, cause=cause, status=status)
        except StepFailed as problem:
            self._undecided(cause, str(problem))

    def _undecided(self, cause, problem=""):
        names = [row.server_name for row in self.targets]
        self.end("needs_attention", words.undecided(names, f"{cause} {problem}".strip()),
                 cause=cause)

    def _close(self):
        for ctx in self.contexts:
            if ctx.connection:
                ctx.connection.close()
        self.journal.flush()


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
