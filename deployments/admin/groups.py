"""Groups: their names, and who is in them; people are put in on their own pages."""

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.forms import ModelForm
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import policy
from ..pages.actor import actor_of
from ..services import grants, groups, memberships
from ..site import site
from .buttons import Button, Buttons
from .by_service import ByService, ServedForm
from .by_set_up import BySetUp


class GroupForm(ServedForm, ModelForm):
    """A group's name."""

    def serve(self, actor):
        name = self.cleaned_data["name"]
        if self.instance.pk is None:
            return groups.add(actor, name)
        group = Group.objects.get(pk=self.instance.pk)
        groups.rename(actor, group, name)
        return group


@admin.register(Group, site=site)
class GroupAdmin(BySetUp, Buttons, ByService):
    """Django's permissions of groups are left out: they mean nothing here."""

    form = GroupForm
    project_path = None
    fields = ("name", "people", "entries", "weight")
    readonly_fields = ("people", "entries", "weight")
    list_display = ("name", "people", "weight")
    search_fields = ("name",)
    presses = ("remove",)

    def has_delete_permission(self, request, obj=None):
        """By the button alone: its service ends what hangs on the group."""
        return False

    def get_fields(self, request, obj=None):
        return self.fields if obj else ("name",)

    def buttons(self, request, row):
        if not policy.may_look_after(actor_of(request)):
            return []
        why = groups.why_kept(row)
        return [Button(_("Delete this group"), self.press_url(row, "remove"),
                       why_not=_("not while there are {why}.").format(why=why) if why else "")]

    def press_remove(self, request, row):
        groups.delete(actor_of(request), row)
        messages.success(request, _("The group {row} is deleted.").format(row=row.name))
        return reverse("admin:auth_group_changelist")

    @admin.display(description=_lazy("People"))
    def people(self, row):
        return format_html_join(", ", '<a href="{}">{}</a>', (
            (reverse("admin:auth_user_change", args=[user.pk]), str(user))
            for user in row.user_set.order_by("username"))) or "-"

    @admin.display(description=_lazy("Allowlist entries"))
    def entries(self, row):
        return format_html_join(", ", '<a href="{}">{}</a> ({})', (
            (reverse("admin:deployments_grant_change", args=[grant.pk]), str(grant),
             grants.state_of(grant)) for grant in row.grants.all())) or "-"

    @admin.display(description=_lazy("Joining it"))
    def weight(self, row):
        return _("waits for a second person") if memberships.weighs(row) else _("counts at once")
