"""Entries of the allowlist: which a person has, whether one counts somewhere, and why not."""

from dataclasses import dataclass, replace
from operator import attrgetter

from django.db.models import Q, prefetch_related_objects
from django.utils import timezone
from django.utils.dateformat import format as in_words
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..errors import ACCESS
from ..models import Grant
from .actor import Decision, is_inside

VERBS = {
    Grant.LOOK: _lazy("look at"), Grant.BUILD: _lazy("build"), Grant.RELEASE: _lazy("release"),
    Grant.GO_BACK: _lazy("go back in"), Grant.APPROVE: _lazy("approve releases of"),
    Grant.DECIDE: _lazy("decide about"),
    Grant.STOP: _lazy("stop releases of"), Grant.EMERGENCY: _lazy("release in an emergency to"),
    Grant.SET_UP: _lazy("set up"), Grant.COMMANDS: _lazy("edit the commands of"),
}
"""What stands between “You may” and the place."""

SWITCHED_OFF = Decision(False, _lazy("This account is switched off."),
                        _lazy("Ask an administrator."))
ASK = _lazy("Ask an administrator for an entry.")
WHOLE_PROJECT = (Grant.SET_UP, Grant.COMMANDS)
"""Given for whole projects only: what is set up there belongs to all of its environments."""


@dataclass(frozen=True)
class Obstacle:
    """Why an entry does not count: how near it is to counting (larger is nearer), in words."""

    nearness: int
    reason: str  # what follows “the entry …”
    remedy: str
    leads_to: str = ""  # as of a Decision


@dataclass(frozen=True)
class Place:
    """Where something is asked for: a project, one environment of it, or (neither) everywhere."""

    project: object = None
    environment: object = None

    @property
    def words(self):
        if self.project is None:
            return _("every project")
        name = self.project.name
        return f"{name} ({self.environment.name})" if self.environment else name


def entries_of(user):
    """All entries of the person and of their groups, whether or not they count today."""
    if user is None or user.pk is None:
        return Grant.objects.none()
    rows = Grant.objects.filter(Q(user=user) | Q(group__user=user)).distinct()
    return rows.select_related("user", "group", "project", "environment__project").order_by("pk")


def read(user, **narrowed):
    """The list of the same, for deciding: a page decides dozens of times, and the long ordered join
    takes four times as long."""
    if user is None or user.pk is None:
        return []
    rows = Grant.objects.filter(Q(user=user) | Q(group__user=user), **narrowed)
    rows = sorted(rows.distinct().order_by(), key=attrgetter("pk"))
    prefetch_related_objects([row for row in rows if row.environment_id], "environment")
    return rows


def gathered(actor):
    """The same person with all entries read at once, for a page that asks hundreds of questions.

    For showing only: a service that acts is given the actor of the click, and reads them then.
    """
    if actor.entries is not None:
        return actor
    return replace(actor, entries=tuple(read(actor.user)))


def those_of(actor, actions):
    """The entries of whoever acts for these actions, read now unless they were gathered."""
    if actor.entries is None:
        return read(actor.user, action__in=actions)
    return [row for row in actor.entries if row.action in actions]


def serving(action):
    """The actions whose entries answer for `action`: whoever releases may stop, and whoever may do
    anything may look."""
    if action == Grant.LOOK:
        return [name for name, __ in Grant.ACTIONS]
    return [Grant.STOP, Grant.RELEASE] if action == Grant.STOP else [action]


def is_for(grant, place, action):
    """Whether the entry names this place, or a wider one.

    What is asked about a whole project is opened by an entry for a part of it, except set-up.
    """
    own = grant.environment.project_id if grant.environment_id else grant.project_id
    if place.project is None:
        return own is None
    if own is not None and own != place.project.pk:
        return False
    if grant.environment_id is None:
        return True
    if place.environment is None:
        return action not in WHOLE_PROJECT
    return grant.environment_id == place.environment.pk


