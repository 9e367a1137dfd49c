"""The versions of a project: where each is live, where it was, and what this person can do."""

from dataclasses import dataclass, field

from .. import policy
from ..models import Deployment
from ..services.standings import places_of, standings


@dataclass
class Version:
    """A row: `live` are environments, `was` their names; `back` and `forward` are the environments
    that this person may bring it to, by going back or by releasing it."""

    release: object
    live: list
    was: list
    back: list = field(default_factory=list)
    forward: list = field(default_factory=list)


def versions_of(actor, project, releases):
    """(a `Version` for each of these releases, [(environment, why this person may do nothing
    there)])."""
    places, shut = standings(places_of([project])), []
    was = _places_of(releases)
    rows = [Version(row, [place.environment for place in places
                          if place.live and place.live.release_id == row.pk],
                    []) for row in releases]
    for place in places:
        there = place.environment
        release, back = policy.may_release(actor, there), policy.may_go_back(actor, there)
        if not release and not back:
            shut.append((there, release))
        for row in rows:
            _place(row, there, there.pk in was.get(row.release.pk, ()), release, back)
    return rows, shut


def _place(row, there, was_there, may_release, may_go_back):
    """Note in the row what can be done with it in one environment."""
    if there in row.live:
        return
    if was_there:
        row.was.append(there.name)
    if row.release.status != "ready":
        return
    if was_there and may_go_back:
        row.back.append(there)
    elif may_release:
        row.forward.append(there)


def _places_of(releases):
    """{release's key: the keys of environments where it was live and checked, or is}."""
    done = Deployment.objects.filter(release__in=[row.pk for row in releases], status="succeeded")
    found = {}
    for release, place in done.exclude(kind=Deployment.RELOAD).order_by().values_list(
            "release", "environment").distinct():
        found.setdefault(release, set()).add(place)
    return found
