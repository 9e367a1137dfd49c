"""The frame every service runs in: one transaction; a refusal undoes it and is recorded."""

from contextlib import contextmanager

from django.db import transaction
from django.utils.translation import gettext as _

from .. import audit
from ..errors import Refused
from ..models import AuditEntry


@contextmanager
def acting(actor, action, *, project=None, environment=None):
    """Run the block in one transaction. `Refused` undoes it, is audited as `action`, and goes on
    to the caller."""
    with (recording_refusals(actor, action, project=project, environment=environment),
          transaction.atomic()):
        yield


@contextmanager
def recording_refusals(actor, action, *, project=None, environment=None):
    """`Refused` in the block is audited as `action` and goes on to the caller: for what a page
    works out of its form before it calls a service."""
    try:
        yield
    except Refused as refusal:
        where = environment or project
        sentence = _("Refused for {actor}: {reason}").format(
            actor=actor.name, reason=refusal.reason)
        audit.record(
            action, f"{sentence} ({where})" if where else sentence, actor=actor,
            outcome=AuditEntry.REFUSED, project=project, environment=environment,
            reason=refusal.reason,
        )
        raise


def hold(row):
    """Lock the row until the transaction ends and read it again: what a page loaded is old.

    Others may still refer to it: a foreign key that had to wait for us would be a deadlock.
    """
    row.refresh_from_db(from_queryset=type(row).objects.select_for_update(no_key=True))


def demand(decision):
    """Raise Refused with the decision's words unless it allows."""
    if not decision:
        raise Refused(decision.reason, decision.remedy, leads_to=decision.leads_to)
