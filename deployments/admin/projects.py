"""Projects, with what their builds are given and what runs on their servers."""

from datetime import timedelta

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..models import Environment, Grant, Installation, Project
from ..pages.actor import actor_of
from ..services import copying, setup
from ..services.keys import fingerprint
from ..site import site
from .answers import last_answers
from .buttons import Button
from .links import links_to, text_to_copy
from .more_tools import MoreTools
from .project_code import (
    BuildVariableInline,
    CheckPageInline,
    KeepsEdits,
)
from .project_form import ProjectForm
from .project_kinds import FilledCommands, OffersKinds
from .release_buttons import ReleaseButtons
from .setting_up import SetupAdmin, SetupInline


class EnvironmentInline(SetupInline):
    model = Environment
    fields = ("name", "slug", "site_host", "position")
    show_change_link = True


@admin.register(Project, site=site)
class ProjectAdmin(OffersKinds, KeepsEdits, ReleaseButtons, MoreTools, SetupAdmin):
    needs = (Grant.SET_UP, Grant.COMMANDS)
    project_path = ""
    guide = "admin:first-run"
    form = ProjectForm
    list_display = ("name", "slug", "repository_url", "source_read_at")
    search_fields = ("name", "slug", "repository_url")
    prepopulated_fields = {"slug": ("name",)}
    inlines = (EnvironmentInline, BuildVariableInline, FilledCommands, CheckPageInline)
    fieldsets = (
        (None, {"fields": ("name", "slug", "places")}),
        (_lazy("Commands are code"), {
            "fields": ("edits", "commands_need_second"),
            "description": _lazy("Repository, builder, build commands, build variables, commands "
                                 "on servers and headers of check pages are edited by whoever may "
                                 "edit commands.")}),
        (_lazy("Source"), {"fields": (
            "repository_url", "deploy_key", "key_to_copy", "git_identity", "answers",
            "git_user", "git_password", "source_read_at", "source_problem", "commit_address",
            "ticket_address")}),
        (_lazy("Build"), {"fields": (
            "builder", "subdirectory", "build_commands", "build_limit_s", "build_silence_s",
            "left_out")}),
        (_lazy("On servers"), {"fields": (
            "public_folder", "shared_files", "created_files", "shared_folders",
            "writable_folders", "asset_folders", "keep_releases")}),
        (_lazy("Releasing"), {"fields": ("checklist", "when_busy")}),
    )
    readonly_fields = ("edits", "places", "key_to_copy", "git_identity", "answers",
                       "source_read_at", "source_problem")
    presses = (*ReleaseButtons.presses, "read_source", "fetch_git_identity",
               "confirm_git_identity")

    def project_of(self, row):
        return row

    def fixed_fields(self, row):
        return ("slug",)

    def buttons(self, request, row):
        if not self.has_change_permission(request, row):
            return super().buttons(request, row)
        copies = [Button(_("Copy its set-up"), reverse("admin:copy-project-from", args=[row.slug]),
                         is_link=True)] if copying.may_copy(actor_of(request)) else []
        shown = [*copies, Button(_("Read the versions again"), self.press_url(row, "read_source")),
                 Button(_("Fetch the git host's identity"),
                        self.press_url(row, "fetch_git_identity"))]
        if row.git_host_key_seen and row.git_host_key_seen != row.git_host_key:
            shown.append(Button(
                _("Confirm the git host's identity {fingerprint}").format(
                    fingerprint=fingerprint(row.git_host_key_seen)),
                self.press_url(row, "confirm_git_identity"), {"seen": row.git_host_key_seen}))
        return super().buttons(request, row) + shown

    def more_tools(self, request):
        if not copying.may_copy(actor_of(request)):
            return []
        return [(_("Copy from another"), reverse("admin:copy-project")),
                (_("Import from CSV"), reverse("admin:import-projects"))]

    def press_read_source(self, request, row):
        if not self.has_change_permission(request, row):
            raise PermissionDenied(_("You may not set up {row}.").format(row=row))
        setup.refresh_source(row, if_older_than=timedelta(0))
        messages.info(request, _("The versions are being read. Reload this page in a moment."))

    def press_fetch_git_identity(self, request, row):
        setup.ask_git_host(actor_of(request), row)
        messages.info(request, _("The git host is being asked. Reload this page in a moment."))

    def press_confirm_git_identity(self, request, row):
        setup.confirm_git_host_key(actor_of(request), row, request.POST.get("seen", ""))
        messages.success(request, _("Confirmed: only this git host is used from now on."))

    @admin.display(description=_lazy("Installations"))
    def places(self, row):
        if row.pk is None:
            return _("Save first, then add installations.")
        rows = Installation.objects.filter(environment__project=row).select_related("server")
        return links_to(rows, add=Installation)

    @admin.display(description=_lazy("Deploy key to copy"))
    def key_to_copy(self, row):
        return text_to_copy(row.deploy_key.public_key if row.deploy_key else "", _("Deploy key"))

    @admin.display(description=_lazy("Git host's identity"))
    def git_identity(self, row):
        confirmed, seen = fingerprint(row.git_host_key), fingerprint(row.git_host_key_seen)
        if seen and seen != confirmed:
            return _("{seen}: not confirmed. Compare it with what the git host publishes.").format(
                seen=seen)
        return _("{confirmed}: confirmed").format(confirmed=confirmed) if confirmed else _(
            "not fetched (only ssh needs it)")

    @admin.display(description=_lazy("Last answers of the git host"))
    def answers(self, row):
        return last_answers(row)
