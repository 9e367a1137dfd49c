"""The allowlist: who may do what, where, until when. Nobody writes an entry for themselves."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm

from ..models import Grant
from ..pages.actor import actor_of
from ..site import site
from .audited import record_refusal
from .setting_up import SetupAdmin

NOT_YOURSELF = "You cannot write an allowlist entry for yourself; ask another administrator."


class GrantForm(ModelForm):
    """An entry; `request` is set by the ModelAdmin on the class of each request."""

    request = None

    def clean(self):
        cleaned = super().clean()
        people = {cleaned.get("user"), self.instance.user if self.instance.pk else None}
        if self.request.user in people:
            record_refusal(self.request, "grant.added", NOT_YOURSELF,
                           project=cleaned.get("project"),
                           environment=cleaned.get("environment"))
            raise ValidationError(NOT_YOURSELF)
        return cleaned


@admin.register(Grant, site=site)
class GrantAdmin(SetupAdmin):
    form = GrantForm
    written_columns = ("granted_by", "granted_by_name")
    list_display = ("user", "action", "project", "environment", "networks", "valid_until",
                    "granted_by_name")
    list_filter = ("project", "environment", "action", "user")
    list_select_related = ("user", "project", "environment__project")
    search_fields = ("user__username", "project__name", "reason", "granted_by_name")
    readonly_fields = ("granted_by_name", "granted_at")

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.request = request
        return form

    def save_model(self, request, obj, form, change):
        obj.granted_by, obj.granted_by_name = request.user, actor_of(request).name[:150]
        super().save_model(request, obj, form, change)
