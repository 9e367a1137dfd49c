"""Which versions were live in an environment, and where going back leads. Reads rows only."""

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from ..models import Deployment, Environment, Release

RECENT = 20
"""So many deployments of each of many environments are read at first: nearly always the way back
lies among them, and there may be thousands."""

UNREAD = None
"""Stands in a pile for what was live before the deployments that were read."""


def releases_gone_live(environment):
    """Releases that were live and proved there, newest first, each once."""
    seen, result = set(), []
    done = environment.deployments.proved().select_related("release__project")
    for deployment in done.defer("plan", "release__contents"):
        if deployment.release_id not in seen:
            seen.add(deployment.release_id)
            result.append(deployment.release)
    return result


def release_before(environment, *, once=None):
    """Where going back leads: the newest stored version that visitors had before the live one,
    as if what a return left had never been live; None where there is none.

    With `once`: where it will lead when that deployment, which has not ended, is live.
    """
    steps = list(environment.deployments.proved().values_list("kind", "release"))[::-1]
    if once:
        steps.append((once.kind, once.release_id))
    pile = _pile(steps)
    found = _stored_before(pile, set(Release.objects.filter(
        pk__in=pile, status="ready").values_list("pk", flat=True)))
    return found and Release.objects.select_related("project").defer("contents").get(pk=found)


def releases_before(environments):
    """The same for many: {environment's pk: release's pk}, of those alone where there is one."""
    piles = {place: _pile(steps, [UNREAD] if len(steps) >= RECENT else [])
             for place, steps in _steps([row.pk for row in environments], _recent()).items()}
    stored = set(Release.objects.filter(
        project__in={row.project_id for row in environments}, status="ready",
    ).values_list("pk", flat=True))
    found = {place: _stored_before(pile, stored) for place, pile in piles.items()}
    unsure = [place for place, pile in piles.items() if pile[0] is UNREAD and not found[place]]
    for place, steps in _steps(unsure).items():
        found[place] = _stored_before(_pile(steps), stored)
    return {place: release for place, release in found.items() if release}


def _steps(keys, since=0):
    """{environment's key: [(kind, release) in order of time]}, from the fence `since` there on."""
    done = Environment.objects.filter(
        pk__in=keys, deployments__status="succeeded", deployments__fence__gte=since)
    rows = done.order_by("pk", *(f"deployments__{name}" for name in ("fence", "finished_at", "pk")))
    found = {}
    for place, *step in rows.values_list("pk", "deployments__kind", "deployments__release"):
        found.setdefault(place, []).append(tuple(step))
    return found


def _recent():
    """The fence of an environment's `RECENT`th deployment back, 0 where there are fewer: a place
    in an index, so what is older is not even counted."""
    done = Deployment.objects.filter(environment=OuterRef("pk"), status="succeeded")
    return Coalesce(Subquery(
        done.order_by("-fence").values("fence")[RECENT - 1:RECENT]), 0)


def _stored_before(pile, stored):
    """The newest release under the live one that is among those `stored`, or None."""
    *before, now = pile or [None]
    return next((pk for pk in reversed(before) if pk in stored and pk != now), None)


def _pile(steps, begun=()):
    """Releases one upon another, the live one on top, from (kind, release) in order of time.

    A return takes away what lies upon the version it returns to: v1, v2, v3, back to v2 is v1, v2.
    Where earlier ones were not read (`begun` is `UNREAD`), it may lie below all that is known.
    """
    pile = list(begun)
    for kind, release in steps:
        is_return = kind == Deployment.ROLLBACK
        if is_return and release in pile:
            while pile[-1] != release:
                pile.pop()
        elif is_return and UNREAD in pile:
            pile = [UNREAD, release]
        elif pile[-1:] != [release]:
            pile.append(release)
    return pile
