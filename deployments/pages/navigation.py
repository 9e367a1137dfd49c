"""What stands around every page: where one can go, and how much waits for this person."""

from django.urls import reverse
from django.utils.text import capfirst

from .. import policy
from ..models import Grant
from ..services.approvals import waiting_for
from .actor import actor_of

FRONT = ("Project", "Server", "Release", "Freeze", "Token", "Grant", "Notice", "AuditEntry")
"""The set-up lists the home page leads to, in this order."""


MENU = ("Project", "Environment", "Installation", "Server", "SshKey", "Grant", "AccessRequest",
        "User", "Group", "Freeze", "Token")
"""The set-up menu begins with these; what else there is follows by name."""


def navigation(request, app_list):
    """`waiting` (how many requests this person could answer now), `sets_up` (whether anything is
    theirs to set up) and `set_up_menu` (names and addresses); empty for strangers.

    For `AdminSite.each_context`, so that admin forms and task pages have the same frame.
    """
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    actor = actor_of(request)
    sets_up = policy.reach(actor, Grant.SET_UP, Grant.COMMANDS)
    return {"waiting": len(waiting_for(actor)), "sets_up": bool(sets_up),
            "set_up_menu": _menu(app_list, sets_up) if sets_up else []}


def _menu(app_list, sets_up):
    """(Name, address) of lists and pages for those who set up."""
    items = {model["object_name"]: (capfirst(model["name"]), model["admin_url"])
             for app in app_list for model in app["models"] if model.get("admin_url")}
    items.pop("AuditEntry", None)  # it stands in the menu above
    items["AccessRequest"] = ("Requests for access", reverse("admin:access-requests"))
    if "Freeze" in items:  # “Freezes” is the page that shows them, in the menu above
        items["Freeze"] = ("Set freezes", items["Freeze"][1])
    if sets_up.is_everything:
        items["Health"] = ("System health", reverse("admin:system-health"))
    first = [items.pop(name) for name in MENU if name in items]
    return first + sorted(items.values())


def set_up_links(app_list):
    """The admin lists this person may see, out of `FRONT`: Django's own model entries."""
    models = {model["object_name"]: model for app in app_list for model in app["models"]
              if model.get("admin_url")}
    return [models[name] for name in FRONT if name in models]


def entries_page(app_list):
    """Address of the form that lets somebody do something; "" for those who may not fill it in."""
    return next((model["add_url"] for app in app_list for model in app["models"]
                 if model["object_name"] == "Grant" and model.get("add_url")), "")
