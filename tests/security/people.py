"""Every kind of person the matrix knows, and what each may do there: plain rows, which ask neither
policy nor any other code of the product.

All entries count from the office network alone (`INSIDE`). A power is the name of what a door asks
for; `signed_in` opens what everybody has who may sign in.
"""

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils import timezone

from tests import factories

INSIDE, OUTSIDE = "10.1.2.3", "192.0.2.1"
OFFICE = "10.0.0.0/8"

ACTIONS = ("look", "build", "release", "go_back", "approve", "stop", "decide", "emergency",
           "set_up", "commands")
IN_SHOP = frozenset(ACTIONS)
NOTHING = frozenset()
IN = frozenset({"signed_in"})
OUT_THERE = IN

# name, what they may do from the office, what they may do from anywhere else
PEOPLE = (
    ("no account", NOTHING, NOTHING),
    ("disabled", NOTHING, NOTHING),
    ("outsider", NOTHING, NOTHING),
    ("staff without entry", NOTHING, NOTHING),
    ("ended entry", NOTHING, NOTHING),
    ("not yet begun", NOTHING, NOTHING),
    ("waits for a second person", NOTHING, NOTHING),
    ("only look", IN | {"look"}, OUT_THERE),
    ("only build", IN | {"look", "build"}, OUT_THERE),
    ("only release", IN | {"look", "release", "stop"}, OUT_THERE),
    ("only go back", IN | {"look", "go_back"}, OUT_THERE),
    ("only approve", IN | {"look", "approve", "voted", "named"}, OUT_THERE),
    ("only stop", IN | {"look", "stop"}, OUT_THERE),
    ("only decide", IN | {"look", "decide"}, OUT_THERE),
    ("only emergency", IN | {"look", "emergency"}, OUT_THERE),
    ("only set up", IN | {"look", "set_up"}, OUT_THERE),
    ("only commands", IN | {"look", "commands"}, OUT_THERE),
    ("other project", IN | {"elsewhere"}, OUT_THERE),
    ("other environment", IN | {"look", "build"}, OUT_THERE),
    ("group member", IN | IN_SHOP, OUT_THERE),
    ("requester", IN | IN_SHOP - {"approve"} | {"asked"}, OUT_THERE | {"asked"}),
    ("everywhere", IN | IN_SHOP | {"elsewhere", "set_up_all", "commands_all"}, OUT_THERE),
    ("superuser", IN | {"look", "set_up", "commands", "elsewhere", "set_up_all", "commands_all",
                        "superuser"},
     IN | {"look", "set_up", "commands", "elsewhere", "set_up_all", "commands_all", "superuser"}),
)


def make_people(shop, staging, elsewhere):
    """Accounts for all of `PEOPLE` but the one without, by name."""
    made = {name: factories.make_user(name.replace(" ", "-")) for name, *_ in PEOPLE[1:]}
    _allow(made["disabled"], project=shop)
    _switch_off(made["disabled"])
    _become(made["staff without entry"], is_staff=True)
    _become(made["superuser"], is_staff=True, is_superuser=True)
    now = timezone.now()
    _allow(made["ended entry"], project=shop, valid_until=now - timedelta(minutes=1))
    _allow(made["not yet begun"], project=shop, valid_from=now + timedelta(minutes=30))
    _allow(made["waits for a second person"], project=shop, needs_second=True)
    for action in ACTIONS:
        _allow(made[f"only {action.replace('_', ' ')}"], action, project=shop)
    _allow(made["other project"], project=elsewhere)
    _allow(made["other environment"], *ACTIONS[:8], environment=staging)
    group = Group.objects.create(name="Shop people")
    made["group member"].groups.add(group)
    _allow(None, group=group, project=shop)
    _allow(made["requester"], project=shop)
    _allow(made["everywhere"])
    return made


def _allow(user, *actions, **over):
    for action in actions or ACTIONS:
        if action in ("set_up", "commands"):  # as two wanted it: else no yes counts
            at = None if "needs_second" in over else timezone.now()
            factories.make_grant(user, action, networks=OFFICE, confirmed_at=at, **over)
        else:
            factories.make_grant(user, action, networks=OFFICE, **over)


def _switch_off(user):
    _become(user, is_active=False)


def _become(user, **fields):
    get_user_model().objects.filter(pk=user.pk).update(**fields)
    user.refresh_from_db()
