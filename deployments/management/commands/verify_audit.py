"""Read the whole audit log and say whether it is what was once written: for people and for cron."""

import sys

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from ...audit import offline, open_intents, request_ids, triggers
from ...services import anchors
from ..speaking import console, system_account

WORDS = ("UNBROKEN", "BROKEN", "CANNOT TELL")
SHOWN = 20


class Command(BaseCommand):
    help = ("Verify the audit log. Exit code 0: unbroken, 1: broken (the first bad entry is "
            "named), 2: cannot tell.")

    def add_arguments(self, parser):
        parser.add_argument("--anchor", metavar="FILE",
                            help="Compare with these anchors; by default AUDIT_ANCHOR_FILE.")

    def handle(self, *args, **options):
        try:
            with request_ids.begun("command"):
                code = self._verify(options["anchor"])
        except DatabaseError as problem:
            self.stdout.write(f"CANNOT TELL: the database cannot be used ({problem}).")
            code = offline.CANNOT_TELL
        if code:
            sys.exit(code)

    def _verify(self, path):
        verdict = anchors.verify(path)
        at = f" at entry {verdict.first_bad}" if verdict.first_bad else ""
        self.stdout.write(f"{WORDS[verdict.exit_code]}{at}: {verdict.sentence} "
                          f"{verdict.anchored} {offline.LIMIT}")
        begun = open_intents.open_intents()
        if begun:
            numbers = ", ".join(map(str, begun[-SHOWN:]))
            self.stdout.write(f"{len(begun)} intents without an outcome, newest last: {numbers}.")
        if missing := triggers.missing(connection):
            self.stdout.write("The database does not refuse changes of the log: "
                              f"{', '.join(missing)} missing or off. Run migrate.")
        try:
            anchors.note(f"System account {system_account()}", verdict, actor=console())
        except DatabaseError as problem:
            self.stdout.write(f"This check itself could not be recorded: {problem}")
        return verdict.exit_code