def obstacle(grant, place, *, at, address=None):
    """Why an entry for this place does not count at the time `at` from `address`; None: it counts.

    `address` None leaves networks out: it is asked about a person, not about a click.
    """
    if grant.valid_until and at >= grant.valid_until:  # first: nobody confirms it any more
        return Obstacle(0, _("ended on {moment}").format(moment=_moment(grant.valid_until)),
                        _("Ask for access again."),
                        ACCESS)
    if not is_confirmed(grant, place.environment):
        return Obstacle(2, _("waits for a second person's yes"),
                        _("Ask another administrator to confirm it."))
    if grant.valid_from and at < grant.valid_from:
        return Obstacle(1, _("begins on {moment}").format(moment=_moment(grant.valid_from)),
                        _("Wait, or ask for an earlier entry."), ACCESS)
    if address is not None and not is_inside(address, grant.networks):
        return Obstacle(3, _("counts only from certain networks; you are on {seen}").format(
            seen=seen(address)),
                        _("Connect to the office network or VPN and try again."))
    return None


def is_confirmed(grant, environment=None):
    """Whether an entry that needs a second person has one.

    What protects an environment counts for entries that are older than its protection, too.
    """
    is_weighty = environment is not None and environment.is_protected \
        and grant.action in Grant.WEIGHTY
    return grant.confirmed_at is not None or not (grant.needs_second or is_weighty)


def grants_for(user, action, *, project, environment, at):
    """The list of the person's entries that let them do `action` there at the time `at`, wherever
    they sit."""
    place = Place(project, environment)
    return [grant for grant in read(user, action__in=serving(action))
            if is_for(grant, place, action) and obstacle(grant, place, at=at) is None]


def has_entry(user, action, environment, *, at=None):
    """Whether an account that is switched on has an entry that counts there now."""
    return user.is_active and bool(grants_for(
        user, action, project=environment.project, environment=environment,
        at=at or timezone.now()))


def in_force(user, at, entries=None):
    """The list of the person's entries (read now, unless given) that count somewhere at the time
    `at`."""
    return [grant for grant in (read(user) if entries is None else entries)
            if obstacle(grant, Place(None, grant.environment), at=at) is None]


def answer(actor, action, *, project=None, environment=None, at=None):
    """The allowlist's answer: closed unless an entry counts; else the nearest one's obstacle."""
    if actor.user is None or not actor.user.is_active:
        return SWITCHED_OFF
    place, at, nearest = Place(project, environment), at or timezone.now(), None
    for grant in those_of(actor, serving(action)):
        if not is_for(grant, place, action):
            continue
        found = obstacle(grant, place, at=at, address=actor.address)
        if found is None:
            return Decision(True, _("You may {verbs} {place}{origin}.").format(
                verbs=VERBS[action], place=place.words, origin=origin(grant)))
        if nearest is None or found.nearness > nearest.nearness:
            nearest = found
    why = _("the allowlist entry {reason}").format(reason=nearest.reason) if nearest else _(
        "nobody gave you this right yet")
    return Decision(False, _("You may not {verbs} {place}: {why}.").format(
        verbs=VERBS[action], place=place.words, why=why),
                    nearest.remedy if nearest else ASK, nearest.leads_to if nearest else ACCESS)


def origin(grant):
    """“, granted by Grace, until 31 Dec 2026, 17:00”: what is known of it."""
    group = _(", as one of {group}").format(group=grant.group) if grant.group_id else ""
    by = _(", granted by {granted_by_name}").format(
        granted_by_name=grant.granted_by_name) if grant.granted_by_name else ""
    until = _(", until {moment}").format(
        moment=_moment(grant.valid_until)) if grant.valid_until else ""
    return f"{group}{by}{until}"


def seen(address):
    """The address in words: a console has none."""
    return address or _("this machine's console")


def _moment(moment):
    return in_words(timezone.localtime(moment), "d M Y, H:i")
