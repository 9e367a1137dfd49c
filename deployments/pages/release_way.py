"""The way of a release: its four steps, their addresses, and which version a form names."""

from contextlib import nullcontext
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..services.acting import recording_refusals

START, REVIEW, RULES, CONFIRM = (
    "release-start", "release-review", "release-rules", "release-confirm")
STEPS = ((START, _("Version")), (REVIEW, _("What changes")), (RULES, _("Rules")), (CONFIRM,
                                                                                   _("Confirm")))


def address_of(step, environment, version=""):
    """The address of a step, with the version that it is about."""
    page = reverse(f"admin:{step}", args=[environment.project.slug, environment.slug])
    return f"{page}?{urlencode({'version': version})}" if version else page


def recording(request, actor, environment):
    """What a form says is refused with its entry in the log; an address alone asks for nothing."""
    if request.method != "POST":
        return nullcontext()
    return recording_refusals(actor, "deployment.requested", environment=environment)


def chosen(values):
    """The version typed by hand wins over the one of the list; without a NUL, which PostgreSQL does
    not look for."""
    typed, listed = (values.get(name, "").replace("\0", "").strip()
                     for name in ("other", "version"))
    return typed or listed


def way_to(step, environment, version=""):
    """[(number, words, address or "", whether it is here)] of all steps; those before lead back."""
    names = [name for name, __ in STEPS]
    here = names.index(step)
    return [(number, words, address_of(name, environment, version) if number <= here else "",
             number == here + 1) for number, (name, words) in enumerate(STEPS, 1)]
