"""What of people and access waits: for the home page of administrators, and in lists of requests.
"""

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
            "alone": sole_administrator(actor.user) if is_of_everything else ""}


def with_states(requests):
    """The list of these requests, each with `waits`: whether it was granted by an entry that
    counts only once a second person agrees."""
    rows = list(requests)
    for row in rows:
        row.waits = row.grant is not None and grants.waits(row.grant)
    return rows
