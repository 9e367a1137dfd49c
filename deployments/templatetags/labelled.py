"""A list's cells with the heads of their columns, for phones, where no head stands above them; and
its filters in words."""

from django.template import Library
from django.utils.html import escape, strip_tags
from django.utils.text import capfirst
from django.utils.translation import gettext as _

register = Library()
_EMPTY = "-"  # what Django writes where there is no value
_KEYS = {"status", "event"}  # columns that hold a key of ours: “awaiting_approval”


@register.filter
def beside(cells, heads):
    """(cell, head) of one row, each with that of its column."""
    return list(zip(cells, heads, strict=False))


@register.filter(is_safe=True)
def labelled(cell, head):
    """Django's cell (`<td …>…</td>`) with its role and, where there is a head, `data-label`; the
    row's own name (`<th …>`) is said to be one, and a cell without a value to be empty. As safe as
    the cell was: what is added is escaped here."""
    if cell.startswith("<th"):
        return cell.replace("<th", '<th role="rowheader" scope="row"', 1)
    label = escape(capfirst(strip_tags(head["text"]).strip()))
    told = f' data-label="{label}"' if label else ""
    empty = " data-empty" if strip_tags(cell).strip() == _EMPTY and "<img" not in cell else ""
    return cell.replace("<td", f'<td role="cell"{told}{empty}', 1)


@register.filter
def called(choice, spec):
    """What one choice of a list's filter is called: keys of ours in words, no value as “None”."""
    if choice == _EMPTY:
        return _("None")
    return choice.replace("_", " ").replace(".", " ") if _named(spec) in _KEYS else choice


@register.filter
def chosen(changelist):
    """(title, chosen value in words, the list's address without it) of each filter that is set."""
    return [(spec.title, _chosen_of(spec, changelist),
             changelist.get_query_string(remove=spec.expected_parameters()))
            for spec in changelist.filter_specs
            if not {*spec.expected_parameters()}.isdisjoint(changelist.filter_params)]


def _chosen_of(spec, changelist):
    words = [called(choice["display"], spec) for choice in spec.choices(changelist)
             if choice["selected"]]
    return words[0] if words else _("as in the address")


def _named(spec):
    return getattr(spec, "field_path", "").rpartition("__")[2]
