"""A list's cells with the heads of their columns, for phones, where no head stands above them."""

from django.template import Library
from django.utils.html import escape, strip_tags
from django.utils.text import capfirst

register = Library()


@register.filter
def beside(cells, heads):
    """(cell, head) of one row, each with that of its column."""
    return list(zip(cells, heads, strict=False))


@register.filter(is_safe=True)
def labelled(cell, head):
    """Django's cell (`<td …>…</td>`) with `data-label`, where there is a head; the row's own name
    (`<th …>`) is said to be one. As safe as the cell was: what is added is escaped here."""
    if cell.startswith("<th"):
        return cell.replace("<th", '<th scope="row"', 1)
    label = escape(capfirst(strip_tags(head["text"]).strip()))
    return cell.replace("<td", f'<td data-label="{label}"', 1) if label else cell
