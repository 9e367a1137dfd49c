"""What stands around every page: where one can go, and how much waits for this person."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import policy
from ..models import Grant
from .actor import shown_to
from .asked_of import exception_rows, waiting_rows

MENU = (
    (_lazy("Projects"), ("Project", "FirstRun", "Environment", "Installation", "Release",
                         "Deployment", "LogLine")),
    (_lazy("Servers"), ("Server", "SshKey")),
    (_lazy("Freezes"), ("Calendar", "Freeze")),
    (_lazy("People & access"), ("Grant", "AccessRequest", "User", "Group", "Token")),
    (_lazy("Notifications"), ("Notice",)),
    (_lazy("System health"), ("Health",)),
)
"""The set-up menu: names, and what lies below each; a list that is new here follows by name."""

CALLED = {"Freeze": _lazy("Set freezes"), "Release": _lazy("Versions built")}
"""Lists that could be taken for a page: Freezes and pauses, History."""


@dataclass(frozen=True)
class Entry:
    """A line of the set-up menu; `inner` are (name, address, whether it is this page), and shown
    while the person is on one of them."""

    name: str
    address: str
    inner: list
    is_here: bool


def navigation(request, app_list):
    """`waiting` (how many requests this person could answer now), `sets_up` (whether anything is
    theirs to set up) and `set_up_menu` (a list of `Entry`); empty for strangers.

    For `AdminSite.each_context`, so that admin forms and task pages have the same frame.
    """
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    sets_up = policy.reach(shown_to(request), Grant.SET_UP, Grant.COMMANDS)
    return {"waiting": len(waiting_rows(request)) + len(exception_rows(request)),
            "sets_up": bool(sets_up),
            "set_up_menu": _menu(_lists(app_list, sets_up), request.path) if sets_up else []}


def _lists(app_list, sets_up):
    """{name of the model: (name, address)} of lists and pages for those who set up."""
    found = {model["object_name"]: (CALLED.get(model["object_name"]) or capfirst(model["name"]),
                                    model["admin_url"])
             for app in app_list for model in app["models"] if model.get("admin_url")}
    found.pop("AuditEntry", None)  # it stands in the menu above
    found["AccessRequest"] = (_("Requests for access"), reverse("admin:access-requests"))
    found["Calendar"] = (_("Freezes and pauses"), reverse("admin:freeze-list"))
    found["FirstRun"] = (_("Add a site"), reverse("admin:first-run"))
    if sets_up.is_everything:
        found["Health"] = (_("System health"), reverse("admin:system-health"))
    return found


def _menu(lists, path):
    """The `Entry` of each group of `MENU` of which this person has a list, then of what is left."""
    groups = [(name, [lists.pop(model) for model in models if model in lists])
              for name, models in MENU]
    groups += [(name, [(name, address)]) for name, address in sorted(lists.values())]
    return [_entry(name, inner, path) for name, inner in groups if inner]


def _entry(name, inner, path):
    here = [address for __, address in inner if path.startswith(address)]
    return Entry(name, inner[0][1], [
        (words, address, address in here) for words, address in inner if len(inner) > 1
    ], bool(here))


def entries_page(app_list):
    """Address of the form that lets somebody do something; "" for those who may not fill it in."""
    return next((model["add_url"] for app in app_list for model in app["models"]
                 if model["object_name"] == "Grant" and model.get("add_url")), "")
