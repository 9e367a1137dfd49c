"""A log by cursor: the same lines for the page and for the script that keeps it moving."""

from django.db.models import Q
from django.http import StreamingHttpResponse
from django.utils import timezone

AT_ONCE = 400
"""Lines sent in one answer; a longer log comes in several."""


def sought(request):
    """What somebody looks for in the log: `?find=`."""
    return request.GET.get("find", "").strip()[:100]


def having(lines, words):
    """The lines that have these words, in any letters, or are of a server called so."""
    return lines.filter(Q(text__icontains=words) | Q(server_name__icontains=words)) \
        if words else lines


def after(lines, number):
    """The next lines after `number`, oldest first, as plain values; at most `AT_ONCE`."""
    return [_plain(line) for line in lines.filter(number__gt=number)[:AT_ONCE]]


def newest(lines):
    """The last lines of the log, oldest first."""
    return [_plain(line) for line in reversed(lines.order_by("-number")[:AT_ONCE])]


def as_file(lines, name):
    """All lines as plain text to keep, `NAME.txt`; they were masked before they were stored."""
    return StreamingHttpResponse(
        (f"{timezone.localtime(line.at):%Y-%m-%d %H:%M:%S}  {line.server_name or '-'}  "
         f"{line.text}\n" for line in lines.iterator(chunk_size=500)),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.txt"'})


def cursor(request):
    """The number in `?after=`; 0 where it is none."""
    text = request.GET.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _plain(line):
    return {
        "number": line.number, "at": f"{timezone.localtime(line.at):%H:%M:%S}",
        "server": line.server_name, "text": line.text,
    }
