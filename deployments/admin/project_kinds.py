"""Kinds of sites in the form for a new project: a link each, which fills the form in."""

from django.utils.translation import gettext as _

from ..models import Project, ServerCommand
from ..pages.actor import actor_of
from ..services import copying, presets
from .project_code import ServerCommandInline, is_open


class OffersKinds:
    """For the projects' ModelAdmin: `?preset=laravel` fills the form in; nothing is saved by it."""

    change_form_template = "admin/deployments/project_form.html"

    def add_view(self, request, form_url="", extra_context=None):
        kind = kind_of(request)
        shown = {"may_copy": copying.may_copy(actor_of(request)), "kinds": presets.all(),
                 "kind": kind, "filled": _words(self._filled(request, kind), _commands(request))}
        return super().add_view(request, form_url, {**shown, **(extra_context or {})})

    def get_changeform_initial_data(self, request):
        return {**super().get_changeform_initial_data(request),
                **self._filled(request, kind_of(request))}

    def get_formset_kwargs(self, request, obj, inline, prefix):
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if inline.model is ServerCommand and obj.pk is None and request.method != "POST":
            kwargs["initial"] = _commands(request)
        return kwargs

    def _filled(self, request, kind):
        """Only what this person may write is filled in."""
        closed = self.get_readonly_fields(request)
        return {} if kind is None else {
            name: value for name, value in kind.fields.items() if name not in closed}


class FilledCommands(ServerCommandInline):
    """The commands inside that form."""

    def get_extra(self, request, obj=None, **kwargs):
        return len(_commands(request)) if obj is None else super().get_extra(request, obj)


def kind_of(request):
    """The kind of site asked for in the address, or None."""
    return presets.of_key(request.GET.get("preset", ""))


def _commands(request):
    kind = kind_of(request)
    if kind is None or not is_open(request, None):
        return []
    return [{**command, "position": number} for number, command in enumerate(kind.commands)]


def _words(fields, commands):
    """What was filled in, as labels: “Public folder, Build commands, 3 commands on servers”."""
    labels = [str(Project._meta.get_field(name).verbose_name) for name in fields]
    if commands:
        labels.append(_("1 command on servers") if len(commands) == 1
                      else _("{commands} commands on servers").format(commands=len(commands)))
    return ", ".join(labels)
