"""Verbs on accounts: make one, change it, switch it off. Nobody's password passes through here.

Accounts are switched off, never deleted: votes, entries and the audit log name them.
"""

import unicodedata

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy
from ..errors import Refused
from ..models import Account
from . import approvals, memberships, sessions
from .acting import acting, demand, hold
from .administrators import administrators, hold_administrators
from .notices import tell_people
from .still_approvable import still_approvable
from .throttle import folded

FIELDS = ("username", "first_name", "last_name", "email", "is_active")
LOOK_ALIKE = {"LATIN", "CYRILLIC", "GREEK"}
"""Scripts, by the first word of Unicode's names, whose letters are taken for each other's."""


def add(actor, *, groups=(), **fields):
    """Make an account without a password; a link lets its person set one.

    Returns it and the memberships that wait for a second person.
    """
    with acting(actor, "person.added"):
        demand(policy.may_look_after(actor))
        user = make(actor, **fields)
        return user, memberships.alter(actor, user, into=groups)


def make(actor, **fields):
    """Write the account and record it, in the caller's transaction, which has asked policy."""
    user = get_user_model()(**fields)
    user.set_unusable_password()
    _validate(user)
    _demand_own_name(user)
    user.save()
    audit.record("person.added", _("{actor} made an account for {user}").format(
        actor=actor.name, user=user), actor=actor,
                 about=user, before={}, after=values_of(user))
    return user


def change(actor, user, *, groups=None, is_sure=False, **fields):
    """Change what an account says, and the groups it is in (None: as they are).

    Returns the memberships that wait. `is_sure` although nobody could approve something then.
    Switching an account off ends its sessions. A new mail address is told to the old one, too.
    """
    with acting(actor, "person.changed"), still_approvable(is_sure):
        if fields.get("is_active") is False:
            hold_administrators()
        hold(user)
        demand(policy.may_look_after(actor, user))
        before = values_of(user)
        for name, value in fields.items():
            setattr(user, name, value)
        after = values_of(user)
        changed = [name for name in FIELDS if before[name] != after[name]]
        if changed:
            _examine(actor, user, before)
            user.save(update_fields=changed)
            approvals.reevaluate(user=user)
        asked = {} if groups is None else memberships.difference(user, groups)
        waiting = memberships.alter(actor, user, **asked)
        if changed:
            _follow(actor, user, before)
            audit.record("person.changed", _("{actor} changed the account of "
                                             "{user}: {changed}").format(
                actor=actor.name, user=user, changed=", ".join(changed)), actor=actor, about=user,
                         before={name: before[name] for name in changed},
                         after={name: after[name] for name in changed})
        return waiting


def values_of(user):
    return {name: getattr(user, name) for name in FIELDS}


def _validate(user):
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages)) from None


def _demand_own_name(user):
    """Approvals and the audit log are read by names: none that is taken for another's."""
    twin = next((other for other in get_user_model().objects.exclude(pk=user.pk)
                 if _read_as(other) & _read_as(user)), None)
    if twin:
        raise Refused(_("The account {twin} has a name that reads the same.").format(twin=twin),
                      _("Choose another user name, or add what tells the two apart."))
    name = user.username
    scripts = {unicodedata.name(char, "").partition(" ")[0] for char in name} & LOOK_ALIKE
    if len(scripts) > 1:
        raise Refused(_("“{name}” mixes letters that look alike.").format(name=name),
                      _("Write it in the letters of one script."))


def _read_as(user):
    """What people may know the account by, as it is compared."""
    return {folded(user.username), folded(user.get_full_name())} - {""}


def _examine(actor, user, before):
    _validate(user)
    if any(before[name] != getattr(user, name) for name in FIELDS[:3]):
        _demand_own_name(user)
    if before["is_active"] and not user.is_active:
        if actor.user is not None and user.pk == actor.user.pk:
            raise Refused(_("You cannot switch off your own account."),
                          _("Ask another administrator."))
        if [row.pk for row in administrators()] == [user.pk]:
            raise Refused(_("{user} is the only administrator.").format(user=user),
                          _("Let a second person set things up first."))


def _follow(actor, user, before):
    """What else is true once the account is changed."""
    if before["is_active"] and not user.is_active:
        sessions.end_all(user, _("the account was switched off"), actor=actor)
        tell_people([user], event="person.switched_off", subject=_("Your account is switched off"),
                    sentence=_("{actor} switched your account off.").format(actor=actor.name))
    if before["email"].casefold() != user.email.casefold():
        if actor.user is None or user.pk != actor.user.pk:
            Account.objects.update_or_create(
                user=user, defaults={"address_changed_at": timezone.now()})
        _tell_both(actor, user, before["email"])


def _tell_both(actor, user, former):
    """The old address learns where mail goes now: it may be its owner's only warning."""
    for address in filter(None, (former, user.email)):
        tell_people([get_user_model()(email=address)], event="person.address_changed",
                    subject=_("The mail address of your account was changed"),
                    sentence=_("{actor} changed the mail address of {user} from {former} to "
                               "{email}.").format(
                        actor=actor.name, user=user, former=former or _("none"),
                        email=user.email or _("none")))
