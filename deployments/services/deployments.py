"""Verbs on deployments that people say: release, go back, make PHP reload, stop, decide."""

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from .. import audit, policy, queue, states
from ..errors import Refused
from ..models import AuditEntry, Deployment, Environment, Release, Target
from ..plan import build_plan
from .acting import acting, demand, hold
from .releases import new_release


def request_deployment(actor, environment, *, request_key, release=None, ref="", reason=""):
    """Ask for `release` (or a new build of `ref`) to be made live; return the Deployment.

    The same `request_key` returns the same row: a double click is one deployment.
    """
    with acting(actor, "deployment.requested", environment=environment):
        existing = _asked_before(environment, request_key, actor)
        if existing:
            return existing
        demand(policy.may_release(actor, environment))
        if release is None:
            release = new_release(actor, environment.project, ref)
        return _create(actor, environment, release, kind=Deployment.DEPLOY,
                       request_key=request_key, reason=reason)


def go_back(actor, environment, *, request_key, release=None, reason=""):
    """Ask for an earlier release to be live again; default: the one before the live one."""
    with acting(actor, "deployment.requested", environment=environment):
        existing = _asked_before(environment, request_key, actor)
        if existing:
            return existing
        demand(policy.may_go_back(actor, environment))
        release = release or release_before(environment)
        if release is None:
            raise Refused(f"There is no earlier version of {environment.project.name} in "
                          f"{environment.name} to go back to.")
        if not _was_live(environment, release):
            raise Refused(f"{release.title} was never live in {environment.name}.",
                          "Release it instead.")
        return _create(actor, environment, release, kind=Deployment.ROLLBACK,
                       request_key=request_key, reason=reason)


def request_reload(actor, environment, *, request_key, server=None):
    """Ask to make PHP on all (or one) of the servers run what `current` names, and prove it."""
    with acting(actor, "deployment.requested", environment=environment):
        existing = _asked_before(environment, request_key, actor)
        if existing:
            return existing
        demand(policy.may_reload(actor, environment))
        live = Deployment.objects.live(environment)
        if live is None:
            raise Refused(f"Nothing is live in {environment.name} yet.", "Release a version first.")
        return _create(actor, environment, live.release, kind=Deployment.RELOAD,
                       request_key=request_key, server=server)


def _asked_before(environment, request_key, actor):
    """The row of an earlier click on the same form. Holds the environment: one asks at a time."""
    if not 0 < len(request_key) <= 64:
        raise Refused("This form is not complete.", "Open the page again.")
    hold(environment)
    row = Deployment.objects.filter(request_key=request_key).first()
    if row and row.requested_by_id != actor.user.pk:
        raise Refused("This form belongs to somebody else.", "Open the page again.")
    return row


def releases_gone_live(environment):
    """Releases that were live and proved there, newest first, each once."""
    seen, result = set(), []
    done = environment.deployments.filter(status="succeeded").select_related("release__project")
    for deployment in done.defer("plan", "release__contents").order_by("-finished_at", "-pk"):
        if deployment.release_id not in seen:
            seen.add(deployment.release_id)
            result.append(deployment.release)
    return result


def release_before(environment):
    """The release that was live before the live one, if it is still stored; else None."""
    live = Deployment.objects.live(environment)
    candidates = [r for r in releases_gone_live(environment)
                  if live and r.pk != live.release_id and r.status == "ready"
                  and r.pk < live.release_id]
    return candidates[0] if candidates else None


def _was_live(environment, release):
    return environment.deployments.filter(status="succeeded", release=release).exists()


def _create(actor, environment, release, *, kind, request_key, reason="", server=None):
    _check_release(environment, release)
    places = _places(environment, server)
    live = Deployment.objects.live(environment)
    try:
        with transaction.atomic():
            deployment = Deployment.objects.create(
                environment=environment, release=release, kind=kind, request_key=request_key,
                previous=live.release if live else None, reason=reason[:500],
                requested_by=actor.user, requested_by_name=actor.name,
                requested_address=actor.address, requested_account=actor.system_account,
                status="waiting_for_build",
            )
    except IntegrityError:
        raise Refused(*_whose_turn(environment)) from None
    for place in places:
        Target.objects.create(deployment=deployment, installation=place,
                              server_name=place.server.name)
    audit.record("deployment.requested", f"{actor.name} asked to {deployment}", actor=actor,
                 environment=environment, deployment=deployment.pk, release=release.name,
                 reason=reason)
    if release.status == "ready":
        advance(deployment)
    return deployment


def _places(environment, server):
    """The active installations there, on `server` alone when one is given."""
    places = environment.installations.filter(is_active=True).select_related("server")
    if not places:
        raise Refused(f"{environment} has no server yet.", "Ask an administrator to add one.")
    if server is None:
        return places
    places = places.filter(server=server)
    if not places:
        raise Refused(f"{server.name} does not carry {environment}.")
    return places


def _check_release(environment, release):
    hold(release)  # its build may end just now: it must see this deployment, or we its end
    if release.project_id != environment.project_id:
        raise Refused(f"{release} belongs to another project.", "Choose a version of this one.")
    if release.status not in ("pending", "building", "ready"):
        raise Refused(f"{release.title} cannot be released: {release.words.lower()}.",
                      "Choose another version, or build this one again.")


