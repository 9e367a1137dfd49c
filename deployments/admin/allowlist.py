"""The allowlist: who may do what, where, until when. Services write every entry."""

from datetime import time
from functools import partial

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.forms import BooleanField, HiddenInput, ModelForm
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import policy
from ..models import Environment, Grant
from ..pages.actor import actor_of
from ..services import grants
from ..services.administrators import sole_administrator
from ..services.still_approvable import NobodyCouldApprove
from ..site import site
from .buttons import Button, Buttons
from .by_service import ByService, ServedForm
from .by_set_up import BySetUp
from .setting_up import INPUTS, DayOrMoment
from .who_approves import say_who_approves

SURE = _lazy("It is meant so, although nobody could approve")
PLACES_SHOWN = 10
WHOLE_DAYS = {
    "valid_from": (time.min, _lazy("Without a time: from the beginning of that day.")),
    "valid_until": (time(23, 59), _lazy("Without a time: to the end of that day.")),
}


class GrantForm(ServedForm, ModelForm):
    """An entry; a checkbox appears where nobody could approve something afterwards."""

    is_sure = BooleanField(
        required=False, widget=HiddenInput, label=SURE)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "reason" in self.fields:
            self.fields["reason"].required = True

    def clean(self):
        cleaned = super().clean()
        wrong = {"user", "group"} & self.errors.keys()
        if not wrong and bool(cleaned.get("user")) == bool(cleaned.get("group")):
            self.add_error("user", _("Choose a person or a group, one of the two."))
        return cleaned

    def serve(self, actor):
        fields = {name: self.cleaned_data[name] for name in (*grants.FIELDS, "is_sure")
                  if name in self.cleaned_data}
        if self.instance.pk is None:
            return grants.grant(actor, **fields)
        return grants.change(actor, Grant.objects.get(pk=self.instance.pk), **fields)

    def refused(self, refusal):
        super().refused(refusal)
        if isinstance(refusal, NobodyCouldApprove):
            self.fields["is_sure"].widget = BooleanField().widget


@admin.register(Grant, site=site)
class GrantAdmin(BySetUp, Buttons, ByService):
    form = GrantForm
    called = _lazy("allowlist entries")
    formfield_overrides = INPUTS
    fields = ("user", "group", "action", "project", "environment", "networks", "valid_from",
              "valid_until", "reason", "is_sure", "state", "by_whom", "granted_at", "second")
    readonly_fields = ("state", "by_whom", "granted_at", "second")
    list_display = ("who", "state", "action", "where", "networks", "valid_until", "by_whom")
    list_filter = ("project", "environment", "action", "user", "group")
    list_select_related = ("user", "group", "project", "environment__project")
    search_fields = ("user__username", "group__name", "project__name", "reason",
                     "granted_by_name")
    presses = ("confirm", "end")

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """From and until are days, too: from the beginning of the first to the end of the last."""
        if db_field.name in WHOLE_DAYS:
            at, help_text = WHOLE_DAYS[db_field.name]
            kwargs |= {"form_class": partial(DayOrMoment, at=at), "help_text": help_text}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        """People by the names that people go by."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field and db_field.name == "user":
            field.label_from_instance = policy.name_and_account_of
        return field

    def within(self, rows, projects):
        return rows.filter(Q(project__in=projects) | Q(environment__project__in=projects))

    def project_of(self, row):
        return grants.project_of(row)

    def changelist_view(self, request, extra_context=None):
        waiting = len(grants.unconfirmed(actor_of(request)))
        told = [_("{waiting} of them can be confirmed by you.").format(
            waiting=waiting) if waiting else "",
                sole_administrator(request.user)]
        return super().changelist_view(
            request, {"list_note": " ".join(filter(None, told)), **(extra_context or {})})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return super().change_view(
            request, object_id, form_url, {"show_delete": False, **(extra_context or {})})

    def get_fields(self, request, obj=None):
        may_change = obj is None or self.has_change_permission(request, obj)
        return [name for name in self.fields if may_change or name != "is_sure"]

    def save_related(self, request, form, formsets, change):
        if grants.waits(form.instance):
            messages.warning(request, _("It counts once a second person has confirmed it."))
        _say_who_approves_today(request, form.instance)

    def delete_view(self, request, object_id, extra_context=None):
        raise PermissionDenied(
            _("An allowlist entry is ended, not deleted: press “End now” on its page."))

    def buttons(self, request, row):
        if not self.has_change_permission(request, row) or grants.is_over(row):
            return []
        shown = []
        if grants.waits(row):
            decision = grants.may_confirm(actor_of(request), row)
            shown.append(Button(
                _("Confirm"), self.press_url(row, "confirm"),
                why_not="" if decision else f"{decision.reason} {decision.remedy}".strip()))
        return [*shown, Button(_("End now"), self.press_url(row, "end"),
                               sure=SURE if "unsure" in request.GET else "",
                               is_danger=True)]

    def press_confirm(self, request, row):
        grants.confirm(actor_of(request), row)
        messages.success(request, _("Confirmed: it counts."))
        _say_who_approves_today(request, row)

    def press_end(self, request, row):
        try:
            grants.end(actor_of(request), row, is_sure=bool(request.POST.get("sure")))
        except NobodyCouldApprove as refusal:
            messages.error(request, str(refusal))
            return f"{self.page_of(row)}?unsure"
        messages.success(request, _("It has ended."))
        _say_who_approves_today(request, row)
        return None

    @admin.display(description=_lazy("Who"), ordering="user__username")
    def who(self, row):
        return str(row.user or row.group)

    @admin.display(description=_lazy("Where"), ordering="project__name")
    def where(self, row):
        return str(row.environment or row.project or _("every project"))

    @admin.display(description=_lazy("From whom"), ordering="granted_by_name")
    def by_whom(self, row):
        return row.granted_by_name

    @admin.display(description=_lazy("Confirmed by"))
    def second(self, row):
        return row.confirmed_by_name

    @admin.display(description=_lazy("State"))
    def state(self, row):
        return _("Save first.") if row.pk is None else grants.state_of(row)


def _say_who_approves_today(request, row):
    """What an entry that lets somebody approve means for the places it covers, where yes is needed.
    """
    if row.action != Grant.APPROVE:
        return
    rows = Environment.objects.filter(approval_rules__isnull=False).select_related("project")
    project = grants.project_of(row)
    if row.environment_id:
        rows = rows.filter(pk=row.environment_id)
    elif project:
        rows = rows.filter(project=project)
    say_who_approves(request, rows.distinct()[:PLACES_SHOWN])
