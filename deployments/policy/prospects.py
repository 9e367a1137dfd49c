"""Who could approve today, in sentences; what is said where nobody could."""

from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import Environment, Grant
from ..waves import either, joined
from ..zones import shown
from .actor import name_of
from .approving import (
    members_of,
    people_with,
    rules_of,
    who_could_approve,
    who_could_later,
)
from .counting import is_full, share_out
from .crowd import Crowd
from .entries import Place, is_for, read


def unapprovable(environments=None):
    """“Nobody can approve Webshop (Production) releases asked for by Ben.”: a sentence for each
    environment where somebody who may release could get no approval; [] where all is well.

    `environments` are all those that have rules, unless they are given.
    """
    rows = Environment.objects.all() if environments is None else environments
    return [sentence for _, sentence in _unapprovable(rows)]


def unapprovable_of(people, environments):
    """The same about what these people alone would ask for: [] where each could be approved."""
    return [sentence for _, sentence in _unapprovable(environments, people)]


def unapprovable_today(environments):
    """[(environment, sentence)] of the same, each with who can agree later, from when and why: for
    whoever reads it today."""
    found = _unapprovable(environments)
    later = {row: [words for _, words in not_yet(row)] for row in {row for row, _ in found}}
    return [(row, " ".join([sentence, *later[row]])) for row, sentence in found]


def _unapprovable(environments, asking=None):
    """(environment, sentence) of those among them that have rules; about releases of whoever may,
    or of `asking` alone."""
    rows = environments.filter(approval_rules__isnull=False).select_related("project").distinct()
    rows = list(rows)
    crowd = Crowd(Grant.APPROVE, Grant.RELEASE) if rows else None
    return [(row, sentence) for row in rows for sentence in _of(row, crowd, asking)]


def today(environment):
    """[“Today Ben or Mia could approve Webshop (Production) releases.”]; [] where nobody could."""
    if not environment.approval_rules.exists():
        return [_("Releases there need nobody's approval.")]
    names = [name_of(user) for user in who_could_approve(environment)]
    place = f"{environment.project.name} ({environment.name})"
    return [_("Today {people} could approve {place} releases.").format(
        people=joined(names), place=place)] if names else []


def named_without_entry(environment):
    """[(person, entry)] of those whom a rule there names and no entry lets approve there today, by
    user name; `entry` is one that would, had it begun or been confirmed, else None."""
    allowed = {user.pk for user in people_with(Grant.APPROVE, environment)}
    named = {user.pk: user for rule in rules_of(environment) for user in members_of(rule)}
    found = sorted((user for pk, user in named.items() if pk not in allowed),
                   key=lambda user: user.get_username())
    return [(user, _to_come(user, environment)) for user in found]


def _to_come(user, environment):
    place, now = Place(environment.project, environment), timezone.now()
    return next((grant for grant in read(user, action=Grant.APPROVE)
                 if is_for(grant, place, Grant.APPROVE)
                 and not (grant.valid_until and grant.valid_until <= now)), None)


def not_yet(environment, requester=None):
    """[(person, “Bert can agree from 29 Nov, 14:37: …”)] of those whose yes a release there takes
    and does not count yet; the sentence says why and until when."""
    return [(user, _when(name_of(user), until, is_stepless))
            for user, until, is_stepless in who_could_later(environment, requester)]


def _when(name, until, is_stepless):
    step = _("a second step of signing in is set up for the account")
    if until is None:
        return _("{name} can agree once {step}.").format(name=name, step=step)
    also = _(" and once {step}").format(step=step) if is_stepless else ""
    return (_("{name} can agree from {shown}{also}: the password was just set by a link, or the "
              "second step anew.").format(name=name, shown=shown(until, "d M, H:i"), also=also))


def _of(environment, crowd, asking=None):
    """First for anybody's releases; where those could be approved, by who asks for them."""
    rules, people = crowd.rules[environment.pk], who_could_approve(environment, crowd=crowd)
    members = {rule.pk: {user.pk for user in crowd.named_by(rule)} for rule in rules}
    shares = share_out(rules, members, people)
    if not is_full(shares):
        return [_sentence(environment, _counted(shares))]
    found = {}
    for user in people_with(Grant.RELEASE, environment, crowd=crowd):
        if asking is not None and user not in asking:
            continue
        shares = share_out(rules, members, [other for other in people if other.pk != user.pk])
        if not is_full(shares):
            found.setdefault(_counted(shares), []).append(name_of(user))
    return [_sentence(environment, counted,
                      _(" asked for by {people}").format(people=either(names)))
            for counted, names in found.items()]


def _counted(shares):
    """(how many people could count, how many are needed), of all rules together."""
    return (sum(len(share.people) for share in shares),
            sum(share.rule.people_needed for share in shares))


def _sentence(environment, counted, asked=""):
    what = _("{project} ({environment}) releases{asked}").format(
        project=environment.project.name, environment=environment.name, asked=asked)
    if not counted[0]:
        return _("Nobody can approve {what}.").format(what=what)
    return _("Too few people can approve {what}: {count} of {needed} could agree, and one person "
             "counts once.").format(what=what, count=counted[0], needed=counted[1])
