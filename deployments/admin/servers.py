"""Servers: how to reach them, who they are, whether signing in works."""

from django.contrib import admin, messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..models import Grant, Installation, PhpPool, Project, Server, ServerCheck
from ..pages.actor import actor_of
from ..services import edits, imports, setup
from ..services.checkups import ask_about_server
from ..services.keys import fingerprint
from ..site import site
from .answers import last_answers
from .buttons import Button
from .links import links_to, text_to_copy
from .more_tools import MoreTools
from .saving import ChangedRows
from .setting_up import SetupAdmin, SetupInline


class _SocketsOnce(ChangedRows):
    """Django cannot tell the model's own check, which leaves mod_php out: it has no socket."""

    def clean(self):
        super().clean()
        seen = set()
        for form in self.forms:
            values = getattr(form, "cleaned_data", {})
            socket = "" if values.get("DELETE") else values.get("socket")
            if socket and socket in seen:
                form.add_error("socket", _(
                    "Another row has the same “Socket”: change or remove one of them."))
            seen.add(socket)


class PhpPoolInline(SetupInline):
    model = PhpPool
    formset = _SocketsOnce
    needs = (Grant.COMMANDS,)


@admin.register(Server, site=site)
class ServerAdmin(MoreTools, SetupAdmin):
    needs = (Grant.COMMANDS,)
    project_path = None
    list_display = ("name", "address", "user", "identity")
    search_fields = ("name", "address")
    inlines = (PhpPoolInline,)
    readonly_fields = ("key_to_copy", "identity", "answers", "places")
    presses = ("fetch_identity", "confirm_identity", "test_connection")

    def buttons(self, request, row):
        if not self.has_change_permission(request, row):
            return []
        shown = [Button(_("Fetch identity"), self.press_url(row, "fetch_identity"))]
        if row.host_key_seen and row.host_key_seen != row.host_key:
            shown.append(Button(_("Confirm identity {fingerprint}").format(
                fingerprint=fingerprint(row.host_key_seen)),
                                self.press_url(row, "confirm_identity"),
                                {"seen": row.host_key_seen}))
        why_not = "" if row.host_key else _("Fetch and confirm the server's identity first.")
        return [*shown, Button(_("Test connection"), self.press_url(row, "test_connection"),
                               why_not=why_not)]

    def more_tools(self, request):
        may = imports.may_import(actor_of(request), imports.SERVERS)
        return [(_("Import from CSV"), reverse("admin:import-servers"))] if may else []

    def press_fetch_identity(self, request, row):
        setup.ask_server(actor_of(request), row, ServerCheck.HOST_KEY)
        messages.info(request,
                      _("{row} is being asked. Reload this page in a moment.").format(row=row))

    def save_related(self, request, form, formsets, change):
        """Other pools are something else for the doctor to look at."""
        super().save_related(request, form, formsets, change)
        if "service_manager" in form.changed_data:
            rows = Project.objects.filter(environments__installations__server=form.instance)
            edits.edited_last(request.user, rows.distinct())
        if form.has_changed() or any(formset.has_changed() for formset in formsets):
            ask_about_server(form.instance)

    def press_test_connection(self, request, row):
        setup.ask_server(actor_of(request), row, ServerCheck.CONNECTION)
        messages.info(request,
                      _("Signing in on {row} is being tried. Reload in a moment.").format(row=row))

    def press_confirm_identity(self, request, row):
        setup.confirm_host_key(actor_of(request), row, request.POST.get("seen", ""))
        messages.success(request,
                         _("Confirmed: only this identity is {row} from now on.").format(row=row))

    @admin.display(description=_lazy("Key to copy"))
    def key_to_copy(self, row):
        if row.pk is None:
            return _("Choose an SSH key and save; its public half then stands here.")
        return text_to_copy(row.ssh_key.public_key, _("Line for authorized_keys"))

    @admin.display(description=_lazy("Server identity"))
    def identity(self, row):
        confirmed, seen = fingerprint(row.host_key), fingerprint(row.host_key_seen)
        if seen and seen != confirmed:
            return (_("{seen}: seen, not confirmed. Compare it with `ssh-keygen -lf "
                      "/etc/ssh/ssh_host_ed25519_key.pub` on the server.").format(seen=seen))
        return _("{confirmed}: confirmed").format(confirmed=confirmed) if confirmed else _(
            "unknown; fetch it")

    @admin.display(description=_lazy("Last answers"))
    def answers(self, row):
        return last_answers(row)

    @admin.display(description=_lazy("Installations"))
    def places(self, row):
        if row.pk is None:
            return _("Save first, then add installations.")
        return links_to(row.installations.all(), add=Installation, server=row.pk)
