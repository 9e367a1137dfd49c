"""Verbs on who is in which group. Joining one whose entries weigh takes a second person.

Whoever waits for that is no member: policy cannot mistake them for one.
"""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy
from ..errors import Refused
from ..models import ApprovalRule, MembershipRequest
from . import approvals, grants
from .acting import acting, demand, hold
from .notices import tell_people
from .still_approvable import still_approvable


def weighs(group):
    """Whether being in the group lets somebody release, approve or act in an emergency where an
    environment is protected, or counts there as an approver.

    Entries that once needed a second person weigh on: taking protection away for a minute opens
    no way around.
    """
    now = timezone.now()
    is_named = ApprovalRule.objects.filter(groups=group, environment__is_protected=True).exists()
    return is_named or any(
        row.needs_second or row.confirmed_at or grants.is_weighty(row)
        for row in group.grants.all()
        if row.valid_until is None or row.valid_until > now)


def join(actor, user, group):
    """Put somebody into a group; where it weighs, return the MembershipRequest that waits."""
    with acting(actor, "membership.added"):
        if user.groups.filter(pk=group.pk).exists():
            raise Refused(_("{user} is in {group} already.").format(user=user, group=group))
        if open_requests(user).filter(group=group).exists():
            raise Refused(_("That {user} joins {group} waits for a second person already.").format(
                user=user, group=group))
        return next(iter(alter(actor, user, into=[group])), None)


def leave(actor, user, group, *, is_sure=False):
    """Take somebody out of a group; `is_sure` although nobody could approve something then."""
    with acting(actor, "membership.removed"):
        if not user.groups.filter(pk=group.pk).exists():
            raise Refused(_("{user} is not in {group}.").format(user=user, group=group))
        with still_approvable(is_sure):
            alter(actor, user, out=[group])


def difference(user, chosen):
    """`alter`'s arguments that make `chosen` the groups somebody is in, or waits for."""
    now = set(user.groups.all())
    asked = {row.group for row in open_requests(user)}
    return {"out": sorted(now - set(chosen), key=str),
            "into": sorted(set(chosen) - now - asked, key=str)}


def alter(actor, user, *, out=(), into=()):
    """Change the groups somebody is in, in the caller's transaction; return what waits.

    Rows first, then what was agreed to, and the audit log last: whoever releases locks
    environments before the log.
    """
    if not out and not into:
        return []
    demand(policy.may_change_membership(actor, user))
    for group in into:
        hold(group)
    before, asked = groups_of(user), [group for group in into if weighs(group)]
    user.groups.remove(*out)
    user.groups.add(*[group for group in into if group not in asked])
    approvals.reevaluate(user=user)
    waiting = [MembershipRequest.objects.create(
        user=user, group=group, asked_by=actor.user, asked_by_name=actor.name)
        for group in asked]
    after = groups_of(user)
    if before != after:
        _record(actor, user, before, after)
    for row in waiting:
        audit.record("membership.requested", _("{actor} asked that {user} joins {group}; it "
                                               "waits for a second person").format(
            actor=actor.name, user=user, group=row.group), actor=actor, about=row, person=user.pk)
        others = policy.who_counts_as_second(besides=actor.user)
        tell_people(
            [other for other in others if other != user], event="membership.waits",
            subject=_("A second person is needed: {user} joins {group}").format(
                user=user, group=row.group),
            sentence=_("{actor} asked that {user} joins {group}, which may release or "
                       "approve where that is protected. It counts once a second person has "
                       "confirmed it.").format(actor=actor.name, user=user, group=row.group),
            path=reverse("admin:access-requests"))
    return waiting


def confirm(actor, request):
    """Say yes as the second person: from now on they are in the group."""
    with acting(actor, "membership.confirmed"):
        hold(request)
        demand(may_confirm(actor, request))
        if not request.user.is_active:
            raise Refused(_("The account of {user} is switched off.").format(user=request.user))
        _answer(actor, request, MembershipRequest.CONFIRMED)
        before = groups_of(request.user)
        request.user.groups.add(request.group)
        approvals.reevaluate(user=request.user)
        audit.record("membership.confirmed", _("{actor} confirmed: {request}").format(
            actor=actor.name, request=request), actor=actor,
                     about=request, person=request.user_id)
        _record(actor, request.user, before, groups_of(request.user))


def decline(actor, request):
    """Say no, or take back what one asked for."""
    with acting(actor, "membership.declined"):
        hold(request)
        demand(may_decline(actor, request))
        _answer(actor, request, MembershipRequest.DECLINED)
        audit.record("membership.declined", _("{actor} declined: {request}").format(
            actor=actor.name, request=request), actor=actor,
                     about=request, person=request.user_id)


def may_confirm(actor, request):
    """Whether the person may be the second one: neither who asked nor who would join."""
    if actor.system_account:
        return policy.Decision(False, _("Memberships are not confirmed by command."),
                               _("Open the page in a browser."))
    decision = may_decline(actor, request)
    if decision and request.asked_by_id == actor.user.pk:
        return policy.Decision(False, _("You asked for this, so somebody else must confirm it."),
                               grants.ANOTHER)
    if decision and request.asked_by and not policy.is_vouched_for(request.asked_by):
        return policy.Decision(False, _("Nobody confirmed what {asked_by_name} may set up, so what "
                                        "they asked for cannot be confirmed.").format(
            asked_by_name=request.asked_by_name),
                               _("Decline it, and put the person into the group yourself."))
    return policy.counts_as_second(actor) if decision else decision


def may_decline(actor, request):
    if request.answer:
        return policy.Decision(False, _("This was {answer} already.").format(answer=request.answer))
    return policy.may_change_membership(actor, request.user)


def open_requests(user=None):
    """Memberships that wait for a second person, oldest first; of one person, or of everybody."""
    rows = MembershipRequest.objects.filter(answer="").select_related("user", "group", "asked_by")
    return (rows.filter(user=user) if user else rows).order_by("pk")


def waiting(actor):
    """Memberships that this person may confirm."""
    return [row for row in open_requests() if may_confirm(actor, row)]


def groups_of(user):
    return sorted(user.groups.values_list("name", flat=True))


def _record(actor, user, before, after):
    """One entry for each group joined or left."""
    for verb, words, names in (
            ("removed", _("{actor} took {user} out of {group}"), set(before) - set(after)),
            ("added", _("{actor} put {user} into {group}"), set(after) - set(before))):
        for name in sorted(names):
            sentence = words.format(actor=actor.name, user=user, group=name)
            audit.record(f"membership.{verb}", sentence, actor=actor, about=user, group=name,
                         before={"groups": before}, after={"groups": after})


def _answer(actor, request, answer):
    request.answer, request.answered_at = answer, timezone.now()
    request.answered_by, request.answered_by_name = actor.user, actor.name
    request.save()
