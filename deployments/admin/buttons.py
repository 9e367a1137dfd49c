"""Buttons on a row's page: POST forms that call one service each, and links beside them."""

from dataclasses import dataclass, field
from functools import partial

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..pages.actor import actor_of
from .audited import record_refusal


@dataclass(frozen=True)
class Button:
    """What a page shows: a form that posts `fields` to `url`, or a link; or why there is none.

    `asks` is the label of one text input named `ref`, with `choices` to pick from. `sure` is a
    sentence to be ticked before it can be pressed, sent as `sure`. `is_danger`: it takes something
    away.
    """

    label: str
    url: str
    fields: dict = field(default_factory=dict)
    is_link: bool = False
    why_not: str = ""
    asks: str = ""
    asks_value: str = ""
    choices: tuple = ()
    sure: str = ""
    is_danger: bool = False


class SeeOther(HttpResponseRedirect):
    """303: the browser fetches the next page with GET, whatever it sent."""

    status_code = 303


class Buttons:
    """For ModelAdmins: each of `presses` names a method `press_NAME(request, row)` that returns
    the next page's address or None. Its service decides, and records what it refuses."""

    change_form_template = "admin/deployments/change_form.html"
    presses = ()

    def buttons(self, request, row):
        """The buttons of this row for this person."""
        return []

    def press_url(self, row, name):
        return reverse(f"admin:{self._press_name(name)}", args=[quote(row.pk)])

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, unquote(object_id))
        shown = self.buttons(request, row) if row else []
        return super().change_view(
            request, object_id, form_url, {"buttons": shown, **(extra_context or {})})

    def get_urls(self):
        own = [
            path(f"<path:object_id>/{name.replace('_', '-')}/",
                 self.admin_site.admin_view(partial(self._press, name=name)),
                 name=self._press_name(name))
            for name in self.presses
        ]
        return own + super().get_urls()

    def row_to_press(self, request, object_id):
        """The row, also one that the list hides from who may look at its project: the service
        decides about it, with its reason. None where there is none."""
        row = self.get_object(request, object_id)
        if row is not None or not object_id.isdecimal():
            return row
        row = self.model._default_manager.filter(pk=object_id).first()
        project = row and self.project_of(row)
        if row is None or (project and policy.may_look(actor_of(request), project)):
            return row
        if project is None:
            raise PermissionDenied(_("You may not press this."))
        record_refusal(request, "page.refused",
                       _("There is nothing for you at {path}.").format(path=request.path))
        return None

    def project_of(self, row):
        """The project a row belongs to, or None."""

    def _press_name(self, name):
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def _press(self, request, object_id, *, name):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.row_to_press(request, unquote(object_id))
        if row is None:
            raise Http404
        try:
            next_url = getattr(self, f"press_{name}")(request, row)
        except Refused as refusal:
            if not self.has_view_permission(request, row):
                raise PermissionDenied(str(refusal)) from None
            messages.error(request, str(refusal))
            next_url = None
        return SeeOther(next_url or self.page_of(row))

    def page_of(self, row):
        """The address of the row's own page."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change",
                       args=[quote(row.pk)])
