"""Users: their accounts and the groups they are in. No password, no superuser status, no
permission passes through here."""

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Q
from django.forms import (
    BooleanField,
    CheckboxSelectMultiple,
    HiddenInput,
    ModelForm,
    ModelMultipleChoiceField,
)
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import policy
from ..models import Account, Environment
from ..pages.actor import actor_of
from ..pages.door import see_other
from ..services import memberships, people
from ..services.still_approvable import NobodyCouldApprove
from ..site import site
from .buttons import Button, Buttons
from .by_service import ByService, ServedForm
from .by_set_up import BySetUp
from .who_approves import say_who_approves

HELP = {
    "username": _lazy("For signing in: letters, digits and @ . + - _; at most 150 characters."),
    "is_active": _lazy("Without it: no sign-in, and the person's approvals count for nothing. "
                       "Accounts are switched off, never deleted: history names them."),
}


class PersonForm(ServedForm, ModelForm):
    """An account; a checkbox appears where nobody could approve something afterwards."""

    member_of = ModelMultipleChoiceField(
        Group.objects.all(), required=False, label=_lazy("Groups"),
        widget=CheckboxSelectMultiple,
        help_text=_lazy("Joining a group whose entries weigh waits for a second person."))
    is_sure = BooleanField(
        required=False, widget=HiddenInput, label=_lazy("It is meant so, although nobody could "
                                                        "approve"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in HELP.keys() & self.fields.keys():
            self.fields[name].help_text = HELP[name]
        if self.instance.pk:
            self.initial["member_of"] = list(self.instance.groups.all())

    def serve(self, actor):
        fields = {name: self.cleaned_data[name] for name in people.FIELDS
                  if name in self.cleaned_data}
        groups = self.cleaned_data.get("member_of")
        if self.instance.pk is None:
            user, self.waiting = people.add(actor, groups=groups or (), **fields)
            return user
        user = get_user_model().objects.get(pk=self.instance.pk)
        self.waiting = people.change(actor, user, groups=groups,
                                     is_sure=self.cleaned_data.get("is_sure", False), **fields)
        return user

    def refused(self, refusal):
        super().refused(refusal)
        if isinstance(refusal, NobodyCouldApprove):
            self.fields["is_sure"].widget = BooleanField().widget


@admin.register(get_user_model(), site=site)
class PeopleAdmin(BySetUp, Buttons, ByService):
    """Accounts belong to no project: whoever sets everything up looks after them."""

    form = PersonForm
    project_path = None
    new_fields = ("username", "first_name", "last_name", "email", "member_of")
    fields = ("username", "first_name", "last_name", "email", "is_active", "member_of", "waits",
              "superuser", "last_login", "void", "is_sure")
    readonly_fields = ("waits", "superuser", "last_login", "void")
    list_display = ("username", "first_name", "last_name", "email", "is_active", "superuser",
                    "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)

    def get_fields(self, request, obj=None):
        if obj is None:
            return self.new_fields
        may_change = self.has_change_permission(request, obj)
        return [name for name in self.fields if may_change or name not in
                ("member_of", "is_sure")]

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else ()

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and bool(
            policy.may_look_after(actor_of(request), obj))

    def has_delete_permission(self, request, obj=None):
        """Accounts are switched off: history names them."""
        return False

    def save_related(self, request, form, formsets, change):
        for row in form.waiting:
            messages.warning(request, _("Waits for a second person: {row}.").format(row=row))
        if change and {"is_active", "member_of"} & set(form.changed_data):
            say_who_approves(request, _they_approve_in(form.instance, form))

    def response_add(self, request, obj, post_url_continue=None):
        messages.success(request,
                         _("The account of {obj} is made. It has no password yet.").format(obj=obj))
        return see_other("person-link", obj.pk)

    def buttons(self, request, row):
        actor = actor_of(request)
        decision = policy.may_send_link(actor, row)
        shown = [
            Button(_("Send a password link…"), reverse("admin:person-link", args=[row.pk]),
                   is_link=True, why_not="" if decision else str(decision.reason)),
            Button(_("Allowlist entries…"), "{}?user__id__exact={}".format(
                reverse("admin:deployments_grant_changelist"), row.pk), is_link=True),
            Button(_("Why can’t …?"), f"{reverse('admin:access-why')}?person={row.pk}",
                   is_link=True),
        ]
        if policy.may_end_sessions(actor, row):
            shown.append(Button(_("Sign-ins and second step…"),
                                reverse("admin:sign-in-of", args=[row.pk]), is_link=True))
        return shown

    @admin.display(description=_lazy("Waits for a second person"))
    def waits(self, row):
        waiting = memberships.open_requests(row)
        address = reverse("admin:access-requests")
        return format_html_join(", ", '<a href="{}">{}</a>', (
            (address, str(one.group)) for one in waiting)) or "-"

    @admin.display(description=_lazy("Superuser"), boolean=True)
    def superuser(self, row):
        return row.is_superuser

    @admin.display(description=_lazy("Approvals void until"))
    def void(self, row):
        account = Account.objects.filter(user=row).first()
        return (account and account.approvals_void_until) or "-"


def _they_approve_in(user, form):
    """The environments whose rules name the person, or a group they are or were in."""
    groups = {*form.initial.get("member_of", ()), *form.cleaned_data.get("member_of", ())}
    named = Q(approval_rules__users=user) | Q(approval_rules__groups__in=groups)
    return Environment.objects.filter(named).select_related("project").distinct()
