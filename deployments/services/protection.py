"""Verbs on what protects an environment: less of it takes a second person; more takes nobody.

Whoever sets up could else take protection away, do what two people are needed for, and put it back.
"""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy, zones
from ..errors import Refused
from ..models import Environment, ProtectionChange
from ..waves import either
from . import approvals
from .acting import acting, demand, hold
from .administrators import administrators
from .notices import tell_people
from .protection_content import content_of, lessened, shown, write

ALONE_AFTER = timedelta(hours=24)
"""How long a change waits where nobody but its author could agree: everybody was told of it."""


def waiting_of(environment):
    """The change of its protection that waits, or None."""
    return environment.protection_changes.filter(answer="").first()


def waiting_for(actor):
    """Changes this person could agree to now, oldest first."""
    rows = ProtectionChange.objects.filter(answer="").select_related("environment__project")
    return [row for row in rows.order_by("pk") if may_agree(actor, row)]


def keep(actor, environment, before):
    """Rows were written in this transaction, after `before` (a content) was read. Where that takes
    protection away the rows say `before` again, and the change that waits is returned; else None.
    """
    after = content_of(environment)
    words = lessened(before, after)
    if not words:
        return None
    demand(policy.may_set_up(actor, environment.project))
    if waiting_of(environment):
        raise Refused(_("Another change of what protects {environment} waits for a second "
                        "person.").format(environment=environment),
                      _("Decline it or take it back first."))
    write(environment, before)
    row = ProtectionChange.objects.create(
        environment=environment, before=before, after=after, words=words,
        asked_by=actor.user, asked_by_name=actor.name)
    _record("protection.asked", _("{actor} would protect {environment} less, and it waits "
                                  "for a second person: {words}").format(
        actor=actor.name, environment=environment, words="; ".join(words)),
            actor, row, before, after)
    _tell(row, _("{environment} is to be protected less").format(environment=environment),
          _("{actor} asks for it: {words}. Somebody else must agree.").format(
              actor=actor.name, words="; ".join(words)))
    return row


def agree(actor, row):
    """Let it be so, all of it; refused where the environment demands something else by now."""
    environment = row.environment
    with acting(actor, "protection.agreed", environment=environment):
        _hold_waiting(row)
        demand(may_agree(actor, row))
        demand(policy.fresh(actor))
        if content_of(environment) != row.before:
            raise Refused(_("What protects the environment changed after this was asked for."),
                          _("Decline it, and change what is there now."))
        write(environment, row.after)
        _answer(actor, row, ProtectionChange.AGREED)
        approvals.reevaluate(environment=environment)
        _record("protection.agreed", _("{actor} agreed to what {asked_by_name} asked for: "
                                       "{environment} is protected less: {row}").format(
            actor=actor.name, asked_by_name=row.asked_by_name, environment=environment,
            row="; ".join(row.words)), actor, row,
                row.before, row.after)
        _tell(row, _("{environment} is protected less").format(environment=environment),
              _("{asked_by_name} asked for it, {actor} agreed: {row}.").format(
                  asked_by_name=row.asked_by_name, actor=actor.name, row="; ".join(row.words)))


def decline(actor, row, *, comment=""):
    """Leave it as it is, with a reason; whoever asked takes it back without one."""
    with acting(actor, "protection.declined", environment=row.environment):
        _hold_waiting(row)
        demand(policy.may_set_up(actor, row.environment.project))
        is_own, row.comment = row.asked_by_id == actor.user.pk, comment.strip()[:300]
        if not is_own and not row.comment:
            raise Refused(_("Saying no needs a reason."),
                          _("Write one sentence for {asked_by_name}.").format(
                              asked_by_name=row.asked_by_name))
        _answer(actor, row, ProtectionChange.DECLINED)
        sentence = _("{actor} took back {change}") if is_own else _("{actor} declined {change}")
        audit.record("protection.declined", sentence.format(actor=actor.name, change=row),
                     actor=actor, environment=row.environment, about=row, comment=row.comment)
        if not is_own:
            _tell_author(actor, row)


def may_agree(actor, row):
    """Whether the person is the second one. Where there is no other, whoever asked agrees alone,
    a day later."""
    project = row.environment.project
    decision = policy.may_set_up(actor, project)
    if not decision:
        return decision
    if actor.system_account:
        return policy.Decision(False, _("Protection is not taken away by command."),
                               _("Open the page in a browser."))
    if row.asked_by_id == actor.user.pk:
        decision = _may_alone(row)
        if not decision:
            return decision
    elif row.asked_by and not policy.is_vouched_for(row.asked_by, project):
        return policy.Decision(False, _("Nobody confirmed what {asked_by_name} may set up, so what "
                                        "they asked for cannot be agreed to.").format(
            asked_by_name=row.asked_by_name),
                               _("Decline it, and change the environment yourself."))
    return policy.counts_as_second(actor, project)


def _may_alone(row):
    others = policy.who_counts_as_second(row.environment.project, besides=row.asked_by)
    if others:
        names = either(policy.name_of(user) for user in others)
        return policy.Decision(False, _("You asked for this, so somebody else must agree."),
                               _("Ask {names}.").format(names=names))
    at = row.asked_at + ALONE_AFTER
    if timezone.now() < at:
        return policy.Decision(
            False, _("There is no second person, so what you asked for waits for a day."),
            _("Agree to it yourself from {shown}.").format(
                shown=zones.shown(at, "d M Y, H:i")))
    return policy.Decision(True, _("There is no second person, and a day has passed."))


def _hold_waiting(row):
    hold(Environment(pk=row.environment_id))
    hold(row)
    if row.answer:
        raise Refused(_("This no longer waits: it was {answer}.").format(
            answer=row.get_answer_display()))


def _answer(actor, row, answer):
    row.answer, row.answered_at = answer, timezone.now()
    row.answered_by, row.answered_by_name = actor.user, actor.name
    row.save(update_fields=["answer", "answered_at", "answered_by", "answered_by_name", "comment"])


def _record(action, sentence, actor, row, before, after):
    audit.record(action, sentence, actor=actor, environment=row.environment, about=row,
                 before=shown(before), after=shown(after))


def _tell(row, subject, sentence):
    """Everybody who administers, or could agree, whoever did it."""
    people = {*administrators(), *policy.who_counts_as_second(row.environment.project)}
    _write_to(sorted(people, key=lambda user: user.pk), row, subject, sentence)


def _tell_author(actor, row):
    _write_to([user for user in [row.asked_by] if user], row,
              _("{environment} stays as protected as it was").format(environment=row.environment),
              _("{actor} said no to what you asked for: {comment}").format(
                  actor=actor.name, comment=row.comment))


def _write_to(people, row, subject, sentence):
    environment = row.environment
    tell_people(people, event="environment.weakened", environment=environment, subject=subject,
                sentence=sentence, path=reverse("admin:protection", args=[
                    environment.project.slug, environment.slug]))
