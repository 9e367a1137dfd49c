"""Instead of Django's: nobody types another person's password, on the console neither."""

import sys

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from ...audit import request_ids
from ...errors import Refused
from ...services import password_links
from ...services.acting import acting
from ..speaking import REFUSED, WRONG, console


class Command(BaseCommand):
    help = "Make a link with which a person sets their own password, once, within 24 hours."

    def add_arguments(self, parser):
        parser.add_argument("username", help="Whose password it is.")

    def handle(self, *args, **options):
        name = options["username"]
        user = get_user_model().objects.filter(username=name).first()
        if user is None:
            self.stderr.write(f"There is no user “{name}”.")
            sys.exit(WRONG)
        actor = console()
        try:
            with request_ids.begun("command"), acting(actor, "password_link.sent"):
                link = password_links.make(actor, user)
        except Refused as refusal:
            self.stderr.write(str(refusal))
            sys.exit(REFUSED)
        self.stdout.write(f"Set the password there, once, within 24 hours: {link}" if link
                          else f"A link to set the password is on its way to {user.email}.")
