"""Releases: every version that was built or is being built, one sentence each."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..models import Release
from ..site import site
from .export import Exports
from .read_only import ReadOnlyAdmin
from .release_buttons import ReleaseButtons


@admin.register(Release, site=site)
class ReleaseAdmin(ReleaseButtons, Exports, ReadOnlyAdmin):
    list_display = ("requested_at", "sentence", "state")
    list_display_links = ("sentence",)
    list_filter = ("project", "status", ("requested_at", admin.DateFieldListFilter))
    list_select_related = ("project",)
    search_fields = ("name", "ref", "label", "commit_sha", "requested_by_name")
    fields = ("sentence", "state", "project", "name", "ref", "commit_sha", "digest",
              "requested_at", "built_at", "problem", "build_log")
    readonly_fields = fields
    export_columns = (_lazy("requested at"), "project", "version", "name", "commit", "state",
                      _lazy("requested by"), "digest")

    def get_queryset(self, request):
        return super().get_queryset(request).defer("contents")  # large, and not shown

    def project_of(self, row):
        return row.project

    def version_of(self, row):
        return row

    @admin.display(description=_lazy("Version"))
    def sentence(self, row):
        who = row.requested_by_name or _("Somebody")
        return _("{who} asked to build {project} {row} ({short_sha})").format(
            who=who, project=row.project, row=row.title, short_sha=row.short_sha)

    @admin.display(description=_lazy("State"), ordering="status")
    def state(self, row):
        return row.words

    @admin.display(description=_lazy("Log"))
    def build_log(self, row):
        return format_html('<a href="{}">{}</a>', reverse("admin:build-log", args=[row.pk]),
                           _("Watch the build"))

    def export_row(self, row):
        return (row.requested_at.isoformat(), row.project.slug, row.title, row.name,
                row.commit_sha, row.words, row.requested_by_name, row.digest)
