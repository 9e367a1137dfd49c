"""Every change through a form of the admin is one audit entry, with what differs before and after.

Secrets are there as fingerprints.
"""

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from .. import audit
from ..models import AuditEntry, Environment, Project
from ..pages.actor import actor_of
from .differences import difference, whole


class Audited:
    """For ModelAdmins: `project.added`, `project.changed`, `project.deleted`, with the change."""

    audit_noun = ""

    def construct_change_message(self, request, form, formsets, add=False):
        request.difference = difference(form, formsets or ())
        with override(None):
            return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request, obj, message):
        self._record(request, obj, "added", _changed(message))
        return super().log_addition(request, obj, message)

    def log_change(self, request, obj, message):
        self._record(request, obj, "changed", _changed(message))
        return super().log_change(request, obj, message)

    def log_deletions(self, request, queryset):
        for obj in queryset:
            request.difference = whole(obj), {}
            self._record(request, obj, "deleted", [])
        return super().log_deletions(request, queryset)

    def noun_of(self, request, verb):
        """What the audit log files this change under."""
        return self.audit_noun or self.opts.model_name

    def _record(self, request, obj, verb, changed):
        actor, noun = actor_of(request), self.noun_of(request, verb)
        what = f": {', '.join(changed)}" if changed and verb == "changed" else ""
        sentence = {"added": _("{actor} added {sort} “{name}”"),
                    "changed": _("{actor} changed {sort} “{name}”"),
                    "deleted": _("{actor} deleted {sort} “{name}”")}[verb]
        told = sentence.format(actor=actor.name, sort=self.opts.verbose_name, name=obj)
        before, after = getattr(request, "difference", ({}, {}))
        audit.record(
            f"{noun}.{verb}", f"{told}{what}",
            actor=actor, changed=changed, object=str(obj), about=obj, before=before, after=after,
            **_where(obj))


def record_refusal(request, action, reason, **where):
    """Put a form that was refused into the audit log."""
    actor = actor_of(request)
    audit.record(action, _("Refused for {actor}: {reason}").format(
        actor=actor.name, reason=reason), actor=actor,
                 outcome=AuditEntry.REFUSED, reason=reason, **where)


def _where(obj):
    """The project and environment an object belongs to, as `audit.record` takes them."""
    found = {
        "project": obj if isinstance(obj, Project) else getattr(obj, "project", None),
        "environment": obj if isinstance(obj, Environment) else getattr(obj, "environment", None),
    }
    return {name: row for name, row in found.items() if row is not None}


def _changed(message):
    """Labels of the fields that changed, those of rows inside a form with what was done."""
    labels = []
    for part in message:
        for verb, change in part.items():
            fields = [capfirst(str(label)) for label in change.get("fields", [])]
            inside = change.get("name")
            if not inside:
                labels += fields
            elif fields:
                labels += [f"{inside} ({verb}): {label}" for label in fields]
            else:
                labels.append(f"{inside} ({verb})")
    return labels
