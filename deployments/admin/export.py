"""CSV of what a list shows now: streamed, audited, safe to open in a spreadsheet."""

import csv

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, StreamingHttpResponse
from django.urls import path, reverse
from django.utils.text import capfirst

from .. import audit
from ..pages.actor import actor_of
from .buttons import SeeOther

MOST_ROWS = 50_000
_STARTS_A_FORMULA = ("=", "+", "-", "@")


def safe_cell(value):
    """Return the text of a cell; one that a spreadsheet would calculate gets a leading quote.

    OWASP, CSV injection: `= + - @`, tab and carriage return begin a formula.
    """
    text = "" if value is None else str(value)
    is_formula = text.lstrip().startswith(_STARTS_A_FORMULA) or text.startswith(("\t", "\r", "\n"))
    return f"'{text}" if is_formula else text


class _Echo:
    """A file for `csv.writer` that returns each line instead of keeping it."""

    def write(self, line):
        return line


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
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request):
            raise PermissionDenied("You may not see this list.")
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return self._back(request, "These filters cannot be read. Choose them anew.")
        count, noun = rows.count(), str(self.opts.verbose_name_plural)
        if count > MOST_ROWS:
            return self._back(request, f"{count} rows are more than one file takes ({MOST_ROWS}). "
                              "Narrow the filters and try again.", request.GET.urlencode())
        actor = actor_of(request)
        audit.record(f"{self.opts.model_name}.exported",
                     f"{actor.name} exported {count} rows of {noun}", actor=actor, rows=count,
                     filters=request.GET.urlencode()[:500])
        return _csv(f"{self.opts.model_name}.csv", self.export_columns,
                    map(self.export_row, rows.iterator(chunk_size=500)))


    def _back(self, request, sentence, filters=""):
        messages.error(request, sentence)
        shown = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return SeeOther(f"{shown}?{filters}")


def _csv(name, columns, rows):
    writer = csv.writer(_Echo())

    def lines():
        yield "\ufeff" + writer.writerow(columns)  # spreadsheets read UTF-8 only after this mark
        for row in rows:
            yield writer.writerow([safe_cell(cell) for cell in row])

    return StreamingHttpResponse(
        lines(), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'})
