"""Asking for an exception from a freeze: whoever the freeze names is told who asks, and why; where
it names nobody, whoever set it, who can name somebody."""

from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy
from ..errors import Refused
from ..models import Notice
from ..policy import gating
from . import gates
from .acting import acting, demand
from .notices import LONGEST_SUBJECT, one_line, tell_people

ASKED = "freeze.exception_asked"
AGAIN = timedelta(hours=1)
"""So long an answer is waited for, before the same person may ask the same people again."""


def frozen(environment):
    """The gates of freezes that are shut there now."""
    return [gate for gate in gates.standing(environment) if gate.sort == gates.FREEZE]


def who_is_asked(environment, *, besides):
    """The people whom one of the freezes names, by user name; without the person who asks."""
    people = {user.pk: user for gate in frozen(environment)
              for user in gating.people_of(gate.row) if user != besides}
    return sorted(people.values(), key=lambda user: user.username)


def who_can_name(environment, *, besides):
    """The people who set the freezes there that name nobody, and can name somebody; without the
    person who asks."""
    people = {gate.row.set_by for gate in frozen(environment)
              if not gating.people_of(gate.row)} - {None, besides}
    return sorted((user for user in people if user.is_active), key=lambda user: user.username)


def ask(actor, environment, *, reason, version=""):
    """Tell those who can make an exception that this person wants to release `version` there in
    spite of a freeze; return their names."""
    with acting(actor, ASKED, environment=environment):
        demand(policy.may_release(actor, environment))
        reason = reason.strip()[:500]
        people = _reachable(actor, environment)
        if not reason:
            raise Refused(_("Asking for an exception needs a reason."),
                          _("Write why it cannot wait until the freeze is over."))
        subject = one_line(_("{name} asks for an exception: {project} ({place})").format(
            name=actor.name, project=environment.project.name, place=environment.name),
            LONGEST_SUBJECT)
        if Notice.objects.filter(event=ASKED, environment=environment, subject=subject,
                                 written_at__gt=timezone.now() - AGAIN).exists():
            raise Refused(_("You asked for this a short while ago."),
                          _("Wait for the answer, or call."))

        def words(what_to_do):
            return lambda: " ".join((
                *(gate.reason for gate in frozen(environment)),
                _("{name} wants to release there all the same: “{reason}”").format(
                    name=actor.name, reason=reason), what_to_do))

        setters = set(who_can_name(environment, besides=actor.user))
        for group, to_do, path in (
                (set(people) - setters, _release_it(), _page(environment, version)),
                (set(people) & setters, _name_somebody(), reverse("admin:freeze-list"))):
            tell_people(sorted(group, key=lambda user: user.pk), event=ASKED, subject=subject,
                        sentence=words(to_do), path=path, environment=environment)
        names = [policy.name_of(user) for user in people]
        audit.record(ASKED, _("{name} asked {people} for an exception: {environment}. Reason: "
                              "{reason}").format(
            name=actor.name, people=", ".join(names), environment=environment, reason=reason),
                     actor=actor, environment=environment, people=names, reason=reason,
                     version=version)
        return names


def _reachable(actor, environment):
    """Those of them that a mail reaches; Refused where there is nobody to ask."""
    if not frozen(environment):
        raise Refused(_("Nothing is frozen in {place} now.").format(place=environment),
                      _("Release it as usual."))
    people = [*who_is_asked(environment, besides=actor.user)]
    people += [user for user in who_can_name(environment, besides=actor.user)
               if user not in people]
    if not people:
        raise Refused(_("Nobody can make an exception from this freeze."),
                      _("Plan it for later, or release in an emergency."))
    if not settings.MAIL_IS_ON:
        raise Refused(_("{names} cannot be told: no mail server is configured.").format(
            names=", ".join(map(policy.name_of, people))), _("Call instead."))
    found = [user for user in people if user.email]
    if not found:
        raise Refused(_("{names} cannot be told: no mail address is known.").format(
            names=", ".join(map(policy.name_of, people))), _("Call instead."))
    return found


def _release_it():
    return _("If you agree, release it on this page, and tick the freeze on “Confirm”.")


def _name_somebody():
    return _("If you agree, name somebody in the freeze, under “Who may release all the same”.")


def _page(environment, version):
    """Where the release begins with this version; where one is chosen, without."""
    place = [environment.project.slug, environment.slug]
    if not version:
        return reverse("admin:release-start", args=place)
    return reverse("admin:release-review", args=place, query={"version": version})
