"""Who may pause an environment, and look at an emergency after it."""

from django.utils.translation import gettext as _

from ..models import Grant
from .actor import Decision
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
