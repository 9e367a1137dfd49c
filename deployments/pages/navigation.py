"""What stands around every page: where one can go, and how much waits for this person."""

from .. import policy
from ..models import Grant
from ..services.approvals import waiting_for
from .actor import actor_of

FRONT = ("Project", "Server", "Release", "Freeze", "Token", "Grant", "Notice", "AuditEntry")
"""The set-up lists the home page leads to, in this order."""


def navigation(request):
    """`waiting` (how many requests this person could answer now), `sets_up` (whether anything is
    theirs to set up) and `sets_up_all` (whether everything is); empty for strangers.

    For `AdminSite.each_context`, so that admin forms and task pages have the same frame.
    """
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    actor = actor_of(request)
    sets_up = policy.reach(actor, Grant.SET_UP, Grant.COMMANDS)
    return {"waiting": len(waiting_for(actor)), "sets_up": bool(sets_up),
            "sets_up_all": sets_up.is_everything}


def set_up_links(app_list):
    """The admin lists this person may see, out of `FRONT`: Django's own model entries."""
    models = {model["object_name"]: model for app in app_list for model in app["models"]
              if model.get("admin_url")}
    return [models[name] for name in FRONT if name in models]


def entries_page(app_list):
    """Address of the form that lets somebody do something; "" for those who may not fill it in."""
    return next((model["add_url"] for app in app_list for model in app["models"]
                 if model["object_name"] == "Grant" and model.get("add_url")), "")
