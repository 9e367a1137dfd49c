"""Tokens of the guarded endpoint: issued, rotated, revoked and sent here, never shown."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.widgets import AdminSplitDateTime, AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils.dateformat import format as in_words
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import policy
from ..errors import Refused
from ..models import Environment, Grant, Token
from ..models.fields import validate_networks
from ..pages.actor import actor_of
from ..services import tokens
from ..site import site
from .buttons import Button, Buttons, SeeOther
from .by_set_up import only_within, reach_of
from .read_only import ReadOnlyAdmin


class IssueForm(forms.Form):
    """What a new token is for, and from where servers accept it."""

    environment = forms.ModelChoiceField(Environment.objects.select_related("project"))
    networks = forms.CharField(
        widget=AdminTextareaWidget(attrs={"rows": 3}), validators=[validate_networks],
        initial="127.0.0.1/32\n::1/128",
        help_text=_lazy("Addresses the endpoint accepts it from, as the server sees them; one per "
                        "line."))
    expires_at = forms.SplitDateTimeField(
        widget=AdminSplitDateTime, required=False, label=_lazy("Expires"),
        help_text=_lazy("Empty: never."))


@admin.register(Token, site=site)
class TokenAdmin(Buttons, ReadOnlyAdmin):
    list_display = ("public_id", "environment", "state", "expires_at", "last_used_at",
                    "last_refused")
    list_select_related = ("environment__project",)
    search_fields = ("public_id", "environment__name", "environment__project__name")
    fields = ("public_id", "environment", "scope", "networks", "issued", "expires_at", "state",
              "last_used_at", "last_refused", "revoked_at", "replaced_by")
    readonly_fields = fields
    project_lookup = "environment__project__in"
    is_set_up = True
    presses = ("rotate", "revoke", "install")

    def has_add_permission(self, request, obj=None):
        return bool(reach_of(request, Grant.SET_UP))

    def project_of(self, row):
        return row.environment.project

    def buttons(self, request, row):
        if not policy.may_set_up(actor_of(request), row.environment.project):
            return []
        send = Button(_("Install on servers"), self.press_url(row, "install"))
        if row.revoked_at:
            return [] if tokens.is_forgotten(row) else [send]
        shown = [Button(_("Revoke"), self.press_url(row, "revoke")), send]
        if row.replaced_by_id is None:
            shown.insert(0, Button(_("Rotate"), self.press_url(row, "rotate")))
        return shown

    def add_view(self, request, form_url="", extra_context=None):
        """Issue: the one way a token comes to be."""
        if not self.has_add_permission(request):
            raise PermissionDenied(_("You may not issue tokens."))
        form = IssueForm(request.POST or None)
        form.fields["environment"].queryset = only_within(
            form.fields["environment"].queryset, Environment, reach_of(request, Grant.SET_UP))
        if request.method == "POST" and form.is_valid():
            token = self._issue(request, form)
            if token:
                messages.success(request, _("Token {public_id} is being installed.").format(
                    public_id=token.public_id))
                return SeeOther(self.page_of(token))
        return TemplateResponse(request, "admin/deployments/issue_token.html", {
            **self.admin_site.each_context(request), "form": form, "title": _("Issue a token"),
            "fields": AdminForm(form, [(None, {"fields": list(form.fields)})], {}),
            "opts": self.opts, "media": self.media + form.media,
        })

    def _issue(self, request, form):
        asked = form.cleaned_data
        try:
            return tokens.issue(actor_of(request), asked["environment"],
                                networks=asked["networks"], expires_at=asked["expires_at"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return None

    def press_rotate(self, request, row):
        token = tokens.rotate(actor_of(request), row)
        messages.success(request,
                         _("{new} replaces {old}.").format(new=token.public_id, old=row.public_id))
        return self.page_of(token)

    def press_revoke(self, request, row):
        tokens.revoke(actor_of(request), row)
        messages.success(request, _("Revoked; it is done when every server has forgotten it."))

    def press_install(self, request, row):
        tokens.install(actor_of(request), row)
        messages.success(request, _("Its servers are being told again."))

    @admin.display(description=_lazy("Issued"))
    def issued(self, row):
        return _("{day} by {name}").format(day=in_words(localtime(row.issued_at), "d M Y"),
                                           name=row.issued_by_name or _("nobody known"))

    @admin.display(description=_lazy("State"))
    def state(self, row):
        sentence = tokens.state_sentence(row)
        ended = tokens.ended(row)
        return f"{ended}: {sentence}" if ended else sentence

    @admin.display(description=_lazy("Last refused"))
    def last_refused(self, row):
        if row.last_refused_at is None:
            return _("never")
        return f"{in_words(localtime(row.last_refused_at), 'd M H:i')}: {row.last_refused_why}"
