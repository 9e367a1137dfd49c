"""Projects by environments as a matrix; a project with others than most has a row of its own."""

from collections import defaultdict
from dataclasses import dataclass

MOST = 3
"""Columns that have room side by side at a desk."""


@dataclass(frozen=True)
class Row:
    """A project's `cells`, a place or None for each column; or `places` without columns."""

    project: object
    cells: list
    places: list


def columns_of(projects, places):
    """(Names of the columns, a `Row` for each project)."""
    of = defaultdict(list)
    for place in places:
        of[place.environment.project_id].append(place)
    names = _names(places)
    return names, [_row(project, of[project.pk], names) for project in projects]


def _row(project, places, names):
    called = {place.environment.name: place for place in places}
    if called and not set(called) - set(names):
        return Row(project, [called.get(name) for name in names], [])
    return Row(project, [], places)


def _names(places):
    """The names that most of the projects have, in the order they have them in."""
    at = defaultdict(list)
    for place in places:
        at[place.environment.name].append(place.environment.position)
    shared = {name for name, rows in at.items() if len(rows) > 1} if len(at) > MOST else at
    usual = sorted(shared or at, key=lambda name: (-len(at[name]), name))[:MOST]
    return sorted(usual, key=lambda name: (sum(at[name]) / len(at[name]), name))
