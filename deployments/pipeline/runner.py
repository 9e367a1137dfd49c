"""Claims a deployment, drives its steps over all targets, and ends it exactly once.

The main thread alone writes rows and extends the lease, while target threads work on plain
values. No transaction stays open over SSH or HTTP.
"""

import time

from django.conf import settings
from django.db.models.functions import Now

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
from .pruning import prune
from .record import Record


def run_deployment(pk):
    """Run one deployment to its end, if it is there to be run; safe to call any number of times."""
    rows = Deployment.objects.select_related(
        "environment__project", "release__project", "previous__project", "requested_by")
    deployment = rows.get(pk=pk)
    if not may_start(deployment):
        return
    claim = Claim.take(pk)
    if claim:
        Run(claim, rows.get(pk=pk)).drive()


class Run:
    """One claimed deployment on its way."""

    def __init__(self, claim, deployment):
        self.claim = claim
        self.deployment = deployment
        targets = list(deployment.targets.select_related("installation__server__ssh_key"))
        self.plan: planning.Plan = plan_now(deployment)
        self.record = Record(claim, deployment, targets)
        self.journal = Journal(deployment=deployment, secrets=_secrets(deployment))
        self.targets = targets
        self.contexts = []
        self.until = time.monotonic() + settings.DEPLOYMENT_LIMIT_S

    def drive(self):
        """Go forward, or put back where a person decided so; end the row whatever happens."""
        try:
            for line in self.plan.lines():
                self.journal.say(line)
            self.contexts = make_contexts(self.deployment, self.plan, self.targets,
                                          fence=self.claim.fence, journal=self.journal)
            if self.deployment.decision == Deployment.PUT_BACK:
                undo.put_back(self, cause=self.deployment.cause or "A person decided so.")
            else:
                self._forward()
        except TakenOver:
            return
        except StepFailed as problem:
            self._failed("failed", str(problem))
        except BaseException as problem:
            self._failed("errored", f"{type(problem).__name__}: {problem}")
            raise
        finally:
            self._close()

    def tick(self):
        """What the main thread does while others work: journal, lease, deadline."""
        self.journal.flush()
        self.claim.beat()
        locks.extend(self.claim)
        if time.monotonic() > self.until:
            raise StepFailed(f"It took longer than {settings.DEPLOYMENT_LIMIT_S} s.")

    def step(self, step, contexts, call=None):
        """Run one step on these targets; return its outcomes, written down."""
        if not contexts:
            return []
        for ctx in contexts:
            ctx.say = _sayer(self.journal, ctx.target.server, step.name)
        self.record.starting(step, contexts)
        outcomes = run_step(call or step.run, contexts, tick=self.tick)
        self.record.ended(step, outcomes)
        return outcomes

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
            self.record.end("cancelled", f"Stopped by {stop}. Nothing was changed for visitors.")
            return
        prune(self)
        self.record.end("succeeded", words.live(self.plan, self.deployment, self.contexts))

    def _before(self, step):
        """Honour a stop up to the switch; hold the caches' locks from then on."""
        by = self.claim.stop_requested_by()
        if by and not self._is_past_return():
            raise StopRequested(by)
        if step is SWITCH or (self.plan.kind == Deployment.RELOAD and step.name == "cohere"):
            locks.take(self.claim, self.plan, tick=self.tick, limit_s=settings.PROOF_LIMIT_S)
        if step is SWITCH and not self._pass_return():
            raise StopRequested(self.claim.stop_requested_by())

    def _is_past_return(self):
        return any(ctx.truth.may_be_switched for ctx in self.contexts)

    def _pass_return(self):
        """Whoever is first wins: the stop or the switch."""
        rows = self.claim.rows()
        if self.deployment.decision != Deployment.FINISH:
            rows = rows.filter(stop_requested_by_name="")
        return rows.update(switching_at=Now()) == 1

    def _failed(self, status, cause):
        """End it: nothing changed for visitors, or everything goes back, or a person decides."""
        self.journal.say(f"Stopped here: {cause}")
        self.until = time.monotonic() + settings.DEPLOYMENT_LIMIT_S / 4
        if self._is_past_return():
            undo.put_back(self, cause=cause, status=status)
            return
        undo.clean_up(self)
        self.record.skipped(self.contexts)
        self.record.end(status, words.unchanged(self.deployment, cause), cause=cause)

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
