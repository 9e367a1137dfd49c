"""What a person holds in one place: each entry that names it, and whether it counts there now."""

from dataclasses import dataclass

from ..models import Grant
from .entries import WHOLE_PROJECT, Place, is_for, obstacle
from .proofs import PROVED, second_step

BY_STATUS = (Grant.LOOK, Grant.SET_UP, Grant.COMMANDS)


@dataclass(frozen=True)
class Holding:
    """One action by one entry (None: as a superuser); `why_not` says what keeps it from counting,
    `is_elsewhere` that only the network does, `needs_step` that it counts here after a sign-in
    with a second step."""

    words: str
    grant: object = None
    why_not: str = ""
    is_elsewhere: bool = False
    needs_step: bool = False


def holdings(actor, rows, project, environment=None, *, at):
    """The `Holding`s out of the entries `rows` in an environment, or for the project as a whole."""
    place, found = Place(project, environment), []
    if environment is None and actor.user.is_superuser:
        found += [Holding(words) for name, words in Grant.ACTIONS if name in BY_STATUS]
    for name, words in Grant.ACTIONS:
        if (name in WHOLE_PROJECT) != (environment is None):
            continue
        found += [_held(actor, row, words, place, at) for row in rows
                  if row.action == name and is_for(row, place, name)]
    return found


def _held(actor, row, words, place, at):
    found = obstacle(row, place, at=at, address=actor.address)
    if found is None:
        needs_step = row.action in PROVED and place.environment is not None \
            and not second_step(actor, place.environment)
        return Holding(words, row, needs_step=needs_step)
    is_elsewhere = obstacle(row, place, at=at) is None
    return Holding(words, row, found.reason, is_elsewhere)
