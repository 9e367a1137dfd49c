"""Exceptions from a freeze: ask whoever it names for one, or, where it names nobody, whoever set
it; say no, take it back; and what becomes of a request.

Nobody says yes: who agrees releases it, or names somebody, and the request counts as used.
"""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy, zones
from ..errors import Refused
from ..models import Environment, ExceptionRequest
from ..policy import excepting
from . import gates
from .acting import acting, demand, hold
from .exception_requests import (
    AGAIN,
    asked_of,
    asked_of_late,
    frozen,
    who_can_name,
    who_is_asked,
    with_freezes,
)
from .notices import LONGEST_SUBJECT, gets_mail, one_line, tell_people, title_of

ASKED = "freeze.exception_asked"


def ask(actor, environment, *, reason, version="", title=""):
    """Ask those who can make an exception, or can name somebody, to let `version` (which people
    call `title`) be released there in spite of a freeze; return the ExceptionRequest."""
    with acting(actor, ASKED, environment=environment):
        hold(environment)
        demand(policy.may_release(actor, environment))
        shut, people, setters = _whom_to_ask(actor, environment)
        if not reason.strip():
            raise Refused(_("Asking for an exception needs a reason."),
                          _("Write why it cannot wait until the freeze is over."))
        _demand_a_while(actor, environment, shut)
        row = ExceptionRequest.objects.create(
            environment=environment, asked_by=actor.user, asked_by_name=actor.name,
            reason=reason.strip()[:500], version=version[:200], title=title[:200],
            gates=[gate.key for gate in shut], told=[policy.name_of(user) for user in people],
            is_mailed=any(map(gets_mail, people)))
        _tell_who_is_asked(row, people, setters)
        audit.record(ASKED, _("{name} asked {people} for an exception: {where}. Reason: "
                              "{reason}").format(
            name=actor.name, people=", ".join(row.told), where=row.where, reason=row.reason),
                     actor=actor, environment=environment, people=row.told, reason=row.reason,
                     version=row.version, request=row.pk)
        return row


def decline(actor, row, *, comment=""):
    """Say no; whoever asked is told, with the comment."""
    with acting(actor, "freeze.exception_declined", environment=row.environment):
        freezes = _hold_open(row)
        demand(excepting.may_answer(actor, row, freezes))
        _end(row, ExceptionRequest.DECLINED, by=actor, comment=comment.strip()[:500])
        audit.record("freeze.exception_declined", _("{actor} said no: {request}").format(
            actor=actor.name, request=row), actor=actor, environment=row.environment,
                     request=row.pk, comment=row.comment)
        words = _("{actor} said no: “{comment}”") if row.comment else _("{actor} said no.")
        if row.asked_by:
            tell_people([row.asked_by], event="freeze.exception_declined",
                        subject=_("No exception: {where}").format(where=row.where),
                        sentence=words.format(actor=actor.name, comment=row.comment),
                        path=_page_of(row), environment=row.environment)


def take_back(actor, row):
    """Ask no longer."""
    with acting(actor, "freeze.exception_taken_back", environment=row.environment):
        _hold_open(row)
        demand(excepting.may_take_back(actor, row))
        _end(row, ExceptionRequest.BACK, by=actor)
        audit.record("freeze.exception_taken_back", _("{actor} took it back: {request}").format(
            actor=actor.name, request=row), actor=actor, environment=row.environment,
                     request=row.pk)


def note_used(actor, deployment, passed):
    """Somebody asked for a release in spite of these gates: what was asked for because of one of
    them counts as used, and whoever asked is told. The caller holds the environment."""
    keys = {gate.key for gate in passed if gate.sort == gates.FREEZE}
    if not keys:
        return
    rows = ExceptionRequest.objects.filter(environment=deployment.environment, answer="")
    for row in rows.select_related("asked_by"):
        if keys.isdisjoint(row.gates):
            continue
        _end(row, ExceptionRequest.USED, by=actor, deployment=deployment)
        if row.asked_by and row.asked_by != actor.user:
            tell_people([row.asked_by], event="freeze.exception_used",
                        subject=_("{title}: asked for in spite of the freeze").format(
                            title=title_of(deployment)),
                        sentence=_("You asked for an exception, and {actor} made one.").format(
                            actor=actor.name),
                        path=reverse("admin:deployment-progress", args=[deployment.pk]),
                        environment=deployment.environment, deployment=deployment)


