"""Verbs of people on what has been asked for: stop it, turn it back, decide how it goes on."""

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from .. import audit, policy, queue, states
from ..errors import Refused
from ..models import Deployment, Environment
from . import turns
from .acting import acting, demand, hold


def stop(actor, deployment):
    """Stop it now, or ask the runner to (up to the first switch). Refused when it is too late."""
    environment = deployment.environment
    with acting(actor, "deployment.stop_requested", environment=environment):
        _hold(deployment)
        demand(policy.may_stop(actor, deployment))
        if deployment.status in states.BEFORE_START:
            turns.end_unstarted(deployment, "cancelled",
                                _("Stopped by {actor}. Nothing was changed.").format(
                                    actor=actor.name), actor=actor)
            return
        if deployment.status == "needs_attention":
            raise Refused(_("This needs a decision now."), _("Finish it, or put it back."))
        if deployment.status != "running":
            raise Refused(_("This has ended already."))
        if deployment.kind == Deployment.RELOAD and deployment.is_past_return:
            raise Refused(_("Too late to stop: PHP is being made to reload."),
                          _("Wait until it has ended."))
        before_switch = Deployment.objects.filter(pk=deployment.pk, switching_at=None)
        if not before_switch.update(stop_requested_by_name=actor.name):
            raise Refused(_("Too late to stop: the switch has begun."), _("Go back instead."))
        audit.record("deployment.stop_requested", _("{actor} asked to stop: {deployment}").format(
            actor=actor.name, deployment=deployment),
                     actor=actor, environment=environment, deployment=deployment.pk)


def turn_back(actor, deployment):
    """Ask the runner to put back what it has switched, at its next step. Refused with the reason
    when nothing is switched yet, when it goes back already, or when it has ended."""
    environment = deployment.environment
    with acting(actor, "deployment.turn_back_requested", environment=environment):
        demand(policy.may_turn_back(actor, deployment))
        _hold(deployment)
        on_its_way = Deployment.objects.filter(
            pk=deployment.pk, status="running", switching_at__isnull=False, decision="",
            going_back_as="").exclude(kind=Deployment.RELOAD)
        if not on_its_way.update(decision=Deployment.PUT_BACK, decided_by_name=actor.name):
            raise Refused(*_why_not_turned(deployment))
        audit.record("deployment.turn_back_requested",
                     _("{actor} asked to go back: {deployment}").format(
                         actor=actor.name, deployment=deployment), actor=actor,
                     environment=environment, deployment=deployment.pk)


def _why_not_turned(deployment):
    """(reason, remedy) for a deployment that cannot be turned back."""
    if deployment.status == "needs_attention":
        return _("This needs a decision now."), _("Finish it, or put it back.")
    if not deployment.is_open:
        return (_("This has ended already."),)
    if deployment.is_going_back:
        return (_("It is going back already."),)
    if deployment.kind == Deployment.RELOAD:
        return (_("Making PHP reload switches nothing, so there is nothing to put back."),)
    if deployment.decision:
        return _("{decided_by_name} decided to finish it.").format(
            decided_by_name=deployment.decided_by_name), _("Wait until that has ended.")
    return _("Nothing is switched yet."), _("Stop it instead.")


def decide(actor, deployment, decision):
    """Finish it or put all back, where it needs a decision. It is as good as new for workers."""
    environment = deployment.environment
    with acting(actor, "deployment.decided", environment=environment):
        demand(policy.may_decide(actor, deployment))
        if decision not in (Deployment.FINISH, Deployment.PUT_BACK):
            raise Refused(_("Say either “finish” or “put back”."))
        _hold(deployment)
        if deployment.status == "running" and deployment.decision:
            raise Refused(_("{decided_by_name} decided already.").format(
                decided_by_name=deployment.decided_by_name),
                          _("Look at the page again."))
        if not deployment.needs_a_person:
            raise Refused(_("This deployment needs no decision."))
        # A new fence: whoever ran it before is refused from now on, here and on servers.
        Deployment.objects.filter(pk=deployment.pk, status="needs_attention").update(
            status="running", decision=decision, decided_by_name=actor.name,
            stop_requested_by_name="", going_back_as="", attempts=0, finishes=0, owner="",
            lease_until=Now(), woken_at=Now(),
            fence=Environment.objects.next_fence(environment.pk))
        words = dict(Deployment._meta.get_field("decision").choices)[decision]
        audit.record("deployment.decided", _("{actor} decided to {words}: {deployment}").format(
            actor=actor.name, words=words, deployment=deployment),
                     actor=actor, environment=environment, deployment=deployment.pk,
                     decision=decision)
        queue.wake(queue.DEPLOY, deployment.pk)


def _hold(deployment):
    """Lock its place, its version and itself: what a page had loaded is old."""
    turns.hold_line(deployment.environment, release=deployment.release)
    hold(deployment)
