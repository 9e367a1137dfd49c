"""Which releases a server no longer needs, and the step that removes them."""

from django.db.models import Max, Q

from ..errors import StepFailed
from ..models import Deployment, Release, Target
from ..services.way_back import releases_gone_live
from .steps.prune import Prune

MOST = 50
"""Names sent to one server at a time; the next deployment goes on."""


def prune(run):
    """Keep the newest N that were live, the one before, and whatever an active deployment uses."""
    if run.plan.kind == "reload":
        return
    names = {}
    for target in run.targets:
        old = unneeded(run.deployment, run.plan, target.installation_id)
        names[target.installation_id] = last_live(target.installation_id, old)
    try:
        run.step(Prune(names), run.contexts)
    except StepFailed as problem:  # out of time: it is live and proved all the same
        run.journal.say(f"Old releases were not removed: {problem}")


def last_live(installation_id, names):
    """Return {name: epoch seconds until which it may have been live there} for these releases.

    That is the end of the last deployment it had a part in, as what was to be made live or as what
    was replaced. 0 for one that never had.
    """
    rows = Deployment.objects.filter(
        targets__installation_id=installation_id, finished_at__isnull=False).filter(
        Q(release__name__in=names) | Q(previous__name__in=names))
    found = dict.fromkeys(names, 0.0)
    for mine, before, at in rows.values_list("release__name", "previous__name", "finished_at"):
        for name in {mine, before} & found.keys():
            found[name] = max(found[name], at.timestamp())
    return found


def unneeded(deployment, plan, installation_id):
    """Return names of releases on a server that go once this deployment is live, newest first."""
    environment = deployment.environment
    gone_live = releases_gone_live(environment)
    others = [row for row in gone_live if row.pk != deployment.release_id]
    keep = {deployment.release_id}
    keep |= {row.pk for row in others[:max(1, plan.keep_releases - 1)]}
    keep |= set(environment.deployments.active().values_list("release_id", flat=True))
    if deployment.previous_id:
        keep.add(deployment.previous_id)
    there = Release.objects.filter(deployments__targets__installation_id=installation_id)
    rows = there.exclude(pk__in=keep).distinct().order_by("-pk").values_list("name", flat=True)
    gone = _gone(installation_id)
    return tuple([name for name in rows if name not in gone][:MOST])


def _gone(installation_id):
    """Return names of releases that were removed there, and not brought there again since."""
    targets = Target.objects.filter(installation_id=installation_id)
    used = dict(targets.values_list("deployment__release__name").annotate(Max("deployment")))
    rows = targets.filter(evidence__has_key="removed").values_list(
        "deployment", "evidence__removed")
    return {name for pk, names in rows for name in names if pk > used.get(name, 0)}
