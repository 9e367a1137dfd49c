"""Django's own way to a superuser is closed: it would leave no entry in the audit log."""

import sys

from django.contrib.auth.management.commands import createsuperuser

from ... import audit
from ...audit import request_ids
from ...models import AuditEntry
from ..speaking import REFUSED, console

WHY = "Superusers come by `manage.py superuser` only, which says why in the audit log."
INSTEAD = "Run `manage.py superuser grant USER --reason TEXT`."


class Command(createsuperuser.Command):
    help = f"Refused. {WHY}"

    def handle(self, *args, **options):
        with request_ids.begun("command"):
            actor = console()
            audit.record("superuser.granted", f"Refused for {actor.name}: {WHY}", actor=actor,
                         outcome=AuditEntry.REFUSED, reason=WHY)
        self.stderr.write(f"{WHY} {INSTEAD}")
        sys.exit(REFUSED)
