"""A list's cells with the heads of their columns, for phones, where no head stands above them."""

from django.template import Library
from django.utils.html import escape, strip_tags
from django.utils.safestring import mark_safe
from django.utils.text import capfirst

register = Library()


@register.filter
def labelled(cells, heads):
    """Django's cells of one row (`<td …>…</td>`) with `data-label`, where there is a head; the
    row's own name (`<th …>`) is said to be one."""
    return [_labelled(cell, strip_tags(head["text"]).strip())
            for cell, head in zip(cells, heads, strict=False)]


def _labelled(cell, head):
    if cell.startswith("<th"):
        return mark_safe(cell.replace("<th", '<th scope="row"', 1))  # noqa: S308 - Django's own
    if not head:
        return cell
    label = escape(capfirst(head))
    return mark_safe(cell.replace("<td", f'<td data-label="{label}"', 1))  # noqa: S308 - escaped
