"""Verbs on entries of the allowlist: grant, change, end, confirm.

Nobody grants to themselves, and entries that weigh on a protected environment count once a second
person has confirmed them.
"""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import audit, policy
from ..errors import Refused
from ..models import Environment, Grant, Project
from . import approvals
from .acting import acting, demand, hold
from .notices import tell_people
from .still_approvable import still_approvable

FIELDS = ("user", "group", "project", "environment", "action", "networks", "valid_from",
          "valid_until", "reason")
NOT_YOURSELF = _lazy("You cannot write an allowlist entry for yourself{}.")
ANOTHER = _lazy("Ask another administrator.")
_SECOND = (*Grant.WEIGHTY, *policy.WHOLE_PROJECT)


def grant(actor, *, action, reason, user=None, group=None, project=None, environment=None,
          networks="", valid_from=None, valid_until=None, is_sure=False):
    """Write an entry and return it. One that `needs_second` counts once it is confirmed.

    Refused without a reason, for oneself or a group of one's own, outside one's set-up, and, unless
    `is_sure`, where it leaves releases that nobody could approve.
    """
    row = Grant(action=action, reason=reason, user=user, group=group, project=project,
                environment=environment, networks=networks, valid_from=valid_from,
                valid_until=valid_until)
    with acting(actor, "grant.added", project=project_of(row), environment=environment), \
            still_approvable(is_sure):
        return write(actor, row)


def write(actor, row):
    """Check a new entry, save it and record it, in the caller's transaction."""
    _demand(actor, row)
    _validate(row)
    _not_twice(row)
    _sign(actor, row)
    row.save()
    _look_again(row)
    _record(actor, "added", row, before={})
    return row


def change(actor, row, *, is_sure=False, **fields):
    """Change an entry; who changes it becomes its author, and an earlier yes is void."""
    old = Grant.objects.get(pk=row.pk)
    with acting(actor, "grant.changed", project=project_of(old), environment=old.environment), \
            still_approvable(is_sure):
        hold(row)
        before = values_of(row)
        _demand_scope(actor, row)
        _not_oneself(actor, row)
        for name, value in fields.items():
            setattr(row, name, value)
        _demand(actor, row)
        _validate(row)
        if values_of(row) | {"reason": ""} != before | {"reason": ""}:
            _not_twice(row)
            _sign(actor, row)
        row.save()
        _look_again(old, row)
        _record(actor, "changed", row, before=before)
        return row


def end(actor, row, *, reason="", is_sure=False):
    """End an entry now. It stays in the list, so that everybody sees what was allowed when."""
    with acting(actor, "grant.ended", project=project_of(row), environment=row.environment), \
            still_approvable(is_sure):
        hold(row)
        _demand_scope(actor, row)
        before = values_of(row)
        if is_over(row):
            raise Refused(_("This entry has ended already."))
        row.valid_until = timezone.now()
        if row.valid_from and row.valid_from > row.valid_until:
            row.valid_from = None  # it never began
        row.save(update_fields=["valid_from", "valid_until"])
        _look_again(row)
        _record(actor, "ended", row, before=before, why=reason.strip()[:300])


def confirm(actor, row):
    """Say yes, as the second person, to an entry that waits for one."""
    with acting(actor, "grant.confirmed", project=project_of(row), environment=row.environment):
        hold(row)
        demand(may_confirm(actor, row))
        row.confirmed_by, row.confirmed_by_name = actor.user, actor.name
        row.confirmed_at = timezone.now()
        row.save(update_fields=["confirmed_by", "confirmed_by_name", "confirmed_at"])
        _look_again(row)
        _record(actor, "confirmed", row, before={"confirmed_by": ""})


