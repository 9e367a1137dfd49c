"""Emergencies: releasing without anybody's yes; who is told of it, and who looks at it afterwards.

Whoever may do so gives a reason, everybody concerned is told at once, and it stands in “Needs
review afterwards” until a second person has looked at it.
"""

from django.urls import reverse
from django.utils.translation import gettext as _

from .. import audit, policy
from ..errors import Refused
from ..models import Deployment, Grant, Review
from ..models.fields import lines_of
from ..policy import gating
from .acting import acting, demand, hold
from .administrators import administrators
from .notices import tell_people, title_of


def demand_emergency(actor, environment, *, reason, slot):
    """Refused unless the person may release there in an emergency, now, and says why."""
    demand(policy.may_release_in_emergency(actor, environment))
    if actor.system_account:
        raise Refused(_("An emergency cannot be started by command: who it was must be shown by a "
                        "fresh sign-in."), _("Release on the page, in a browser."))
    if slot is not None:
        raise Refused(_("An emergency starts now."), _("Release later the usual way, or now."))
    if not reason.strip():
        raise Refused(_("An emergency needs a reason."),
                      _("Write one sentence under “Why now?”: everybody concerned reads it."))
    demand(policy.fresh(actor))


def announce(actor, deployment):
    """Record it, and tell approvers, the environment's addresses and who sets things up."""
    environment = deployment.environment
    audit.record("deployment.emergency", _("{actor} releases in an emergency, without anybody's "
                                           "yes: {deployment}. Reason: {emergency}").format(
        actor=actor.name, deployment=deployment, emergency=deployment.emergency), actor=actor,
                 environment=environment, about=deployment, deployment=deployment.pk,
                 reason=deployment.emergency,
                 overridden=[passed["words"] for passed in deployment.overridden])
    tell_people(
        _concerned(environment), event="deployment.emergency",
        subject=_("{title_of}: emergency release by {requested_by_name}").format(
            title_of=title_of(deployment), requested_by_name=deployment.requested_by_name),
        sentence=_("Nobody else was asked. The reason given: {emergency} A second person must "
                   "review it afterwards.").format(emergency=deployment.emergency),
        path=reverse("admin:deployment-progress", args=[deployment.pk]),
        environment=environment, deployment=deployment,
        addresses=lines_of(environment.notify_addresses))


def unreviewed(projects):
    """Emergencies in these projects that nobody has reviewed yet, oldest first."""
    asked = Deployment.objects.filter(emergency__gt="", review=None).order_by()  # by its index
    keys = list(asked.values_list("pk", flat=True))
    if not keys:
        return []
    rows = Deployment.objects.filter(pk__in=keys, environment__project__in=projects)
    rows = rows.select_related("environment__project", "release__project")
    return list(rows.defer("plan", "release__contents").order_by("pk"))


def review(actor, deployment, *, comment):
    """Say what a second person found when looking at it; once, and it never changes."""
    with acting(actor, "emergency.reviewed", environment=deployment.environment):
        hold(deployment)
        if not deployment.emergency:
            raise Refused(_("This was no emergency: nobody needs to review it."))
        demand(gating.may_review(actor, deployment))
        if Review.objects.filter(deployment=deployment).exists():
            raise Refused(_("{user_name} has reviewed this already.").format(
                user_name=deployment.review.user_name))
        if not comment.strip():
            raise Refused(_("A review needs a comment."),
                          _("Write one sentence on what you found."))
        row = Review.objects.create(deployment=deployment, user=actor.user,
                                    user_name=actor.name, comment=comment.strip()[:500])
        audit.record("emergency.reviewed",
                     _("{actor} reviewed the emergency: {deployment}. {comment}").format(
                         actor=actor.name, deployment=deployment, comment=row.comment),
                     actor=actor, environment=deployment.environment,
                     about=deployment, deployment=deployment.pk, comment=row.comment)
        return row


def _concerned(environment):
    """Everybody who could have been asked, and whoever sets things up there."""
    named = [user for rule in policy.rules_of(environment) for user in policy.members_of(rule)]
    people = [*named, *policy.people_with(Grant.APPROVE, environment), *administrators(),
              *policy.people_with(Grant.SET_UP, environment)]
    return list({user.pk: user for user in people}.values())
