"""Releases that somebody has begun: kept until they are asked for, or discarded.

A draft decides nothing and is seen by its owner alone: no audit entry tells of it. What is asked
for in the end has one.
"""

from django.db import transaction
from django.db.models import OuterRef, Subquery

from ..models import Deployment, Draft


def draft_of(user, environment):
    """What this person has begun there, or None."""
    return Draft.objects.filter(user=user, environment=environment).first()


def begun_by(user, projects):
    """What this person has begun in these projects, the newest first; not what went live since.

    `projects` are those they may look at: of another one not even the name is told any more.
    """
    keys = {row.pk for row in projects}
    live = Deployment.objects.filter(environment=OuterRef("environment")).proved()
    rows = Draft.objects.filter(user=user).select_related("environment__project").annotate(
        live_sha=Subquery(live.values("release__commit_sha")[:1]),
        live_since=Subquery(live.values("finished_at")[:1]))
    return [row for row in rows if row.environment.project_id in keys
            and not (row.live_sha == row.sha and row.live_since > row.touched_at)]


def keep(user, environment, *, version, title, sha, **written):
    """Keep what was chosen, and what was `written` beside it; return the Draft.

    Ticks and exceptions are for one commit: another one begins without.
    """
    chosen = {"version": version, "title": title[:200], "sha": sha}
    with transaction.atomic():
        draft, _ = Draft.objects.select_for_update().get_or_create(
            user=user, environment=environment, defaults=chosen)
        if draft.sha != sha:
            draft.ticked = []
            draft.terms = draft.terms | {"in_spite_of": []} if draft.terms else {}
        for name, value in (chosen | written).items():
            setattr(draft, name, value)
        draft.save()
    return draft


def end(user, environment):
    """Forget what this person has begun there."""
    Draft.objects.filter(user=user, environment=environment).delete()
