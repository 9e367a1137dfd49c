"""Verbs on deployments that people say: release, go back, make PHP reload, stop, decide."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from .. import audit, policy, queue
from ..errors import Refused
from ..models import Deployment, Installation, Release, Target
from ..plan import build_plan
from .acting import acting, demand
from .releases import new_release


def request_deployment(actor, environment, *, request_key, release=None, ref="", reason=""):
    """Ask for `release` (or a new build of `ref`) to be made live; return the Deployment.

    The same `request_key` returns the same row: a double click is one deployment.
    """
    with acting(actor, "deployment.requested", environment=environment):
        existing = _asked_before(request_key, actor)
        if existing:
            return existing
        demand(policy.may_release(actor, environment))
        if release is None:
            release = new_release(actor, environment.project, ref)
        return _create(actor, environment, release, Deployment.DEPLOY, request_key, reason)


def go_back(actor, environment, *, request_key, release=None, reason=""):
    """Ask for an earlier release to be live again; default: the one before the live one."""
    with acting(actor, "deployment.requested", environment=environment):
        existing = _asked_before(request_key, actor)
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
        return _create(actor, environment, release, Deployment.ROLLBACK, request_key, reason)


def request_reload(actor, environment, *, request_key, server=None):
    """Ask to make PHP on all (or one) of the servers run what `current` names, and prove it."""
    with acting(actor, "deployment.requested", environment=environment):
        existing = _asked_before(request_key, actor)
        if existing:
            return existing
        demand(policy.may_reload(actor, environment))
        live = Deployment.objects.live(environment)
        if live is None:
            raise Refused(f"Nothing is live in {environment.name} yet.", "Release a version first.")
        places = environment.installations.filter(is_active=True)
        if server is not None:
            places = places.filter(server=server)
            if not places:
                raise Refused(f"{server.name} does not carry {environment}.")
        return _create(actor, environment, live.release, Deployment.RELOAD, request_key, "",
                       installations=list(places.values_list("pk", flat=True)))


def _asked_before(request_key, actor):
    row = Deployment.objects.filter(request_key=request_key).first()
    if row and row.requested_by_id != actor.user.pk:
        raise Refused("This form belongs to somebody else.", "Open the page again.")
    return row


def releases_gone_live(environment):
    """Releases that were live and proved there, newest first, each once."""
    seen, result = set(), []
    done = environment.deployments.filter(status="succeeded").select_related("release__project")
    for deployment in done.order_by("-finished_at", "-pk"):
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


def _create(actor, environment, release, kind, request_key, reason, installations=None):
    _check_release(environment, release)
    if not environment.installations.filter(is_active=True).exists():
        raise Refused(f"{environment} has no server yet.", "Ask an administrator to add one.")
    live = Deployment.objects.live(environment)
    try:
        with transaction.atomic():
            deployment = Deployment.objects.create(
                environment=environment, release=release, kind=kind, request_key=request_key,
                previous=live.release if live else None, reason=reason,
                requested_by=actor.user, requested_by_name=actor.name,
                status="waiting_for_build",
            )
    except IntegrityError:
        raise Refused(*_whose_turn(environment)) from None
    places = installations or environment.installations.filter(is_active=True).values_list(
        "pk", flat=True)
    for place in Installation.objects.filter(pk__in=list(places)).select_related("server"):
        Target.objects.create(deployment=deployment, installation=place,
                              server_name=place.server.name)
    audit.record("deployment.requested", f"{actor.name} asked to {deployment}", actor=actor,
                 environment=environment, deployment=deployment.pk, release=release.name,
                 reason=reason)
    if release.status == "ready":
        advance(deployment)
    return deployment


def _check_release(environment, release):
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
    needs_approval = (deployment.kind != Deployment.RELOAD
                      and policy.rule_of(deployment.environment))
    to = "awaiting_approval" if needs_approval else "queued"
    if Deployment.objects.move(deployment, to, plan=plan.as_json(), plan_hash=plan.hash) \
            and to == "queued":
        queue.wake(queue.DEPLOY, deployment.pk)


def plan_now(deployment):
    """The deployment's plan as the rows say now."""
    restricted = None
    if deployment.kind == Deployment.RELOAD:
        restricted = list(deployment.targets.values_list("installation_id", flat=True))
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
    ended = Deployment.objects.move(
        deployment, status, finished_at=timezone.now(), result=sentence, cause=sentence)
    if ended:
        Target.objects.filter(deployment=deployment, status="pending").update(status="skipped")
        audit.record(f"deployment.{status}", f"{deployment}: {sentence}", actor=actor,
                     environment=deployment.environment, deployment=deployment.pk)
    return ended


def stop(actor, deployment):
    """Stop it now, or ask the runner to (up to the first switch). Refused when it is too late."""
    environment = deployment.environment
    with acting(actor, "deployment.stop_requested", environment=environment):
        demand(policy.may_stop(actor, deployment))
        sentence = f"Stopped by {actor.name}. Nothing was changed."
        if deployment.status in ("waiting_for_build", "awaiting_approval", "scheduled", "queued"):
            if end_unstarted(deployment, "cancelled", sentence, actor=actor):
                return
            deployment.refresh_from_db()
        if deployment.status != "running":
            raise Refused("This has ended already.")
        if deployment.targets.exclude(switched_at=None).exists():
            raise Refused("Too late to stop: a server has switched.",
                          "You can go back afterwards.")
        Deployment.objects.filter(pk=deployment.pk).update(stop_requested_by_name=actor.name)
        audit.record("deployment.stop_requested", f"{actor.name} asked to stop: {deployment}",
                     actor=actor, environment=environment, deployment=deployment.pk)


def decide(actor, deployment, decision):
    """Finish it or put all back, where it needs a decision or its worker is gone."""
    environment = deployment.environment
    with acting(actor, "deployment.decided", environment=environment):
        demand(policy.may_decide(actor, deployment))
        if decision not in (Deployment.FINISH, Deployment.PUT_BACK):
            raise Refused("Say either “finish” or “put back”.")
        if not deployment.needs_a_person:
            raise Refused("This deployment needs no decision.")
        rows = Deployment.objects.filter(pk=deployment.pk, status=deployment.status,
                                         fence=deployment.fence)
        changed = rows.update(status="running", decision=decision, decided_by_name=actor.name,
                              lease_until=timezone.now())
        if not changed:
            raise Refused("Somebody else decided at the same moment.", "Look at the page again.")
        words = dict(Deployment._meta.get_field("decision").choices)[decision]
        audit.record("deployment.decided", f"{actor.name} decided to {words}: {deployment}",
                     actor=actor, environment=environment, deployment=deployment.pk)
        queue.wake(queue.DEPLOY, deployment.pk)


def ready_releases(project):
    """Stored releases of the project, newest first."""
    return Release.objects.filter(project=project, status="ready").select_related("project")
