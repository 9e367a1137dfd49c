"""The allowlist: who may do what, where, until when. Services write every entry."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.forms import ModelForm

from ..errors import Refused
from ..models import Grant
from ..pages.actor import actor_of
from ..services import grants
from ..services.administrators import sole_administrator
from ..site import site
from .audited import record_refusal
from .buttons import Button, Buttons, SeeOther
from .by_set_up import BySetUp
from .setting_up import LOW_TEXTS


class GrantForm(ModelForm):
    """An entry; `request` is set by the ModelAdmin on the class of each request."""

    request = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "reason" in self.fields:
            self.fields["reason"].required = True

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            try:
                grants.check(actor_of(self.request), self.instance if self.instance.pk else None,
                             **entry_of(cleaned))
            except Refused as refusal:
                raise ValidationError(str(refusal)) from None
        return cleaned


def entry_of(cleaned):
    """What of a cleaned form belongs to the entry."""
    return {name: cleaned[name] for name in grants.FIELDS if name in cleaned}


@admin.register(Grant, site=site)
class GrantAdmin(BySetUp, Buttons, admin.ModelAdmin):
    form = GrantForm
    formfield_overrides = LOW_TEXTS
    view_on_site = False
    actions = None
    fields = ("user", "group", "action", "project", "environment", "networks", "valid_from",
              "valid_until", "reason", "state", "granted_by_name", "granted_at",
              "confirmed_by_name")
    readonly_fields = ("state", "granted_by_name", "granted_at", "confirmed_by_name")
    list_display = ("who", "action", "project", "environment", "networks", "valid_until", "state",
                    "granted_by_name")
    list_filter = ("project", "environment", "action", "user", "group")
    list_select_related = ("user", "group", "project", "environment__project")
    search_fields = ("user__username", "group__name", "project__name", "reason",
                     "granted_by_name")
    presses = ("confirm", "end")

    def within(self, rows, projects):
        return rows.filter(Q(project__in=projects) | Q(environment__project__in=projects))

    def project_of(self, row):
        return grants.project_of(row)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.request = request
        return form

    def changelist_view(self, request, extra_context=None):
        waiting = len(grants.unconfirmed(actor_of(request)))
        told = [f"{waiting} of them can be confirmed by you." if waiting else "",
                sole_administrator()]
        return super().changelist_view(
            request, {"list_note": " ".join(filter(None, told)), **(extra_context or {})})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return super().change_view(
            request, object_id, form_url, {"show_delete": False, **(extra_context or {})})

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """What was right when the form was checked may be refused when it is saved."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:
            record_refusal(request, "grant.changed" if object_id else "grant.added",
                           refusal.reason)
            messages.error(request, str(refusal))
            return SeeOther(request.get_full_path())

    def save_model(self, request, obj, form, change):
        actor, fields = actor_of(request), entry_of(form.cleaned_data)
        if change:
            grants.change(actor, Grant.objects.get(pk=obj.pk), **fields)
        else:
            obj.pk = grants.grant(actor, **fields).pk
        obj.refresh_from_db()
        if grants.waits(obj):
            messages.warning(request, "It counts once a second person has confirmed it.")

    def delete_view(self, request, object_id, extra_context=None):
        raise PermissionDenied(
            "An allowlist entry is ended, not deleted: press “End now” on its page.")

    def buttons(self, request, row):
        if not self.has_change_permission(request, row):
            return []
        shown = [Button("End now", self.press_url(row, "end"))]
        if grants.waits(row):
            decision = grants.may_confirm(actor_of(request), row)
            shown.append(Button(
                "Confirm", self.press_url(row, "confirm"),
                why_not="" if decision else f"{decision.reason} {decision.remedy}".strip()))
        return shown

    def press_confirm(self, request, row):
        grants.confirm(actor_of(request), row)
        messages.success(request, "Confirmed: it counts.")

    def press_end(self, request, row):
        grants.end(actor_of(request), row)
        messages.success(request, "It has ended.")

    @admin.display(description="Who", ordering="user__username")
    def who(self, row):
        return str(row.user or row.group)

    @admin.display(description="State")
    def state(self, row):
        return "Save first." if row.pk is None else grants.state_of(row)
