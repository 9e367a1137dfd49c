"""Forms that a service carries out: what it refuses stands beside the form, with all that was
typed."""

from django.contrib import admin
from django.core.exceptions import ValidationError

from ..errors import Refused
from ..pages.actor import actor_of
from .less_script import LessScript


class ServedForm:
    """For ModelForms: `serve(actor)` does it, once everything typed is right, and returns the row.

    `request` is set by the ModelAdmin on the class of each request.
    """

    request = None

    def serve(self, actor):
        raise NotImplementedError

    def _post_clean(self):
        super()._post_clean()
        if self.errors:
            return
        try:
            self.instance = self.serve(actor_of(self.request))
        except Refused as refusal:
            self.refused(refusal)

    def refused(self, refusal):
        self.add_error(refusal.field if refusal.field in self.fields else None,
                       ValidationError(str(refusal)))


class ByService(LessScript, admin.ModelAdmin):
    """For ModelAdmins of such forms: nothing else saves a row, or what belongs to it."""

    actions = None
    view_on_site = False

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.request = request
        return form

    def save_model(self, request, obj, form, change):
        """The form's service has saved it."""

    def save_related(self, request, form, formsets, change):
        """The form's service has saved them."""

    def has_delete_permission(self, request, obj=None):
        return False
