"""What of people and access the home page tells an administrator."""

from .. import policy
from ..services import access, grants, memberships
from ..services.administrators import sole_administrator


def access_context(actor):
    """Context of templates/access/home.html; nothing for those who set nothing up."""
    if not policy.reach(actor, "set_up"):
        return {}
    is_of_everything = bool(policy.may_set_up(actor))
    seconds = len(grants.unconfirmed(actor))
    if is_of_everything:
        seconds += len(memberships.waiting(actor))
    return {"access_rows": access.waiting_requests(actor), "seconds": seconds,
            "alone": sole_administrator() if is_of_everything else ""}