def end_over():
    """Write down which requests are over, because no freeze that they are about is shut any more;
    return how many."""
    rows = ExceptionRequest.objects.filter(answer="")
    over = [asked.row.pk for asked in with_freezes(rows) if not asked.is_open]
    return rows.filter(pk__in=over).update(
        answer=ExceptionRequest.OVER, answered_at=timezone.now())


def _whom_to_ask(actor, environment):
    """(the gates of freezes, everybody who is asked and hears of it, those who can only name
    somebody); Refused where there is nothing or nobody to ask."""
    shut = frozen(environment)
    if not shut:
        raise Refused(_("Nothing is frozen in {place} now.").format(place=environment),
                      _("Release it as usual."))
    named = who_is_asked(shut, besides=actor.user)
    setters = who_can_name(shut, besides=actor.user)
    people = [*named, *(user for user in setters if user not in named)]
    if not people:
        raise Refused(_("Nobody can make an exception from this freeze."),
                      _("Plan it for later, or release in an emergency."))
    found = [user for user in people if gets_mail(user) or policy.may_look(
        policy.Actor(user=user, address=None), environment.project)]
    if not found:
        names = ", ".join(map(policy.name_of, people))
        why = _("{names} cannot be told: no mail address is known.") if settings.MAIL_IS_ON else \
            _("{names} cannot be told: no mail server is configured.")
        raise Refused(why.format(names=names), _("Call instead."))
    return shut, found, setters


def _demand_a_while(actor, environment, shut):
    """Refused where the same person asked about the same freeze a short while ago; what they asked
    for there before that makes room."""
    if last := asked_of_late(actor, environment, shut):
        remedy = _("Call; you can ask again from {time} on.") if last.answer else _(
            "Wait for the answer, or call; you can ask again from {time} on.")
        raise Refused(_("You asked for this a short while ago."),
                      remedy.format(time=zones.shown(last.asked_at + AGAIN, "H:i")))
    rows = ExceptionRequest.objects.filter(environment=environment, asked_by=actor.user, answer="")
    rows.update(answer=ExceptionRequest.BACK, answered_at=timezone.now())


def _hold_open(row):
    """Hold the request, and return the freezes it is about; Refused where it waits no longer."""
    hold(Environment(pk=row.environment_id))
    hold(row)
    asked = asked_of(row)
    if row.answer not in ("", ExceptionRequest.OVER):
        raise Refused(_("This no longer waits: it was {answer}.").format(
            answer=row.get_answer_display()))
    if not asked.is_open:
        raise Refused(_("This no longer waits: the freeze is over, or was changed."))
    return asked.freezes


def _end(row, answer, *, by, comment="", deployment=None):
    row.answer, row.comment, row.deployment = answer, comment, deployment
    row.answered_at, row.answered_by, row.answered_by_name = timezone.now(), by.user, by.name
    row.save(update_fields=["answer", "comment", "deployment", "answered_at", "answered_by",
                            "answered_by_name"])


def _tell_who_is_asked(row, people, setters):
    """A mail for each, with the page where they can do what was asked."""
    environment = row.environment
    subject = one_line(str(row), LONGEST_SUBJECT)

    def words(what_to_do):
        return lambda: " ".join((
            *(gate.reason for gate in frozen(environment)),
            _("{name} wants to release there all the same: “{reason}”").format(
                name=row.asked_by_name, reason=row.reason), what_to_do))

    for group, to_do, path in (
            (set(people) - set(setters), _release_it(), _release_page(row)),
            (set(people) & set(setters), _name_somebody(), _page_of(row))):
        tell_people(sorted(group, key=lambda user: user.pk), event=ASKED, subject=subject,
                    sentence=words(to_do), path=path, environment=environment)


def _release_it():
    return _("If you agree, release it on this page, and tick the freeze on “Confirm”.")


def _name_somebody():
    return _("If you agree, name somebody in the freeze, under “Who may release all the same”: "
             "this page leads there.")


def _page_of(row):
    return reverse("admin:exception-answer", args=[row.pk])


def _release_page(row):
    """Where the release begins with this version; where one is chosen, without."""
    place = [row.environment.project.slug, row.environment.slug]
    if not row.version:
        return reverse("admin:release-start", args=place)
    return reverse("admin:release-review", args=place, query={"version": row.version})
