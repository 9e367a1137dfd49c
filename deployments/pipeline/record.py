"""What a run writes down: target states, audit entries, and its one end. Main thread only."""

from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit
from ..errors import StopRequested, TakenOver, TurnBackRequested
from ..models import AuditEntry, Deployment, Target, Token
from ..services import notices, turns
from ..services.intents import settle
from . import locks, words
from .steps.command import Command

STATUS_AFTER = {
    "copy": "prepared", "switch": "switched", "cohere": "coherent", "prove": "proved",
}


class Record:
    """Rows of one claimed deployment; every write is guarded by the claim's fence."""

    def __init__(self, claim, deployment, targets):
        self.claim = claim
        self.deployment = deployment
        self.targets = {row.installation_id: row for row in targets}
        # A return goes on though the audit log takes no entry; nothing else does.
        self.is_returning = bool(
            deployment.going_back_as or deployment.decision == Deployment.PUT_BACK)
        self._written = []
        self._late, self._is_late = [], False

    def taken_over(self, sentence):
        """Audit that another worker goes on with it."""
        def write():
            self.claim.demand()
            self._record("deployment.taken_over", f"{self.deployment}: {sentence}")

        self._together(write)

    def starting(self, step, contexts):
        """Note the step on the targets and, where it changes servers, the intent in the log.

        From its `cohere` on a reload cannot be stopped: StopRequested when a stop came first.
        """
        self.claim.beat()

        def write():
            if step.name == "cohere" and self.deployment.kind == Deployment.RELOAD:
                self._let_a_stop_win()
            for ctx in contexts:
                self._change(ctx, **_begun(step, ctx))
            self._intend(step, contexts)

        self._together(write)

    def _let_a_stop_win(self):
        """StopRequested when it was accepted before us: both of us hold the row to find out."""
        self.claim.demand()
        by = self.claim.asked_now()["stop_requested_by_name"]
        if by:
            raise StopRequested(by)

    def ended(self, step, outcomes):
        """Note each target's state and the outcome of what changed servers."""
        def write():
            for outcome in outcomes:
                self._note(step, outcome)
            self._conclude(step, outcomes)

        self._together(write)

    def intend(self, step, contexts):
        """Audit what is about to change servers, before it does; TakenOver as everywhere."""
        def write():
            self.claim.demand()
            self._intend(step, contexts)

        self._together(write)

    def conclude(self, step, outcomes):
        """Audit how it ended; TakenOver as everywhere."""
        def write():
            self.claim.demand()
            self._conclude(step, outcomes)

        self._together(write)

    def _together(self, write):
        """All of it or nothing; tried again while the database is away."""
        def atomic():
            self._written, self._late = [], []
            with transaction.atomic():
                return write()

        result = self.claim.patiently(atomic)
        audit.keep(self._late)
        for row, changes in self._written:  # not before: a second try starts from what is there
            for name, value in changes.items():
                setattr(row, name, value)
        return result

    def _intend(self, step, contexts):
        if step.changes_server:
            self._audit(step, contexts, AuditEntry.INTENDED)

    def _conclude(self, step, outcomes):
        if step.changes_server:
            bad = [outcome for outcome in outcomes if outcome.verdict != "done"]
            self._audit(step, [outcome.ctx for outcome in outcomes],
                        AuditEntry.FAILED if bad else AuditEntry.DONE,
                        problems=[outcome.problem for outcome in bad],
                        servers={o.ctx.target.server: o.verdict for o in outcomes})

    def reverted(self, ctx, sentence):
        """This server is back on what it had, and that is proved."""
        self._together(lambda: self._change(ctx, status="reverted", problem=sentence))

    def stuck(self, ctx, problem):
        """Nobody can tell what this server serves."""
        self._together(lambda: self._change(ctx, status="unknown", problem=problem))

    def skipped(self):
        """The servers that are left were never switched."""
        def write():
            for row in self.targets.values():
                if row.status in ("pending", "prepared"):
                    self._write(row, status="skipped")

        self._together(write)

    def end(self, status, sentence, *, cause=""):
        """The one end: state, result and audit entry together. The lock goes with it, and whoever
        waited for this environment has its turn.

        TakenOver when another worker holds the row; TurnBackRequested instead of a success when
        somebody was promised that it goes back.
        """
        if not self._together(lambda: self._end(status, sentence, cause)):
            raise TakenOver

    def _end(self, status, sentence, cause):
        turns.hold_line(self.deployment.environment)
        asked = self.claim.asked_now()
        if status == "succeeded" and asked["decision"] == Deployment.PUT_BACK:
            raise TurnBackRequested(words.decided_back(asked["decided_by_name"]))
        outcome = AuditEntry.DONE if status in ("succeeded", "cancelled") else AuditEntry.FAILED
        moved = Deployment.objects.move(
            self.deployment, status, was="running", fence=self.claim.fence,
            finished_at=Now() if status != "needs_attention" else None,
            result=sentence, cause=cause, decision="", lease_until=None)
        if moved:
            locks.give_back(self.claim)
            if not self._is_late:
                settle(self.deployment, record=self._record)
            self._record(f"deployment.{status}", f"{self.deployment}: {sentence}",
                         outcome=outcome, cause=cause)
            notices.tell_deployment(self.deployment, status, sentence)
            if not self._is_late:  # else nothing new starts; the reaper looks again
                turns.next_turn(self.deployment.environment)
        return moved

    def _note(self, step, outcome):
        self._note_identity(outcome)
        ctx, changes = outcome.ctx, {"evidence": outcome.ctx.evidence}
        if step.name == "inspect" and outcome.verdict == "done":
            changes |= {"previous_link": ctx.truth.previous, "is_previous_known": True,
                        "previous_name": ctx.truth.previous_name}
        if step.name == "connect":
            self._note_token(ctx.evidence)
        if outcome.verdict == "done":
            changes["status"] = STATUS_AFTER.get(step.name)
            if changes["status"] == "proved":
                changes["problem"] = ""  # whatever it was, it is over
        else:
            changes["status"] = "unknown" if outcome.verdict == "unknown" else "failed"
            changes["problem"] = outcome.problem
        self._change(ctx, **changes)

    def _note_identity(self, outcome):
        """Somebody may stand between us and the server: that is for whoever reads the audit log."""
        if outcome.problem and outcome.problem == outcome.ctx.evidence.get("identity_changed"):
            self._record("server.identity_refused", outcome.problem,
                         outcome=AuditEntry.REFUSED, server=outcome.ctx.target.server)

    def _note_token(self, evidence):
        """When the guarded endpoint took our token, or why it did not."""
        used, refused = evidence.get("token_used"), evidence.get("token_refused")
        if used:
            Token.objects.filter(public_id=used).update(last_used_at=timezone.now())
        if refused:
            Token.objects.filter(public_id=refused["token"]).update(
                last_refused_at=timezone.now(), last_refused_why=refused["why"][:300])

    def _change(self, ctx, *, status=None, **changes):
        row = self.targets[ctx.target.installation_id]
        changes["commands"] = ctx.connection.commands if ctx.connection else row.commands
        if status and status in Target.MOVES[row.status]:
            changes["status"] = status
        self._write(row, **changes)

    def _write(self, row, **changes):
        self._written.append((row, changes))
        mine = Target.objects.filter(pk=row.pk, deployment__fence=self.claim.fence)
        if not mine.update(**changes):
            raise TakenOver

    def _audit(self, step, contexts, outcome, **details):
        servers = ", ".join(ctx.target.server for ctx in contexts)
        begins = {"intended": _("About to"), "done": _("Done:"), "failed": _("Failed to")}[outcome]
        self._record(
            f"step.{step.name.replace(' ', '_')}",
            f"{begins} {step.verb} {servers} ({self.deployment})", outcome=outcome, **details)

    def _record(self, action, sentence, **about):
        """Append an entry, or on the way back, where the log refuses it, have it kept."""
        about = {"environment": self.deployment.environment, "about": self.deployment,
                 "deployment": self.deployment.pk, **about}
        entry = audit.described(action, sentence, **about)
        try:
            audit.append(entry)
        except (OperationalError, InterfaceError):
            raise  # the database is away: tried again
        except DatabaseError:
            if not self.is_returning:
                raise
            self._late.append(entry)
            self._is_late = True


def _begun(step, ctx):
    """What must be known of a server, should we be lost in the middle of the step there."""
    changes = {"step": step.name}
    if step.name == "switch":
        changes["switched_at"] = timezone.now()
    if isinstance(step, Command):
        noted = {"irreversible": step.irreversible(ctx), "restarted": step.restarting(ctx)}
        if noted := {name: value for name, value in noted.items() if value}:
            changes["evidence"] = {**ctx.evidence, **noted}
    return changes
