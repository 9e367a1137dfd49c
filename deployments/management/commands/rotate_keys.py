"""Write every secret in the database again under the newest key of FIELD_KEYS."""

from django.core.management.base import BaseCommand
from django.db import transaction

from ... import audit, crypto
from ...audit import request_ids
from ..speaking import console, system_account


class Command(BaseCommand):
    help = ("Re-encrypt every secret under the first key of FIELD_KEYS; afterwards the older keys "
            "can be taken off the list.")

    def handle(self, *args, **options):
        with request_ids.begun("command"), transaction.atomic():
            count = crypto.rotate_all()
            audit.record("keys.rotated", f"System account {system_account()} wrote {count} "
                         "secrets again under the newest key", actor=console(), secrets=count)
        self.stdout.write(f"{count} secrets are under the newest key now.")