def may_confirm(actor, row, *, guarded=None):
    """Whether the person may be the second one: neither the author nor whom it is for; by what is
    `guarded` now, where many are asked about."""
    decision = policy.may_set_up(actor, project_of(row))
    if not decision:
        return decision
    if actor.system_account:
        return policy.Decision(
            False, _("Entries are not confirmed by command."), _("Open the entry in a browser."))
    if not waits(row, guarded=guarded):
        return policy.Decision(False, _("This entry waits for nobody's yes."))
    if row.granted_by_id == actor.user.pk:
        why = _("You wrote this entry, so somebody else must confirm it.")
        return policy.Decision(False, why, ANOTHER)
    if is_own(actor.user, row):
        why = _("This entry is for you, so somebody else must confirm it.")
        return policy.Decision(False, why, ANOTHER)
    if row.granted_by and not policy.is_vouched_for(row.granted_by, project_of(row)):
        why = _("Nobody confirmed what {name} may set up, so what they wrote cannot be confirmed.")
        return policy.Decision(False, why.format(name=row.granted_by_name),
                               _("Write the entry yourself, and let somebody else confirm it."))
    return policy.counts_as_second(actor, project_of(row))


def waits(row, *, guarded=None):
    """Whether an entry that has not ended counts somewhere only when a second person agrees."""
    return row.confirmed_at is None and not is_over(row) and (
        row.needs_second or is_weighty(row, guarded=guarded))


def is_over(row):
    return row.valid_until is not None and row.valid_until <= timezone.now()


def unconfirmed(actor):
    """Entries that wait for a second person and that this person may confirm, oldest first."""
    reach = policy.reach(actor, Grant.SET_UP)
    rows = Grant.objects.filter(_may_weigh(), confirmed_at=None, action__in=_SECOND)
    rows = rows.select_related("user", "group", "project", "environment__project")
    guarded = Guarded()
    return [row for row in rows.distinct().order_by("pk") if reach.covers(project_of(row))
            and may_confirm(actor, row, guarded=guarded)]


def _may_weigh():
    """What `waits` is true of at most: a question for each entry there is would take seconds."""
    return (Q(needs_second=True) | Q(project=None, environment=None)
            | Q(environment__is_protected=True) | Q(project__environments__is_protected=True)
            | Q(project__commands_need_second=True))


class Guarded:
    """Where a second person is needed now, read at once: protected environments, with the project
    of each, and projects in which edits of commands wait for one."""

    def __init__(self):
        self.environments = dict(
            Environment.objects.filter(is_protected=True).values_list("pk", "project"))
        self.projects = set(
            Project.objects.filter(commands_need_second=True).values_list("pk", flat=True))


def is_weighty(row, *, guarded=None):
    """Whether the entry lets somebody release, approve or act in an emergency where an environment
    is protected, or set that up and so confirm such entries; one for every environment covers
    those, too. So does editing commands where edits wait for a second person."""
    if row.action not in _SECOND:
        return False
    guarded = guarded or Guarded()
    if row.action == Grant.COMMANDS:
        return row.project_id in guarded.projects if row.project_id else bool(guarded.projects)
    if row.environment_id:
        return row.environment_id in guarded.environments
    if row.project_id:
        return row.project_id in guarded.environments.values()
    return bool(guarded.environments)


def state_of(row):
    """Whether an entry counts today, in words."""
    if waits(row):
        if not row.needs_second and row.action in policy.WHOLE_PROJECT:
            return _("counts, but makes nobody a second person: it waits for one")
        return _("waits for a second person")
    found = policy.obstacle(row, policy.Place(), at=timezone.now())
    return found.reason if found else _("counts")


def project_of(row):
    """The project an entry is for, also where it names an environment alone; None: every one."""
    return row.environment.project if row.environment_id else row.project


def is_own(user, row):
    """Whether an entry is for this person, by name or by a group."""
    if row.user_id is not None:
        return row.user_id == user.pk
    return row.group_id is not None and user.groups.filter(pk=row.group_id).exists()


def values_of(row):
    """What an entry says, as the audit log keeps it."""
    def plain(value):
        return value.isoformat() if hasattr(value, "isoformat") else "" if value is None \
            else str(value)

    return {name: plain(getattr(row, name)) for name in FIELDS}


