"""The part of a project's form that is code: who may write it, and that each edit is kept.

Fields are closed to whoever has not the right, and to everybody while an edit waits for a second
person. Whatever a form changed nevertheless is found by comparing the rows before and after it.
"""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import audit
from ..errors import Refused
from ..models import BuildVariable, CheckPage, Grant, ServerCommand
from ..models.fields import lines_of
from ..pages.actor import actor_of
from ..services import edits, new_projects
from ..services.recipe_content import FIELDS, content_of
from .by_set_up import reach_of
from .project_form import BuildVariableForm, CheckPageForm, ServerCommandForm
from .setting_up import SetupInline


def is_open(request, project):
    """Whether this person may write what is code in the form; asked once per request."""
    known = request.__dict__.setdefault("code_is_open", {})
    pk = project.pk if project else None
    if pk not in known:
        is_held = bool(pk) and edits.waiting_of(project) is not None
        known[pk] = _covers(request, project, Grant.COMMANDS) and not is_held
    return known[pk]


def _covers(request, project, *actions):
    reach = reach_of(request, *actions)
    return reach.covers(project) if project and project.pk else reach.is_everything


class CodeInline(SetupInline):
    """Rows that are code."""

    needs = (Grant.COMMANDS,)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and is_open(request, obj)


class BuildVariableInline(CodeInline):
    model = BuildVariable
    form = BuildVariableForm


class ServerCommandInline(CodeInline):
    model = ServerCommand
    form = ServerCommandForm


class CheckPageInline(SetupInline):
    """Pages belong to set-up; their headers can hold secrets, and are code."""

    model = CheckPage
    form = CheckPageForm
    needs = (Grant.SET_UP, Grant.COMMANDS)
    readonly_fields = ("headers_set",)

    def get_fields(self, request, obj=None):
        headers = ("headers",) if is_open(request, obj) else ()
        return ("path", "status_from", "status_to", "text", "headers_set", *headers)

    @admin.display(description=_lazy("Headers now"))
    def headers_set(self, row):
        """Their names; values only as fingerprints."""
        parts = (line.partition(":") for line in lines_of(row.headers))
        return format_html_join("", "<div>{}: {}</div>", (
            (name, audit.fingerprint(value.strip())) for name, __, value in parts)) or "-"


class KeepsEdits:
    """For the projects' ModelAdmin."""

    def has_add_permission(self, request):
        return reach_of(request, Grant.SET_UP).is_everything

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        if not is_open(request, obj):
            fields = (*fields, *FIELDS)
        if not _covers(request, obj, Grant.SET_UP):
            fields = (*fields, *(name for name in self._columns() if name not in FIELDS))
        return tuple(dict.fromkeys(fields))

    def _columns(self):
        names = [name for __, options in self.fieldsets for name in options["fields"]]
        return [name for name in names if name not in self.readonly_fields]

    def get_fieldsets(self, request, obj=None):
        """A secret that cannot be written is not shown either."""
        fieldsets = super().get_fieldsets(request, obj)
        if is_open(request, obj):
            return fieldsets
        return [(title, {**options, "fields": [
            name for name in options["fields"] if name != "git_password"]})
            for title, options in fieldsets]

    def get_prepopulated_fields(self, request, obj=None):
        closed = self.get_readonly_fields(request, obj)
        fields = super().get_prepopulated_fields(request, obj)
        return {name: sources for name, sources in fields.items() if name not in closed}

    def save_model(self, request, obj, form, change):
        if change:
            edits.hold_project(type(obj)(pk=obj.pk))
            request.code_before = content_of(obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        actor, project = actor_of(request), form.instance
        if not change:
            new_projects.made(actor, project)
            return
        try:
            edit = edits.keep_edit(actor, project, request.code_before)
        except Refused as refusal:  # nothing of the form is saved
            raise PermissionDenied(str(refusal)) from None
        request.edit_waits = edit is not None and edit.status == edit.WAITING
        if request.edit_waits:
            messages.warning(request, _("Your edit of what it runs waits for a second person: "
                                        "until somebody else agrees, it runs what it ran before."))

    def construct_change_message(self, request, form, formsets, add=False):
        """What waits was not changed; it has an audit entry of its own."""
        if getattr(request, "edit_waits", False):
            formsets = _leave_code_out(form, formsets)
        return super().construct_change_message(request, form, formsets, add)

    def log_change(self, request, obj, message):
        if not message and getattr(request, "edit_waits", False):
            return None
        return super().log_change(request, obj, message)

    @admin.display(description=_lazy("Edits"))
    def edits(self, row):
        if row.pk is None:
            return _("Save first; each edit of what the project runs then stands here.")
        edit = edits.waiting_of(row)
        told = (_("Edit {number} by {edited_by_name} waits for a second person. ").format(
            number=edit.number, edited_by_name=edit.edited_by_name)
                if edit else "")
        return format_html('{}<a href="{}">{}</a>', told,
                           reverse("admin:command-edits", args=[row.slug]),
                           _("See all edits with their differences"))


def _leave_code_out(form, formsets):
    """Take what is code out of what the form says it changed; return the other formsets."""
    form.changed_data = [name for name in form.changed_data
                         if name.removeprefix("remove_") not in FIELDS]
    for formset in formsets:
        if formset.model is CheckPage:
            for inner in formset.forms:
                inner.changed_data = _without_headers(inner.changed_data)
            formset.changed_objects = [
                (row, rest) for row, names in formset.changed_objects
                if (rest := _without_headers(names))]
    return [formset for formset in formsets
            if formset.model not in (BuildVariable, ServerCommand)]


def _without_headers(names):
    return [name for name in names if name not in ("headers", "remove_headers")]
