"""Who may pause an environment, release in spite of a freeze, and look at an emergency after it."""

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext as _

from ..errors import EXCEPTION
from ..models import Grant
from .actor import Decision, name_of
from .approving import answers_count, has_grant_to_approve
from .entries import SWITCHED_OFF, answer
from .setting_up import may_set_up


def may_pause(actor, environment, *, at=None):
    """Whoever may release there, or sets the project up, may pause it and end a pause."""
    decision = may_set_up(actor, environment.project, at=at)
    if decision:
        return decision
    return answer(actor, Grant.RELEASE, project=environment.project, environment=environment,
                  at=at)


def may_override(actor, freeze):
    """Whether the freeze itself names the person, or a group of the person's."""
    user = actor.user
    if user is None or not user.is_active:
        return SWITCHED_OFF
    named = freeze.may_override.filter(pk=user.pk).exists()
    if named or freeze.groups_may_override.filter(user=user).exists():
        return Decision(True,
                        _("You may release in spite of “{reason}”.").format(reason=freeze.reason))
    words = exception_words(freeze)
    return Decision(False,
                    _("You may not release in spite of “{reason}”.").format(reason=freeze.reason),
                    words, EXCEPTION if words else "")


def people_of(freeze):
    """Whom the freeze names, themselves or by a group: accounts that are switched on."""
    people = get_user_model().objects.filter(
        Q(pk__in=freeze.may_override.values("pk"))
        | Q(groups__in=freeze.groups_may_override.values("pk")), is_active=True)
    return list(people.distinct().order_by("username"))


def exception_words(freeze):
    """“Ines or one of Shop leads can make an exception.”; "" where nobody can."""
    people = freeze.may_override.filter(is_active=True).order_by("username")
    people = [name_of(user) for user in people]
    groups = [_("one of {group}").format(group=group)
              for group in freeze.groups_may_override.order_by("name")]
    names = [*people, *groups]
    return _("{names} can make an exception.").format(names=" or ".join(names)) if names else ""


def setter_of(freeze):
    """The name of who set the freeze, while they have an account that is switched on; else ""."""
    return freeze.set_by_name if freeze.set_by and freeze.set_by.is_active else ""


def may_review(actor, deployment):
    """Whether the person may review an emergency: who may approve there, and did not ask for it."""
    user = actor.user
    if user is None or not user.is_active:
        return SWITCHED_OFF
    if actor.system_account:
        return Decision(False, _("An emergency is not reviewed by command."),
                        _("Open its page in a browser."))
    if deployment.requested_by_id == user.pk:
        return Decision(False,
                        _("You released this in an emergency, so somebody else must review it."),
                        _("Ask an approver of this environment."))
    environment = deployment.environment
    if not has_grant_to_approve(user, environment):
        return Decision(False, _("Only who may approve releases of {environment} may review "
                                 "this.").format(environment=environment),
                        _("Ask one of its approvers."))
    counts = answers_count(user)
    return counts and answer(
        actor, Grant.APPROVE, project=environment.project, environment=environment)
