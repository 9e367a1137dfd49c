"""Which releases a server no longer needs, and the step that removes them."""

from ..errors import StepFailed
from ..models import Release
from ..services.deployments import releases_gone_live
from .steps.prune import Prune

MOST = 50
"""Names sent to one server at a time; the next deployment goes on."""


def prune(run):
    """Keep the newest N that were live, the one before, and whatever an active deployment uses."""
    if run.plan.kind == "reload":
        return
    names = {target.installation_id: unneeded(run.deployment, run.plan, target.installation_id)
             for target in run.targets}
    try:
        run.step(Prune(names), run.contexts)
    except StepFailed as problem:  # out of time: it is live and proved all the same
        run.journal.say(f"Old releases were not removed: {problem}")


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
    rows = there.exclude(pk__in=keep).distinct().order_by("-pk")
    return tuple(rows.values_list("name", flat=True)[:MOST])
