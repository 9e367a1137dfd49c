"""CSV that people download: streamed, safe to open in a spreadsheet."""

import csv
import re

from django.http import StreamingHttpResponse

_STARTS_A_FORMULA = tuple("=+-@＝＋－＠")  # the wide ones count in Asian settings
_NEXT_CELL = re.compile(r"(?s)(?<=.)([;\t\r\n][\s\"]*)(?=[=+\-@＝＋－＠])")
"""Where a spreadsheet begins another cell that splits at semicolons or tabs, as in half of Europe:
to it our quotes, which are not at a cell's begin, are none."""


def safe_cell(value):
    """Return the text of a cell; one that a spreadsheet would calculate gets a leading quote.

    OWASP, CSV injection: `= + - @` (wide ones too), tab, carriage return and line feed begin one.
    """
    text = _NEXT_CELL.sub(r"\1'", "" if value is None else str(value))
    is_formula = text.lstrip().startswith(_STARTS_A_FORMULA) or text.startswith(("\t", "\r", "\n"))
    return f"'{text}" if is_formula else text


def csv_file(name, columns, rows):
    """The answer that sends `rows` below their `columns`, each as it is read."""
    writer = csv.writer(_Echo())

    def lines():
        yield "\ufeff" + writer.writerow(columns)  # spreadsheets read UTF-8 only after this mark
        for row in rows:
            yield writer.writerow([safe_cell(cell) for cell in row])

    return StreamingHttpResponse(
        lines(), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'})


class _Echo:
    """A file for `csv.writer` that returns each line instead of keeping it."""

    def write(self, line):
        return line
