"""The line in words: who holds an environment, who comes next, and the log of who waits.

Reads rows; writes nothing but log lines of deployments that wait for their turn.
"""

from django.db.models import Max
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
    is_mine = actor is not None and actor.user is not None and (
        actor.user.pk == deployment.requested_by_id)
    return _place(deployment.environment, "yours is" if is_mine else "this one is", ahead)


def would_be_words(environment):
    """The same for a request that nobody has made yet: “yours would be third in line.”"""
    ahead = environment.deployments.filter(status="waiting_turn").count()
    return _place(environment, "yours would be", ahead)


def refusal_words(environment):
    """(reason, remedy) for who is refused because somebody else was first."""
    active = environment.deployments.active().first()
    if active is None:
        return ("Somebody else asked at the same moment.", "Try again.")
    is_switched = active.status == "running" and active.switching_at and not active.is_going_back
    remedy = "Wait until that has ended, or turn it back on its own page." if is_switched else \
        "Try again when that has ended."
    return (f"{active.requested_by_name} already asked to {active} ({active.words.lower()}).",
            remedy)


def say(deployment, text):
    """Add a line to its log. For deployments that no worker holds."""
    newest = deployment.log.aggregate(newest=Max("number"))["newest"] or 0
    LogLine.objects.create(deployment=deployment, number=newest + 1, at=timezone.now(), text=text)


def _place(environment, subject, ahead):
    nth = _NTH[ahead] if ahead < len(_NTH) else f"number {ahead + 1}"
    place = nth if ahead == 0 else f"{nth} in line"
    holder = holder_words(environment)
    return f"{holder}; {subject} {place}." if holder else f"{subject.capitalize()} {place}."


def _whose(deployment):
    title = deployment.release.title
    what = {Deployment.DEPLOY: f"release of {title}", Deployment.ROLLBACK: f"return to {title}",
            Deployment.RELOAD: "PHP reload"}[deployment.kind]
    return f"{deployment.requested_by_name}'s {what}"
