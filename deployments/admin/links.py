"""Links between set-up pages, as read-only fields show them."""

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from ..models import Environment

NONE = "-"


def link_to(row):
    """A link to the admin page of `row`."""
    meta = row._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, row)


def links_to(rows, *, add=None, **preset):
    """One link per row; `add` (a model) appends a link to its empty form with `preset` filled."""
    listed = format_html_join("", "<div>{}</div>", ((link_to(row),) for row in rows))
    if add is not None:
        meta = add._meta
        url = reverse(f"admin:{meta.app_label}_{meta.model_name}_add")
        query = "&".join(f"{name}={value}" for name, value in preset.items())
        listed += format_html('<div><a href="{}?{}">{}</a></div>', url, query,
                              _("Add {what}").format(what=meta.verbose_name))
    return listed or NONE


def place_of(environment):
    """The short names in addresses of an environment's pages, as they are stored: its form may show
    one that is wrong."""
    return Environment.objects.values_list("project__slug", "slug").get(pk=environment.pk)


def text_to_copy(text, label):
    """`text` in a field that can be marked and copied, but not written to."""
    if not text:
        return NONE
    return format_html('<textarea readonly rows="3" cols="80" aria-label="{}">{}</textarea>',
                       label, text)
