"""What of this release deserves a second look, before anybody confirms it."""

from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..risk_words import Risk, risks_of
from .rules import irreversible_commands


def risks_for(environment, before, choice, *, changes, taken_away, files, files_back, is_known,
              comes_first=False, commands=None, **__):
    """The Risks of replacing `before` (which only `comes_first`, or is live) by `choice`, the high
    ones first. `commands` that cannot be undone are those of a fixed plan, or today's; the rest is
    what `differences_of` found."""
    commands = irreversible_commands(environment) if commands is None else commands
    paths = {*(files.paths if files else ()), *(files_back.paths if files_back else ())}
    is_complete = all(found.is_complete for found in (files, files_back) if found)
    found = [
        *_back_in_time(choice, taken_away, before if comes_first else None),
        *(Risk(_("“{command}” is run, and cannot be undone: once it has begun, nothing goes back "
                 "by itself.").format(command=command), is_high=True) for command in commands),
        *(replace(risk, people=_people_behind(risk, [*changes, *taken_away]))
          for risk in risks_of(sorted(paths), is_complete=is_complete)),
    ]
    if before and not is_known:
        found.append(Risk(_("What is live now was not found in the repository: what changes can "
                            "only be guessed.")))
    if before is None:
        found.append(Risk(_("This is the first release here: there is nothing to go back to.")))
    return sorted(found, key=lambda risk: not risk.is_high)


def _people_behind(risk, changes):
    """The authors of the changes that touch its files, each once, the newest change's first."""
    names = (row.author_name for row in changes if not row.paths.isdisjoint(risk.paths))
    return tuple(dict.fromkeys(names))


def _back_in_time(choice, taken_away, first):
    if taken_away:
        where = _("in {release}").format(release=first.release.title) if first else _("live now")
        sentence = ngettext(
            "This goes back in time: {count} change that is {where} is not in {choice}.",
            "This goes back in time: {count} changes that are {where} are not in {choice}.",
            len(taken_away))
        yield Risk(sentence.format(count=len(taken_away), where=where, choice=choice.title),
                   is_high=True)
