"""Turns: what was asked for moves on to its plan, its approval and the line, or ends unstarted.

One deployment holds an environment; others wait for their turn where the project says so. Locks
are taken in this order: environment, versions, deployments, audit log.
"""

from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy, queue
from ..models import AuditEntry, Deployment, Environment, Release
from ..plan import build_plan
from . import asking, gates
from .acting import hold
from .line import say, turn_words
from .notices import tell_deployment


def is_busy(environment):
    """Whether somebody holds the environment, or waits for it already."""
    return environment.deployments.open().exists()


def line_up(deployment):
    """Say in its log whose turn it is; where it is nobody's, it is this one's at once."""
    say(deployment, turn_words(deployment))
    next_turn(deployment.environment)


def hold_line(environment, *, release=None):
    """Lock the environment, the versions that wait there, and `release` with them, for the
    caller's transaction; read `release` again.

    Whoever ends a deployment calls it before anything else, because its end is another one's turn.
    Versions are locked in one order, all at once: other environments wait for the same ones.
    """
    hold(environment)
    waiting = environment.deployments.filter(status="waiting_turn").values("release")
    wanted = Q(pk__in=waiting) | Q(pk=release and release.pk)
    list(Release.objects.select_for_update(no_key=True).filter(wanted).order_by("pk")
         .values_list("pk"))
    if release:
        release.refresh_from_db()


@transaction.atomic
def next_turn(environment):
    """Let the oldest that waits there have its turn, unless another one holds the environment.

    Who may not do any more what they asked for gets the reason, and the next one follows.
    """
    hold_line(environment)
    if environment.deployments.active().exists():
        return
    rows = environment.deployments.filter(status="waiting_turn").select_related(
        "environment__project", "release__project", "requested_by")
    deployment = rows.order_by("pk").first()
    if deployment:
        _take_turn(deployment)


def give_turns():
    """Call `next_turn` for every environment that waits for nobody; return how many there were."""
    held = Deployment.objects.active().values("environment")
    waiting = Deployment.objects.filter(status="waiting_turn").exclude(environment__in=held)
    rows = Environment.objects.filter(pk__in=waiting.values("environment"))
    for environment in rows:
        next_turn(environment)
    return len(rows)


def _take_turn(deployment):
    """What was live while it waited is old: what it replaces, and its plan, are bound now."""
    live = Deployment.objects.live(deployment.environment)
    why_not = _why_not_now(deployment, live)
    if why_not:
        end_unstarted(deployment, "cancelled", _("Not started: {why_not}").format(why_not=why_not))
        return
    release = live.release if deployment.kind == Deployment.RELOAD else deployment.release
    Deployment.objects.move(deployment, "waiting_for_build", release=release,
                            previous=live.release if live else None)
    say(deployment, "It is this one's turn now.")
    audit.record("deployment.turn_came",
                 _("Its turn came: {deployment}").format(deployment=deployment),
                 environment=deployment.environment, deployment=deployment.pk)
    if release.status == "ready":
        advance(deployment)


def _why_not_now(deployment, live):
    """The sentence why what was right when it was asked for is not any more; "" when it is."""
    decision = policy.requester_may(deployment)
    if not decision:
        return _("{requested_by_name} may no longer do this. {reason}").format(
            requested_by_name=deployment.requested_by_name, reason=decision.reason)
    if deployment.kind == Deployment.RELOAD:
        return "" if live else _("nothing is live there any more.")
    release = deployment.release
    if release.status not in ("pending", "building", "ready"):
        return _("{release} is not there any more: {state}.").format(
            release=release.title, state=release.words.lower())
    return gates.why_not(deployment)


def advance(deployment):
    """Its release is ready: bind the plan and go on to approval or into the line."""
    plan = plan_now(deployment)
    deployment.plan = plan.as_json()
    if not plan.targets:
        _end_within(deployment, "failed", _("{environment} has no server any more.").format(
            environment=deployment.environment))
        return
    if problem := too_long(plan):
        _end_within(deployment, "failed", problem)
        return
    bound = {"plan": plan.as_json(), "plan_hash": plan.hash}
    with transaction.atomic():
        if policy.rules_for(deployment):
            moved = Deployment.objects.move(
                deployment, "awaiting_approval", **bound,
                approval_until=asking.expiry_of(deployment.environment))
            if moved:
                asking.ask(deployment)
        else:
            moved = into_line(deployment, **bound)
        if moved:
            _bind_targets(deployment, plan)


def into_line(deployment, **changes):
    """Nobody has to agree any more: it goes into the line, or waits for its planned time. True
    when this call moved it."""
    is_planned = deployment.planned_for and deployment.planned_for > timezone.now()
    moved = Deployment.objects.move(
        deployment, "scheduled" if is_planned else "queued", **changes)
    if moved and not is_planned:
        wake(deployment)
    return moved


def too_long(plan):
    """Why the queue would not wait for all pauses of its waves, in a sentence; else ""."""
    if plan.pauses_s <= settings.PAUSES_LIMIT_S:
        return ""
    return (_("The pauses between its {waves} waves add up to {pauses_s} min; {pauses_limit_s} min "
              "are the most.").format(
        waves=len(plan.waves), pauses_s=plan.pauses_s // 60,
        pauses_limit_s=settings.PAUSES_LIMIT_S // 60))


def wake(deployment):
    """Tell the queue of it, and note when: nobody is told twice in short time."""
    Deployment.objects.filter(pk=deployment.pk).update(woken_at=Now())
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
                      installations=restricted, strategy=deployment.strategy)


def release_built(release):
    """Move deployments that waited for this build on: into the line, or to their end."""
    waiting = release.deployments.filter(status__in=("waiting_for_build", "waiting_turn"))
    for deployment in waiting.order_by("pk"):
        if release.status != "ready":
            _end_within(deployment, "failed",
                        _("{release} could not be built: {problem}").format(
                            release=release.title, problem=release.problem))
        elif deployment.status == "waiting_for_build":
            advance(deployment)


def end_unstarted(deployment, status, sentence, *, actor=None):
    """End a deployment that never ran; True when this call ended it. The next one's turn comes.

    `sentence` is words, or the function that makes them for each reader (as of services.notices).
    """
    with transaction.atomic():
        hold_line(deployment.environment)
        ended = _end(deployment, status, sentence, actor=actor)
        if ended:
            next_turn(deployment.environment)
    return ended


def _end_within(deployment, status, sentence):
    """The same, in a transaction that has locked a version already: the turn comes after it."""
    if _end(deployment, status, sentence):
        transaction.on_commit(partial(next_turn, deployment.environment))


def _end(deployment, status, sentence, *, actor=None):
    words = sentence() if callable(sentence) else sentence
    with transaction.atomic():
        ended = Deployment.objects.move(
            deployment, status, finished_at=Now(), result=words, cause=words)
        if ended:
            deployment.targets.filter(status="pending").update(status="skipped")
            outcome = AuditEntry.FAILED if status == "failed" else AuditEntry.DONE
            audit.record(f"deployment.{status}", f"{deployment}: {words}", actor=actor,
                         outcome=outcome, environment=deployment.environment,
                         deployment=deployment.pk)
            tell_deployment(deployment, status, sentence)
    return ended
