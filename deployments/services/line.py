"""The line in words: who holds an environment, who comes next, and the log of who waits.

Reads rows; writes nothing but log lines of deployments that wait for their turn.
"""

from django.db.models import Max, Q
from django.utils import timezone

from ..models import Deployment, LogLine

_NTH = ("next", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def holder_words(environment):
    """“Ada's release of 2.8.1 is on its way”; "" while nobody holds the environment."""
    active = environment.deployments.active().select_related("release__project").first()
    if active is None:
        return ""
    how = {"needs_attention": "needs a decision", "awaiting_approval": "waits for approval"}
    return f"{_whose(active)} {how.get(active.status, 'is on its way')}"


def turn_words(deployment, actor=None):
    """“Ada's release of 2.8.1 is on its way; this one is next.”, or “yours” for who asked."""
    ahead = deployment.environment.deployments.filter(
        status="waiting_turn", pk__lt=deployment.pk).count()
    subject = "yours is" if _is_by(deployment, actor) else "this one is"
    return _place(deployment.environment, subject, ahead)


def would_be_words(environment):
    """The same for a request that nobody has made yet: “yours would be third in line.”"""
    ahead = environment.deployments.filter(status="waiting_turn").count()
    return _place(environment, "yours would be", ahead)


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
    """What this person asked for and waits there, if it is the same `release`, or the same commit
    that is not built yet; else None. PHP reloads are all the same."""
    rows = environment.deployments.filter(
        status="waiting_turn", requested_by=actor.user, kind=kind)
    if kind != Deployment.RELOAD:
        rows = rows.filter(Q(release=release and release.pk) | Q(release__commit_sha=unbuilt_sha))
    return rows.select_related("release__project", "environment").order_by("pk").first()


def asked_already_words(deployment, actor):
    """(reason, remedy) for who asks for the same once more."""
    return (f"You asked to {deployment} already: {turn_words(deployment, actor)}",
            "Wait for it, or stop that request first.")


def refusal_words(environment, actor):
    """(reason, remedy) for who is refused because somebody else, or the same person, was first."""
    active = environment.deployments.active().first()
    if active is None:
        return ("Somebody else asked at the same moment.", "Try again.")
    is_switched = active.status == "running" and active.switching_at and not active.is_going_back
    remedy = "Wait until that has ended, or turn it back on its own page." if is_switched else \
        "Try again when that has ended."
    who = "You" if _is_by(active, actor) else active.requested_by_name
    return f"{who} already asked to {active} ({active.words.lower()}).", remedy


def say(deployment, text):
    """Add a line to its log. For deployments that no worker holds."""
    newest = deployment.log.aggregate(newest=Max("number"))["newest"] or 0
    LogLine.objects.create(deployment=deployment, number=newest + 1, at=timezone.now(), text=text)


def _place(environment, subject, ahead):
    nth = _NTH[ahead] if ahead < len(_NTH) else f"number {ahead + 1}"
    place = nth if ahead == 0 else f"{nth} in line"
    holder = holder_words(environment)
    return f"{holder}; {subject} {place}." if holder else f"{subject.capitalize()} {place}."


def _is_by(deployment, actor):
    return actor is not None and actor.user is not None and (
        actor.user.pk == deployment.requested_by_id)


def _whose(deployment):
    title = deployment.release.title
    what = {Deployment.DEPLOY: f"release of {title}", Deployment.ROLLBACK: f"return to {title}",
            Deployment.RELOAD: "PHP reload"}[deployment.kind]
    return f"{deployment.requested_by_name}'s {what}"
