"""Write a closed part of the audit log into a signed file, to be kept elsewhere for years."""

from datetime import datetime, time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date

from ... import audit
from ...audit import request_ids
from ..speaking import WRONG, console, system_account


class Command(BaseCommand):
    help = ("Seal the entries before a day as one file, verified like an export. No entry leaves "
            "the log: the chain must stay whole.")

    def add_arguments(self, parser):
        parser.add_argument("--before", required=True, metavar="DATE", help="Like 2026-01-01.")
        parser.add_argument("--folder", type=Path,
                            default=settings.PRIVATE_ROOT / "audit-segments",
                            help="Where the file goes; by default DATA_DIR/private/audit-segments.")

    def handle(self, *args, **options):
        day = _day(options["before"])
        start = timezone.make_aware(datetime.combine(day, time()))
        if start > timezone.now():
            raise CommandError("That day has not come yet: entries before it are still written.",
                               returncode=WRONG)
        with request_ids.begun("command"), transaction.atomic():
            entry = audit.seal(start, options["folder"],
                               who=f"System account {system_account()}", actor=console())
        self.stdout.write(f"{entry.sentence}: {entry.details['file']}" if entry else
                          "Nothing to seal: every entry before that day is in a segment already.")


def _day(text):
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"“{text}” is no day; write it like 2026-01-01.", returncode=WRONG)
    return day