def _whose_turn(environment):
    active = environment.deployments.active().first()
    if active is None:
        return ("Somebody else asked at the same moment.", "Try again.")
    return (f"{active.requested_by_name} already asked to {active} "
            f"({active.words.lower()}).", "Try again when that has ended.")


def advance(deployment):
    """Its release is ready: bind the plan and go on to approval or into the line."""
    plan = plan_now(deployment)
    if not plan.targets:
        end_unstarted(deployment, "failed", f"{deployment.environment} has no server any more.")
        return
    needs_approval = (deployment.kind != Deployment.RELOAD
                      and policy.rule_of(deployment.environment))
    to = "awaiting_approval" if needs_approval else "queued"
    with transaction.atomic():
        moved = Deployment.objects.move(deployment, to, plan=plan.as_json(), plan_hash=plan.hash)
        if moved:
            _bind_targets(deployment, plan)
        if moved and to == "queued":
            queue.wake(queue.DEPLOY, deployment.pk)


def _bind_targets(deployment, plan):
    """One target per server of the plan: servers may have come and gone since it was asked for."""
    names = {target.installation_id: target.server for target in plan.targets}
    deployment.targets.exclude(installation__in=names).delete()
    for place, name in names.items():
        deployment.targets.get_or_create(installation_id=place, defaults={"server_name": name})


def plan_now(deployment):
    """The deployment's plan as the rows say now, not as a page had loaded them."""
    deployment = Deployment.objects.select_related(
        "environment__project", "release").get(pk=deployment.pk)
    restricted = None
    if deployment.decision:  # what was begun on a server is ended there, active or not
        restricted = deployment.targets.all()
    elif deployment.kind == Deployment.RELOAD:
        restricted = deployment.targets.filter(installation__is_active=True)
    if restricted is not None:
        restricted = list(restricted.values_list("installation_id", flat=True))
    return build_plan(deployment.kind, deployment.environment, deployment.release,
                      installations=restricted)


def release_built(release):
    """Move deployments that waited for this build on: into the line, or to their end."""
    for deployment in release.deployments.filter(status="waiting_for_build"):
        if release.status == "ready":
            advance(deployment)
        else:
            end_unstarted(deployment, "failed",
                          f"{release.title} could not be built: {release.problem}")


def end_unstarted(deployment, status, sentence, *, actor=None):
    """End a deployment that never ran; True when this call ended it."""
    with transaction.atomic():
        ended = Deployment.objects.move(
            deployment, status, finished_at=timezone.now(), result=sentence, cause=sentence)
        if ended:
            deployment.targets.filter(status="pending").update(status="skipped")
            outcome = AuditEntry.FAILED if status == "failed" else AuditEntry.DONE
            audit.record(f"deployment.{status}", f"{deployment}: {sentence}", actor=actor,
                         outcome=outcome, environment=deployment.environment,
                         deployment=deployment.pk)
    return ended


def stop(actor, deployment):
    """Stop it now, or ask the runner to (up to the first switch). Refused when it is too late."""
    environment = deployment.environment
    with acting(actor, "deployment.stop_requested", environment=environment):
        demand(policy.may_stop(actor, deployment))
        hold(deployment)
        if deployment.status in states.BEFORE_START:
            end_unstarted(deployment, "cancelled",
                          f"Stopped by {actor.name}. Nothing was changed.", actor=actor)
            return
        if deployment.status == "needs_attention":
            raise Refused("This needs a decision now.", "Finish it, or put it back.")
        if deployment.status != "running":
            raise Refused("This has ended already.")
        before_switch = Deployment.objects.filter(pk=deployment.pk, switching_at=None)
        if not before_switch.update(stop_requested_by_name=actor.name):
            raise Refused("Too late to stop: the switch has begun.",
                          "You can go back afterwards.")
        audit.record("deployment.stop_requested", f"{actor.name} asked to stop: {deployment}",
                     actor=actor, environment=environment, deployment=deployment.pk)


def decide(actor, deployment, decision):
    """Finish it or put all back, where it needs a decision or its worker is gone."""
    environment = deployment.environment
    with acting(actor, "deployment.decided", environment=environment):
        demand(policy.may_decide(actor, deployment))
        if decision not in (Deployment.FINISH, Deployment.PUT_BACK):
            raise Refused("Say either “finish” or “put back”.")
        hold(environment)  # in the order in which workers take them
        hold(deployment)
        if not deployment.needs_a_person and deployment.is_decided:
            raise Refused(f"{deployment.decided_by_name} decided already.",
                          "Look at the page again.")
        if not deployment.needs_a_person:
            raise Refused("This deployment needs no decision.")
        # A new fence: a worker that was only slow is refused from now on, here and on servers.
        Deployment.objects.filter(pk=deployment.pk).update(
            status="running", decision=decision, decided_by_name=actor.name,
            stop_requested_by_name="", lease_until=Now(), owner="",
            fence=Environment.objects.next_fence(environment.pk))
        words = dict(Deployment._meta.get_field("decision").choices)[decision]
        audit.record("deployment.decided", f"{actor.name} decided to {words}: {deployment}",
                     actor=actor, environment=environment, deployment=deployment.pk)
        queue.wake(queue.DEPLOY, deployment.pk)


def ready_releases(project):
    """Stored releases of the project, newest first."""
    rows = Release.objects.filter(project=project, status="ready")
    return rows.select_related("project").defer("contents")
