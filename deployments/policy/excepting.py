"""Exceptions from a freeze: whom it names, who can name somebody, who answers a request for one,
and when a refusal leads to asking."""

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from ..errors import EXCEPTION
from ..models import Grant
from ..waves import either, joined
from .actor import Actor, Decision, name_of
from .crowd import Crowd
from .entries import SWITCHED_OFF, Place, gathered, is_for, obstacle
from .setting_up import may_set_up
from .verbs import may_look


def gather(freezes):
    """Read whom these freezes name, in as many queries for many as for one; whoever set several is
    asked about once."""
    new = [freeze for freeze in freezes if "groups_may_override" not in getattr(
        freeze, "_prefetched_objects_cache", ())]  # Django would read members of groups again
    prefetch_related_objects(new, "may_override", "groups_may_override__user_set")
    setters = {}
    for freeze in new:
        if freeze.set_by:
            freeze.set_by = setters.setdefault(freeze.set_by_id, freeze.set_by)


def people_of(freeze):
    """Whom the freeze names, themselves or by a group, by user name: accounts that are switched
    on."""
    gather([freeze])
    people = {user.pk: user for user in [*freeze.may_override.all(), *(
        user for group in freeze.groups_may_override.all() for user in group.user_set.all())]
        if user.is_active}
    return sorted(people.values(), key=lambda user: user.username)


def exception_words(freeze, *, releasing=None):
    """“Ines or one of Shop leads can make an exception.”; "" where nobody can. With `releasing`,
    the people who may release there, of those alone: an exception is made by releasing."""
    names = _named(freeze, lambda user: releasing is None or user in releasing)
    return _("{names} can make an exception.").format(names=either(names)) if names else ""


def in_vain_words(freeze, releasing):
    """“The freeze names Ben, who may not release there.”, where it names nobody of `releasing`;
    else ""."""
    if any(user in releasing for user in people_of(freeze)):
        return ""
    names = _named(freeze, lambda user: True)
    return _("The freeze names {names}, who may not release there.").format(
        names=joined(names)) if names else ""


def _named(freeze, counts):
    """Names of the people it names, and “one of” each group, for whom `counts(user)` holds."""
    gather([freeze])
    people = sorted((user for user in freeze.may_override.all() if user.is_active and counts(user)),
                    key=lambda user: user.username)
    groups = sorted((group for group in freeze.groups_may_override.all()
                     if any(user.is_active and counts(user) for user in group.user_set.all())),
                    key=lambda group: group.name)
    return [*map(name_of, people),
            *(_("one of {group}").format(group=group) for group in groups)]


def releasing_under(freezes):
    """{freeze's key: people who may release somewhere under it}, for freezes that name somebody; in
    as many queries for many as for one."""
    naming = [freeze for freeze in freezes if people_of(freeze)]
    if not naming:
        return {}
    crowd, now = Crowd(Grant.RELEASE), timezone.now()
    return {freeze.pk: crowd.holders([grant for grant in crowd.entries
                                      if _lets_release_under(grant, freeze, now)])
            for freeze in naming}


def _lets_release_under(grant, freeze, at):
    project = freeze.environment.project if freeze.environment_id else freeze.project
    place = Place(project, freeze.environment)
    if project and not is_for(grant, place, Grant.RELEASE):
        return False
    where = place if freeze.environment_id else Place(project, grant.environment)
    return obstacle(grant, where, at=at) is None


def may_override(actor, freeze):
    """Whether the freeze itself names the person, or a group of the person's."""
    user = actor.user
    if user is None or not user.is_active:
        return SWITCHED_OFF
    if user in people_of(freeze):
        return Decision(True,
                        _("You may release in spite of “{reason}”.").format(reason=freeze.reason))
    return Decision(False,
                    _("You may not release in spite of “{reason}”.").format(reason=freeze.reason),
                    exception_words(freeze) or _name_words(freeze), leads_to(freeze))


def may_name(actor, freeze):
    """Whether the person set a freeze that names nobody, and may still set up what it covers: then
    it is theirs to name somebody."""
    if actor.user is None or actor.user.pk != freeze.set_by_id or people_of(freeze):
        return Decision(False, _("Somebody else decides about “{reason}”.").format(
            reason=freeze.reason))
    return may_set_up(actor, freeze.environment.project if freeze.environment_id
                      else freeze.project)


def who_can_name(freeze):
    """Who set a freeze that names nobody, and can name somebody, wherever they sit; else None."""
    setter = freeze.set_by
    if setter is None:
        return None
    if not hasattr(setter, "as_setter"):
        setter.as_setter = gathered(Actor(user=setter, address=None))
    return setter if may_name(setter.as_setter, freeze) else None


def setter_of(freeze):
    """The name of whoever can name somebody in a freeze that names nobody; else ""."""
    return freeze.set_by_name if who_can_name(freeze) else ""


def leads_to(freeze):
    """Where the freeze's refusal leads: to asking for an exception, where there is somebody to ask;
    else ""."""
    return EXCEPTION if people_of(freeze) or who_can_name(freeze) else ""


def may_answer(actor, request, freezes):
    """Whether the person may answer a request for an exception from these freezes, which are shut:
    whom one of them names, or who can name somebody; never who asks."""
    user = actor.user
    if user is None or not user.is_active:
        return SWITCHED_OFF
    if request.asked_by_id == user.pk:
        return Decision(False, _("You asked for this, so somebody else must answer."))
    decision = may_look(actor, request.environment.project)
    if not decision:
        return decision
    if any(user in people_of(freeze) or may_name(actor, freeze) for freeze in freezes):
        return Decision(True, _("You may answer this."))
    return Decision(False, _("The freeze does not name you, so you may not answer this."),
                    " ".join(filter(None, map(exception_words, freezes))))


def may_take_back(actor, request):
    """Whoever asked may take it back."""
    if actor.user is None or request.asked_by_id != actor.user.pk:
        return Decision(False, _("You did not ask for this, so you cannot take it back."))
    return Decision(True, _("You asked for this, and may take it back."))


def _name_words(freeze):
    setter = setter_of(freeze)
    return _("{setter}, who set it, can name somebody.").format(setter=setter) if setter else ""
