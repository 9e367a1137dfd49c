"""Who may do what: one function per verb, closed by default, each answer with its reason.

Doors ask before they show a button, services ask before they act, and the runner asks again
before it starts. Nothing here writes.
"""

from .actor import Actor, Decision, is_inside, plain_address
from .approving import has_grant_to_approve, may_approve, members_of, rules_of, who_may_decide
from .entries import grants_for
from .verbs import (
    may_build,
    may_decide,
    may_examine,
    may_go_back,
    may_look,
    may_release,
    may_reload,
    may_sign_in,
    may_stop,
    may_turn_back,
    only_looks,
    requester_may,
)

__all__ = [
    "Actor", "Decision", "grants_for", "has_grant_to_approve", "is_inside", "may_approve",
    "may_build", "may_decide", "may_examine", "may_go_back", "may_look", "may_release",
    "may_reload", "may_sign_in", "may_stop", "may_turn_back", "members_of", "only_looks",
    "plain_address", "requester_may", "rules_of", "who_may_decide",
]
