"""The line in words: who holds an environment, who comes next, and the log of who waits.

Reads rows; writes nothing but log lines of deployments that wait for their turn.
"""

from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import policy
from ..models import Deployment, LogLine
from ..waves import either

_NTH = (_lazy("next"), _lazy("second"), _lazy("third"), _lazy("fourth"), _lazy("fifth"),
        _lazy("sixth"), _lazy("seventh"), _lazy("eighth"), _lazy("ninth"))


def holder_words(environment, actor=None):
    """“Ada's release of 2.8.1 is on its way”, “Your …” for who asked; "" while nobody holds it."""
    active = holder(environment)
    if active is None:
        return ""
    how = {"needs_attention": _("{what} needs a decision"),
           "awaiting_approval": _("{what} waits for approval")}
    words = how.get(active.status, _("{what} is on its way")).format(what=_whose(active, actor))
    names = who_decides(environment) if active.needs_a_person else []
    return _("{words} from {names}").format(
        words=words, names=either(names)) if names else words


def holder(environment):
    """The deployment that holds the environment, or None."""
    return environment.deployments.active().select_related("release__project").first()


def who_decides(environment):
    """Names of those who may decide how it goes on there."""
    return [policy.name_of(user) for user in policy.who_may_decide(environment)]


def turn_words(deployment, actor=None):
    """“Ada's release of 2.8.1 is on its way; this one is next.”, or “yours” for who asked."""
    ahead = deployment.environment.deployments.filter(
        status="waiting_turn", pk__lt=deployment.pk).count()
    return _place(deployment.environment, ahead, actor, is_own=_is_by(deployment, actor))


def would_be_words(environment, actor=None):
    """The same for a request that nobody has made yet: “yours would be third in line.”"""
    ahead = environment.deployments.filter(status="waiting_turn").count()
    return _place(environment, ahead, actor, is_own=True, is_asked=False)


def comes_first(environment, *, ahead_of=None):
    """The deployment whose version a request made now, or the one that waits and is given, would
    replace; None: what is live now.

    It is the last one in front that brings a version; when that fails, it was another one.
    """
    rows = environment.deployments.open().exclude(kind=Deployment.RELOAD).exclude(
        Q(decision=Deployment.PUT_BACK) | ~Q(going_back_as=""))
    if ahead_of:
        rows = rows.filter(pk__lt=ahead_of.pk)
    return rows.select_related("release__project").order_by("-pk").first()


def asked_already(actor, environment, kind, *, release=None, unbuilt_sha=""):
    """What this person asked for and has not ended there, if it is the same `release`, or the same
    commit that is not built yet; else None.

    Not what is stopped, goes back or brings no version, nor what another version follows: asking
    once more then changes something.
    """
    rows = environment.deployments.open().filter(
        requested_by=actor.user, kind=kind, stop_requested_by_name="")
    if kind != Deployment.RELOAD:
        rows = rows.filter(Q(release=release and release.pk) | Q(release__commit_sha=unbuilt_sha))
    row = rows.select_related("release__project", "environment").order_by("-pk").first()
    is_followed = row and row.is_active and comes_first(environment) != row
    return None if is_followed else row


def asked_already_words(deployment, actor):
    """(reason, remedy) for who asks for the same once more."""
    asked = _("You asked to {deployment} already").format(deployment=deployment)
    if deployment.status == "waiting_turn":
        return (f"{asked}: {turn_words(deployment, actor)}",
                _("Wait for it, or stop that one first."))
    return f"{asked} ({deployment.words.lower()}).", _("Look at how it goes on there.")


def refusal_words(environment, actor):
    """(reason, remedy) for who is refused because somebody else, or the same person, was first."""
    active = environment.deployments.active().first()
    if active is None:
        return (_("Somebody else asked at the same moment."), _("Try again."))
    is_switched = active.status == "running" and active.switching_at and not active.is_going_back
    remedy = _("Wait until that has ended, or turn it back on its own page.") if is_switched else \
        _("Try again when that has ended.")
    who = _("You") if _is_by(active, actor) else active.requested_by_name
    return _("{who} already asked to {request} ({state}).").format(
        who=who, request=active, state=active.words.lower()), remedy


def say(deployment, text):
    """Add a line to its log. For deployments that no worker holds."""
    newest = deployment.log.aggregate(newest=Max("number"))["newest"] or 0
    LogLine.objects.create(deployment=deployment, number=newest + 1, at=timezone.now(), text=text)


def _place(environment, ahead, actor, *, is_own, is_asked=True):
    """Where somebody stands; it is “yours” where that is no other one's, and not theirs twice."""
    nth = _NTH[ahead] if ahead < len(_NTH) else _("number {ahead}").format(ahead=ahead + 1)
    place = nth if ahead == 0 else _("{nth} in line").format(nth=nth)
    active = holder(environment)
    is_yours = is_own and not (active and _is_by(active, actor))
    if is_asked:
        sentence = _("yours is {place}.") if is_yours else _("this one is {place}.")
    else:
        sentence = _("yours would be {place}.") if is_yours else _("this one would be {place}.")
    words = sentence.format(place=place)
    return f"{holder_words(environment, actor)}; {words}" if active else words.capitalize()


def _is_by(deployment, actor):
    return actor is not None and actor.user is not None and (
        actor.user.pk == deployment.requested_by_id)


def _whose(deployment, actor):
    mine, theirs = {
        Deployment.DEPLOY: (_("Your release of {title}"), _("{name}'s release of {title}")),
        Deployment.ROLLBACK: (_("Your return to {title}"), _("{name}'s return to {title}")),
        Deployment.RELOAD: (_("Your PHP reload"), _("{name}'s PHP reload"))}[deployment.kind]
    words = mine if _is_by(deployment, actor) else theirs
    return words.format(name=deployment.requested_by_name, title=deployment.release.title)
