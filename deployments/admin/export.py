"""CSV of what a list shows now: streamed, audited, safe to open in a spreadsheet."""

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponseNotAllowed
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .. import audit
from ..pages.actor import actor_of
from ..pages.csv_file import csv_file
from .buttons import SeeOther


class Exports:
    """For ModelAdmins: a POST button that sends `export_row` of every row the filters leave."""

    change_list_template = "admin/deployments/change_list.html"
    export_columns = ()

    def export_row(self, row):
        """The cells of one line, as `export_columns` names them."""
        raise NotImplementedError

    def get_urls(self):
        export = path("export/", self.admin_site.admin_view(self.export), name=self._export_name)
        return [export, *super().get_urls()]

    @property
    def _export_name(self):
        return f"{self.opts.app_label}_{self.opts.model_name}_export"

    def changelist_view(self, request, extra_context=None):
        filters = request.GET.copy()
        filters.pop(ERROR_FLAG, None)
        url = reverse(f"admin:{self._export_name}")
        return super().changelist_view(request, {
            "title": capfirst(self.opts.verbose_name_plural),
            "export_url": f"{url}?{filters.urlencode()}" if filters else url,
            **(extra_context or {}),
        })

    def export(self, request):
        found = self.exported(request)
        if not isinstance(found, QuerySet):
            return found
        self.record_export(request, found.count(), _("as CSV"))
        return csv_file(f"{self.opts.model_name}.csv", self.export_columns,
                        map(self.export_row, found.iterator(chunk_size=500)))

    def exported(self, request):
        """The rows that the filters leave, or the answer why there are none for this request."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request):
            raise PermissionDenied(_("You may not see this list."))
        try:
            return self.filtered(request)
        except IncorrectLookupParameters:
            return self._back(request, _("These filters cannot be read. Choose them anew."))

    def filtered(self, request):
        """The rows that the filters in the address leave; IncorrectLookupParameters where they
        cannot be read."""
        return self.get_changelist_instance(request).get_queryset(request)

    def record_export(self, request, count, how):
        """Before the first row leaves: who took what out."""
        audit.record_export(
            self.opts.model_name, actor=actor_of(request), count=count, how=how,
            rows=str(self.opts.verbose_name_plural), filters=request.GET)

    def _back(self, request, sentence):
        messages.error(request, sentence)
        return SeeOther(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
