"""Verbs of importing: check a CSV, and save all of it or nothing."""

from dataclasses import dataclass
from operator import attrgetter

from django.db import IntegrityError
from django.utils.translation import gettext as _

from .. import audit, policy
from ..errors import Refused
from . import csv_text, import_projects, import_servers, new_projects
from .acting import acting, demand
from .new_keys import new_key
from .repository_addresses import is_ssh

PROJECTS, SERVERS = "projects", "servers"
_SHEETS = {PROJECTS: import_projects, SERVERS: import_servers}


@dataclass(frozen=True)
class Checked:
    """What a CSV would make: its `lines`, all `problems` in order, and the text's `digest`."""

    lines: tuple
    problems: tuple
    digest: str

    @property
    def new(self):
        """The lines that would be saved."""
        return [line for line in self.lines if not line.skipped and not line.problems]

    @property
    def is_good(self):
        return bool(self.new) and not self.problems


def columns_of(kind):
    """The columns that a CSV of projects or of servers may have."""
    return _SHEETS[kind].COLUMNS


def check(kind, text):
    """Read a CSV and say what it would make; nothing is saved."""
    sheet = csv_text.read(text, columns_of(kind))
    lines = tuple(_SHEETS[kind].lines(sheet.rows))
    problems = [*sheet.problems, *(each for line in lines for each in line.problems)]
    return Checked(lines, tuple(sorted(problems, key=attrgetter("row"))), csv_text.digest_of(text))


def may_import(actor, kind):
    """Whether the person may: repositories and servers are code, and new ones are nobody's yet."""
    decision = policy.may_edit_commands(actor)
    return policy.may_set_up(actor) if decision and kind == PROJECTS else decision


def save(actor, kind, text, digest):
    """Save all that a CSV makes and return those rows; `digest` is that of the text as checked.

    Refused where the text is another one by now, or anything of it is wrong: then nothing is saved.
    """
    with acting(actor, "project.imported" if kind == PROJECTS else "server.imported"):
        demand(may_import(actor, kind))
        checked = check(kind, text)
        if checked.digest != digest:
            raise Refused(_("This is not the text that was checked."), _("Check it again."))
        if checked.problems:
            raise Refused(checked.problems[0], _("Correct it, and check it again."))
        if not checked.new:
            raise Refused(_("There is nothing to save: all of it is there already."))
        save_line = _save_project if kind == PROJECTS else _save_server
        try:
            for line in checked.new:
                save_line(actor, line)
        except IntegrityError:
            raise Refused(_("Somebody added one of these meanwhile."),
                          _("Check it again.")) from None
        made = [line.row for line in checked.new]
        for row in made:
            _record(actor, kind, row)
            if kind == PROJECTS:
                new_projects.made(actor, row)
        return made


def _save_project(actor, line):
    project = line.row
    if is_ssh(project.repository_url) and project.deploy_key is None:
        project.deploy_key = new_key(actor,
                                     _("Repository of {project}").format(project=project.name))
    _save_with_parts(line)


def _save_server(actor, line):
    if line.row.ssh_key_id is None:
        line.row.ssh_key = new_key(actor, _("Key for {row}").format(row=line.row.name))
    _save_with_parts(line)


def _save_with_parts(line):
    line.row.save()
    for part in line.parts:
        part.save()


def _record(actor, kind, row):
    if kind == PROJECTS:
        audit.record("project.imported", _("{actor} added project “{row}” from a CSV").format(
            actor=actor.name, row=row),
                     actor=actor, about=row, project=row,
                     after={"repository_url": row.repository_url})
    else:
        audit.record("server.imported",
                     _("{actor} added server “{row}” from a CSV").format(actor=actor.name, row=row),
                     actor=actor, about=row,
                     after={"address": row.address, "port": row.port, "user": row.user})
