"""Verbs on requests for access: ask, and answer in one step with an end date, or with a comment."""

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy
from ..errors import Refused
from ..models import AccessRequest, Grant
from . import grants
from .acting import acting, demand, hold
from .notices import tell_people


def ask_for_access(actor, *, action, reason, project=None, environment=None, and_back=False):
    """Ask the administrators to be allowed something in a project, or in one environment of it;
    return the AccessRequest.

    Who asks to release, `and_back`, asks to go back there too, unless they may or have asked.
    """
    project = environment.project if environment else project
    if action in policy.WHOLE_PROJECT:
        environment = None
    with acting(actor, "access.requested", project=project, environment=environment):
        if actor.user is None or not actor.user.is_active:
            raise Refused(_("This account is switched off."), _("Ask an administrator."))
        if project is None:
            raise Refused(_("Choose a project or one of its environments."))
        demand(policy.may_look(actor, project))
        if action not in dict(Grant.ACTIONS):
            raise Refused(_("Nobody can be allowed that."), _("Choose one of the list."))
        if not reason.strip():
            raise Refused(_("A request for access needs a reason."),
                          _("Write what you need it for."))
        if policy.may(actor, action, project=project, environment=environment):
            raise Refused(_("You may do this already."))
        place = {"user": actor.user, "project": project, "environment": environment,
                 "action": action}
        if _is_open(place):
            raise Refused(_("You asked for this already."), _("Wait for the answer."))
        row = _ask(actor, place, reason)
        back = place | {"action": Grant.GO_BACK}
        if and_back and action == Grant.RELEASE and not _is_open(back) and not policy.may(
                actor, Grant.GO_BACK, project=project, environment=environment):
            _ask(actor, back, reason)
        return row


def _is_open(place):
    """Whether the same was asked for, and waits for its answer."""
    return AccessRequest.objects.filter(answer="", **place).exists()


def _ask(actor, place, reason):
    """Keep one request, and tell whoever may answer it."""
    row = AccessRequest.objects.create(
        reason=reason.strip()[:300], address=actor.address[:45], **place)
    audit.record("access.requested", str(row), actor=actor, project=row.project,
                 environment=row.environment, request=row.pk, reason=row.reason)
    tell_people(who_may_answer(row), event="access.requested", subject=str(row),
                sentence=_("{actor} writes: “{reason}”").format(
                    actor=actor.name, reason=row.reason), environment=row.environment,
                path=reverse("admin:access-answer", args=[row.pk]))
    return row


def who_may_answer(request):
    """People who set up what is asked for, wherever they sit; not who asks."""
    entries = Grant.objects.filter(action=Grant.SET_UP)
    people = get_user_model().objects.filter(is_active=True).filter(
        Q(is_superuser=True) | Q(grants__in=entries) | Q(groups__grants__in=entries))
    return [user for user in people.distinct().order_by("username")
            if may_answer(policy.Actor(user=user, address=None), request)]


def waiting_requests(actor):
    """Requests without an answer that this person may answer, oldest first."""
    rows = AccessRequest.objects.filter(answer="").select_related(
        "user", "project", "environment__project")
    return [row for row in rows.order_by("pk") if may_answer(actor, row)]


def open_since(actor, actions):
    """{(action, key of the project, key of the environment or None): when the person asked for it
    there}, of what waits for its answer."""
    rows = AccessRequest.objects.filter(user=actor.user, action__in=actions, answer="")
    return {(row.action, row.project_id, row.environment_id): row.asked_at for row in rows}


def may_answer(actor, request):
    """Whether the person sets up what is asked for, and is not who asks."""
    if actor.user is not None and request.user_id == actor.user.pk:
        return policy.Decision(False, _("You asked for this, so somebody else must answer."))
    decision = policy.may_set_up(actor, request.project)
    if decision and request.action == Grant.COMMANDS:
        return policy.may_edit_commands(actor, request.project)
    return decision


def answer_access(actor, request, *, is_granted, valid_until=None, networks="", comment=""):
    """Write the entry that was asked for, until a date, or decline with a comment.

    Returns the entry (it may wait for a second person), or None when declined.
    """
    verb = "granted" if is_granted else "declined"
    with acting(actor, f"access.{verb}", project=request.project,
                environment=request.environment):
        hold(request)
        if request.answer:
            raise Refused(_("{answered_by} answered this already: {answer}.").format(
                answered_by=request.answered_by_name, answer=request.get_answer_display()))
        demand(may_answer(actor, request))
        if is_granted:
            request.grant = _grant(actor, request, valid_until, networks)
        elif not comment.strip():
            raise Refused(_("Declining needs a comment."), _("Write one sentence for who asked."))
        request.answer, request.comment = verb, comment.strip()[:300]
        request.answered_at = timezone.now()
        request.answered_by, request.answered_by_name = actor.user, actor.name
        request.save()
        sentence = _("{actor} granted: {request}") if is_granted else _(
            "{actor} declined: {request}")
        audit.record(f"access.{verb}", sentence.format(actor=actor.name, request=request),
                     actor=actor, project=request.project, environment=request.environment,
                     request=request.pk, grant=request.grant_id, comment=request.comment)
        _tell(request)
        return request.grant


def _grant(actor, request, valid_until, networks):
    if valid_until is None:
        raise Refused(_("What is granted on request needs an end."), _("Choose a date."))
    if valid_until <= timezone.now():
        raise Refused(_("That date has passed."), _("Choose a later one."))
    return grants.write(actor, Grant(
        user=request.user, project=request.project, environment=request.environment,
        action=request.action, networks=networks, valid_until=valid_until,
        reason=request.reason))


def _tell(request):
    """The person who asked learns the answer."""
    sentence = _("{answered_by} granted it.") if request.answer == request.GRANTED else \
        _("{answered_by} declined it.")
    words = [sentence.format(answered_by=request.answered_by_name)]
    is_waiting = request.grant is not None and grants.waits(request.grant)
    if is_waiting:
        words.append(_("It counts once a second person has confirmed it."))
    if request.comment:
        words.append(f"“{request.comment}”")
    subject = _("You asked to {action}: {answer}, waits for a second person") if is_waiting else \
        _("You asked to {action}: {answer}")
    tell_people([request.user], event=f"access.{request.answer}",
                subject=subject.format(action=request.get_action_display(),
                                       answer=request.get_answer_display()),
                sentence=" ".join(words), path=reverse("admin:access-mine"),
                environment=request.environment)
