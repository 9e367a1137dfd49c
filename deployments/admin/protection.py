"""What a form would take from a protected environment waits for a second person."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..errors import Refused
from ..models import ApprovalRule, Environment
from ..pages.actor import actor_of
from ..services import protection
from ..services.acting import hold
from ..services.protection_content import BOXES, content_of
from .links import place_of


class KeepsProtection:
    """For the ModelAdmin of environments: `request.protection_waits` once something of it waits."""

    def has_delete_permission(self, request, obj=None):
        """A protected one is no longer protected first."""
        is_open = obj is None or not obj.is_protected
        return is_open and super().has_delete_permission(request, obj)

    def save_model(self, request, obj, form, change):
        if change:
            hold(Environment(pk=obj.pk))
            request.protection_before = content_of(obj)
        super().save_model(request, obj, form, change)

    def keep_protection(self, request, row, change):
        """After all rows were written: undo what needs a second person, and let it wait."""
        try:
            waits = change and protection.keep(actor_of(request), row, request.protection_before)
        except Refused as refusal:  # nothing of the form is saved
            raise PermissionDenied(str(refusal)) from None
        request.protection_waits = bool(waits)
        if waits:
            row.refresh_from_db(fields=list(BOXES))
            messages.warning(request, _("Less protection waits for a second person: until somebody "
                                        "else agrees, what protected it protects it. Everything "
                                        "else on the form is saved."))

    def message_user(self, request, message, level=messages.INFO, *args, **kwargs):
        """Django says that all of it was changed; what waits was not, and is said already."""
        if level != messages.SUCCESS or not getattr(request, "protection_waits", False):
            super().message_user(request, message, level, *args, **kwargs)

    def construct_change_message(self, request, form, formsets, add=False):
        """What waits was not changed; it has an audit entry of its own."""
        if getattr(request, "protection_waits", False):
            form.changed_data = [name for name in form.changed_data if name not in BOXES]
            formsets = [each for each in formsets if each.model is not ApprovalRule]
        return super().construct_change_message(request, form, formsets, add)

    def log_change(self, request, obj, message):
        if not message and getattr(request, "protection_waits", False):
            return None
        return super().log_change(request, obj, message)

    def protection(self, row):
        """Whether a change waits, with the way to it."""
        if row.pk is None:
            return _("Save first.")
        waiting = protection.waiting_of(row)
        told = (_("{asked_by_name} asked for less protection: it waits for a second "
                  "person. ").format(asked_by_name=waiting.asked_by_name) if waiting else "")
        return format_html('{}<a href="{}">{}</a>', told,
                           reverse("admin:protection", args=place_of(row)),
                           _("See what was asked for, and who agreed"))

    protection.short_description = _lazy("Less of it")