def _demand(actor, row):
    _demand_scope(actor, row)
    _not_oneself(actor, row)
    if not (row.reason or "").strip():
        raise Refused(_("An allowlist entry needs a reason."), _("Write why it is given."))
    if row.environment_id and row.action in policy.WHOLE_PROJECT:
        raise Refused(_("“{action}” is given for a whole project.").format(
            action=row.get_action_display().capitalize()), _("Leave the environment empty."),
                      field="environment")


def _validate(row):
    try:
        row.full_clean(exclude=["granted_by", "confirmed_by"])
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages)) from None


def _not_twice(row):
    """Refused where an entry that has not ended says the same, unless nobody could confirm it."""
    said = {name: getattr(row, name) for name in FIELDS if name != "reason"}
    if row.environment_id:
        del said["project"]  # whether it is named besides says nothing more
    for other in Grant.objects.filter(**said).exclude(pk=row.pk):
        if waits(other):
            if not other.granted_by or policy.is_vouched_for(other.granted_by, project_of(other)):
                waiting = _("“{entry}” is there already and waits for a second person.")
                raise Refused(waiting.format(entry=other), _("Let somebody confirm it."))
        elif not is_over(other):
            raise Refused(_("“{other}” is there already.").format(other=other),
                          _("Open that entry, or end it first."))


def _demand_scope(actor, row):
    """Entries are written by whoever sets up what they are for; what is code, by its editors."""
    demand(policy.may_set_up(actor, project := project_of(row)))
    if row.action == Grant.COMMANDS:
        demand(policy.may_edit_commands(actor, project))


def _not_oneself(actor, row):
    if is_own(actor.user, row):
        by_group = _(": you are one of {group}").format(group=row.group) if row.group_id else ""
        raise Refused(NOT_YOURSELF.format(by_group), ANOTHER, field="user")


def _sign(actor, row):
    """Name the author, and ask for a second person where one is needed."""
    if is_over(row):
        raise Refused(_("It would be over already: choose a later end."), field="valid_until")
    row.granted_by, row.granted_by_name = actor.user, actor.name
    row.needs_second = is_weighty(row)
    row.confirmed_by, row.confirmed_by_name, row.confirmed_at = None, "", None


def _look_again(*rows):
    """Void what was asked for or approved by people whom these entries let do it no longer."""
    people = {row.user for row in rows if row.user_id}
    people |= {user for row in rows if row.group_id for user in row.group.user_set.all()}
    for user in sorted(people, key=lambda person: person.pk):
        approvals.reevaluate(user=user)


def _record(actor, verb, row, *, before, **details):
    after = {"confirmed_by": row.confirmed_by_name} if verb == "confirmed" else values_of(row)
    is_waiting = verb in ("added", "changed") and waits(row)
    second = _("; it waits for a second person") if is_waiting else ""
    said = _("{actor} {verb} allowlist entry “{entry}”{second}").format(
        actor=actor.name, verb=verb, entry=row, second=second)
    audit.record(f"grant.{verb}", said, actor=actor, project=project_of(row),
                 environment=row.environment, about=row, before=before, after=after, **details)
    if is_waiting:
        _ask_a_second(actor, row)


def _ask_a_second(actor, row):
    """Mail whoever could confirm the entry: neither its author nor whom it is for."""
    action = row.action if row.action == Grant.COMMANDS else Grant.SET_UP
    people = policy.who_counts_as_second(project_of(row), action, besides=actor.user)
    tell_people(
        [user for user in people if not is_own(user, row)], event="grant.waits",
        subject=_("A second person is needed: {row}").format(row=row), environment=row.environment,
        sentence=_("{actor} wrote the entry “{row}”. It counts once a second person has confirmed "
                   "it. Reason: “{reason}”").format(actor=actor.name, row=row, reason=row.reason),
        path=reverse("admin:deployments_grant_change", args=[row.pk]))
