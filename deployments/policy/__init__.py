"""Who may do what: one function per verb, closed by default, each answer with its reason.

Doors ask before they show a button, services ask before they act, and the runner asks again
before it starts. Nothing here writes.
"""

from .actor import (
    Actor,
    Decision,
    is_inside,
    name_and_account_of,
    name_of,
    plain_address,
)
from .approving import (
    has_grant_to_approve,
    may_approve,
    members_of,
    people_with,
    rules_for,
    rules_of,
    shares_of,
    who_could_approve,
    who_may_decide,
    why_no_vote_of,
)
from .commands import may_agree_to_edit
from .counting import Share, is_full
from .crowd import Approver
from .entries import (
    WHOLE_PROJECT,
    Place,
    entries_of,
    gathered,
    grants_for,
    has_entry,
    in_force,
    is_confirmed,
    obstacle,
)
from .explaining import Line, explain
from .holding import Holding, holdings
from .people import (
    counts_as_second,
    is_vouched_for,
    may_change_membership,
    may_look_after,
    may_send_link,
    who_counts_as_second,
)
from .proofs import fresh, may_end_sessions, may_reset_second_step, second_step
from .prospects import (
    named_without_entry,
    not_yet,
    today,
    unapprovable,
    unapprovable_of,
    unapprovable_today,
)
from .setting_up import Reach, may_edit_commands, may_see_set_up, may_set_up, reach
from .verbs import (
    may,
    may_build,
    may_decide,
    may_examine,
    may_go_back,
    may_look,
    may_release,
    may_release_in_emergency,
    may_reload,
    may_sign_in,
    may_stop,
    may_turn_back,
    only_looks,
    requester_may,
)

__all__ = [
    "WHOLE_PROJECT", "Actor", "Approver", "Decision", "Holding", "Line", "Place", "Reach", "Share",
    "counts_as_second", "entries_of", "explain", "fresh", "gathered", "grants_for",
    "has_entry", "has_grant_to_approve", "holdings", "in_force", "is_confirmed", "is_full",
    "is_inside", "is_vouched_for", "may", "may_agree_to_edit", "may_approve", "may_build",
    "may_change_membership", "may_decide",
    "may_edit_commands", "may_end_sessions", "may_examine", "may_go_back", "may_look",
    "may_look_after", "may_release", "may_release_in_emergency", "may_reload",
    "may_reset_second_step", "may_see_set_up", "may_send_link", "may_set_up", "may_sign_in",
    "may_stop", "may_turn_back", "members_of", "name_and_account_of", "name_of",
    "named_without_entry", "not_yet", "obstacle", "only_looks", "people_with", "plain_address",
    "reach", "requester_may", "rules_for", "rules_of", "second_step", "shares_of", "today",
    "unapprovable", "unapprovable_of", "unapprovable_today", "who_could_approve",
    "who_counts_as_second", "who_may_decide", "why_no_vote_of",
]
