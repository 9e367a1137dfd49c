"""What was live before, where somebody wants it back: a rule may spare a return to that, and to
nothing else."""

from django.db.models import OuterRef, Subquery

from ..models import Deployment


def was_so_before(deployment, *, crowd=None):
    """Whether the version was live there, and what it would run was run there with it, or with
    what is live now."""
    then, newest = (crowd.brought if crowd else brought([deployment]))[deployment.pk]
    if then is None or not _is_known_to_have_been_live(then):
        return False
    return not deployment.plan or _run_by(deployment.plan) in (
        _run_by(then.plan), _run_by(newest.plan))


def brought(deployments):
    """{deployment's key: (what brought its version there last, what brought the one that is live
    there)}: proved deployments, or None."""
    done = Deployment.objects.filter(
        environment=OuterRef("environment")).proved().exclude(kind=Deployment.RELOAD)
    pairs = {pk: keys for pk, *keys in Deployment.objects.filter(
        pk__in=[row.pk for row in deployments]).annotate(
        then=Subquery(done.filter(release=OuterRef("release")).values("pk")[:1]),
        newest=Subquery(done.values("pk")[:1])).values_list("pk", "then", "newest")}
    found = Deployment.objects.select_related("release").in_bulk(
        {key for keys in pairs.values() for key in keys if key})
    return {pk: tuple(map(found.get, keys)) for pk, keys in pairs.items()}


def _is_known_to_have_been_live(then):
    """What was adopted from a folder that somebody named need not have been what visitors got."""
    return then.kind != Deployment.ADOPTED or bool(then.release.contents.get("found_by_current"))


def _run_by(plan):
    """What a saved plan runs that somebody wrote into a form."""
    targets = {(row.get("web_test"), row.get("service_manager")) for row in plan.get("targets", ())}
    return plan.get("before"), plan.get("after"), targets
