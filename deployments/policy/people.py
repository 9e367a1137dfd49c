"""Who looks after accounts and groups; nobody does so with their own powers."""

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import Account, Grant
from ..zones import shown
from .actor import Decision
from .entries import VERBS, Place, is_for, obstacle, read
from .setting_up import may_set_up


def may_look_after(actor, user=None):
    """Whether the person may change this account (without one: make accounts and groups).

    Accounts belong to no project: it takes set-up of everything, and for a superuser's account a
    superuser.
    """
    decision = may_set_up(actor)
    if not decision:
        return Decision(False, _("Only who sets everything up looks after accounts and groups."),
                        decision.remedy, decision.leads_to)
    if user is not None and user.is_superuser and not actor.user.is_superuser:
        return Decision(False, _("A superuser's account is a superuser's matter."),
                        _("Ask a superuser."))
    return Decision(True, _("You may look after accounts."))


def may_change_membership(actor, user):
    """The same for the groups somebody is in: never one's own."""
    if actor.user is not None and user.pk == actor.user.pk:
        return Decision(False, _("Nobody changes their own groups."),
                        _("Ask another administrator."))
    return may_look_after(actor, user)


def may_send_link(actor, user):
    """Whether the person may have this account's password set anew, by whoever it belongs to."""
    if actor.user is not None and user.pk == actor.user.pk:
        return Decision(False, _("You cannot send a password link to yourself."),
                        _("Use “Change password” in the menu under your name."))
    return may_look_after(actor, user)


def counts_as_second(actor, project=None, action=Grant.SET_UP):
    """Whether the person's yes to what somebody else did there counts.

    It takes an entry of their own that a second person confirmed, so that nobody makes themselves
    an accomplice; and not the day after their password was set with a link, or their second step
    was reset: it might not have been them.
    """
    if not is_vouched_for(actor.user, project, action):
        return Decision(
            False, _("Nobody confirmed your own entry to {verbs} {words}, so you do not count as "
                     "second person.").format(verbs=VERBS[action], words=Place(project).words),
                     _("Ask a superuser, or whose own was confirmed."))
    account = Account.objects.filter(user=actor.user).first()
    until = account and account.approvals_void_until
    if until and timezone.now() < until:
        return Decision(False, _("Your password or second step was reset a short while ago, so "
                                 "your yes counts for nothing yet."),
                                 _("It counts again from {shown}.").format(
                                     shown=shown(until, "d M Y, H:i")))
    return Decision(True, _("Your yes counts."))


def who_counts_as_second(project=None, action=Grant.SET_UP, *, besides=None):
    """Accounts whose yes would count there today, by user name; without `besides`."""
    named = Grant.objects.filter(action=action).exclude(confirmed_at=None)
    people = get_user_model().objects.filter(is_active=True).filter(
        Q(is_superuser=True) | Q(grants__in=named) | Q(groups__grants__in=named))
    if besides is not None:
        people = people.exclude(pk=besides.pk)
    return [user for user in people.distinct().order_by("username")
            if is_vouched_for(user, project, action)]


def is_vouched_for(user, project=None, action=Grant.SET_UP):
    """Whether more than one person let them do this: superusers come from the machine's console,
    and other people's entries are confirmed.

    An entry from before anything needed a second person counts for what it says, and not for this.
    """
    now, place = timezone.now(), Place(project)
    return user is not None and (user.is_superuser or any(
        row.confirmed_at is not None and is_for(row, place, action)
        and obstacle(row, place, at=now) is None
        for row in read(user, action=action)))
