"""Which of many projects a person may look at, with one reading of their entries."""

from collections import defaultdict

from django.utils import timezone

from ..models import Grant
from .entries import Place, is_for, obstacle, read, serving, those_of


def visible(actor, projects):
    """Those of `projects` that `verbs.may_look` lets the person look at, in their order."""
    user, at = actor.user, timezone.now()
    if user is None or not user.is_active:
        return []
    if user.is_superuser:
        return list(projects)
    grants = defaultdict(list)  # by the project they are for, None for every one
    for grant in those_of(actor, serving(Grant.LOOK)):  # every action serves looking
        grants[grant.environment.project_id if grant.environment_id else grant.project_id].append(
            grant)
    return [row for row in projects if any(
        is_for(grant, Place(row), Grant.LOOK)
        and obstacle(grant, Place(row), at=at, address=actor.address) is None
        for grant in (*grants[row.pk], *grants[None]))]


def knows(actor, project):
    """Whether an entry of the person, in force or not, is for the project: to everybody else its
    name is not told."""
    return any(is_for(grant, Place(project), Grant.LOOK) for grant in read(actor.user))
