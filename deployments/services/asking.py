"""Asking for approval: who is told by mail, and who is reminded, once."""

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy
from ..models import Approval, Deployment
from ..zones import shown
from .notices import tell_people, title_of

ASKED, REMINDED, AGREED = "approval.asked", "approval.reminded", "approval.given"


def expiry_of(environment):
    """When what is asked for now expires there, by the database's clock."""
    return Now() + timedelta(hours=environment.approval_expiry_h)


def who_is_asked(deployment):
    """People whose yes would count, by user name: all of them are told of a request."""
    rules = policy.rules_for(deployment)
    named = {user.pk for rule in rules for user in policy.members_of(rule)}
    people = policy.who_could_approve(deployment.environment, deployment.requested_by)
    return [user for user in people if user.pk in named]


def ask(deployment):
    """Write a notice for everybody who could approve it. For the caller's transaction."""
    why = _(" Why: “{reason}”").format(reason=deployment.reason) if deployment.reason else _(
        " No reason was given.")

    def words():
        return (_("{requested_by_name} asks to {deployment}.{slot}{why} Unanswered it expires on "
                  "{moment}.").format(
            requested_by_name=deployment.requested_by_name, deployment=deployment,
            slot=_slot(deployment), why=why, moment=moment(deployment.approval_until)))

    tell_people(
        who_is_asked(deployment), event=ASKED, deployment=deployment,
        environment=deployment.environment, path=_page(deployment),
        subject=_("Your approval is asked for: {title_of}").format(
            title_of=title_of(deployment)), sentence=words)


def tell_agreed(deployment):
    """Tell who asked that all agreed, and that somebody still has to start it."""
    people = [deployment.requested_by] if deployment.requested_by else []

    def words():
        return (_("Everybody agreed who had to. Start it before {moment}; then it expires.").format(
            moment=moment(deployment.approval_until)))

    tell_people(
        people, event=AGREED, deployment=deployment, environment=deployment.environment,
        path=_page(deployment), subject=_("Approved: {title_of}").format(
            title_of=title_of(deployment)), sentence=words)


def remind():
    """Tell those who have not answered once more, at half of its time; return how many requests."""
    rows = Deployment.objects.filter(
        status="awaiting_approval", reminded_at=None, approval_until__isnull=False)
    rows = rows.select_related("environment__project", "release__project", "requested_by")
    return sum(_remind(row) for row in rows if _is_half_over(row))


def _remind(deployment):
    """Whether this call reminded them: two workers may look at the same moment."""
    with transaction.atomic():
        mine = Deployment.objects.filter(
            pk=deployment.pk, status="awaiting_approval", reminded_at=None)
        if not mine.update(reminded_at=Now()):
            return False
        people = [user for user in who_is_asked(deployment) if not _has_agreed(user, deployment)]
        tell_people(
            people, event=REMINDED, deployment=deployment, environment=deployment.environment,
            path=_page(deployment),
            subject=_("Still waiting for approval: {title_of}").format(
                title_of=title_of(deployment)),
            sentence=partial(_reminder, deployment))
        audit.record("approval.reminded", _("Reminded {people} approvers: {deployment}").format(
            people=len(people), deployment=deployment),
                     environment=deployment.environment, deployment=deployment.pk,
                     people=[policy.name_of(user) for user in people])
    return True


def _reminder(deployment):
    return (_("{requested_by_name} asked to {deployment}.{slot} Unanswered it expires on "
              "{moment}.").format(
        requested_by_name=deployment.requested_by_name, deployment=deployment,
        slot=_slot(deployment), moment=moment(deployment.approval_until)))


def _has_agreed(user, deployment):
    """Whether the person's newest answer is a yes: one that was taken back is asked for again."""
    newest = deployment.approvals.filter(user=user).order_by("-pk").first()
    return newest is not None and newest.answer == Approval.YES


def _is_half_over(deployment):
    left = deployment.approval_until - timezone.now()
    return left <= timedelta(hours=deployment.environment.approval_expiry_h) / 2


def moment(at):
    """The time in words, as mails and results say it."""
    return shown(at, "d M, H:i")


def _slot(deployment):
    return _(" It is planned for {slot_words}.").format(
        slot_words=deployment.slot_words) if deployment.slot_words else ""


def _page(deployment):
    return reverse("admin:approval-answer", args=[deployment.pk])
