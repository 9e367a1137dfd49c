"""Make somebody a superuser, or take that away: the only way there is."""

import sys

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from ...audit import request_ids
from ...errors import Refused
from ...policy import Actor
from ...services import password_links, superusers
from ...services.acting import acting
from ..speaking import REFUSED, WRONG, system_account


class Command(BaseCommand):
    help = ("Grant or withdraw superuser status; who needs no password yet gets a link to set one. "
            "The audit log names the system account.")

    def add_arguments(self, parser):
        parser.add_argument("verb", choices=["grant", "withdraw"])
        parser.add_argument("user", help="The user name; “grant” makes the account if need be.")
        parser.add_argument("--reason", required=True, metavar="TEXT")
        parser.add_argument("--email", default="", metavar="ADDRESS",
                            help="The mail address of an account that is made.")

    def handle(self, *args, **options):
        actor = Actor(user=None, system_account=system_account())
        try:
            with request_ids.begun("command"):
                self._act(actor, options)
        except Refused as refusal:
            self.stderr.write(str(refusal))
            sys.exit(REFUSED)

    def _act(self, actor, options):
        name, reason = options["user"], options["reason"]
        if options["verb"] == "withdraw":
            user = get_user_model().objects.filter(username=name).first()
            if user is None:
                self.stderr.write(f"There is no user “{name}”.")
                sys.exit(WRONG)
            alone = superusers.withdraw(actor, user, reason=reason)
            self.stdout.write(f"{name} is no superuser any more. {alone}".strip())
            return
        with acting(actor, "superuser.granted"):
            user = superusers.grant(actor, name, reason=reason, email=options["email"])
            has_link = not user.has_usable_password()
            link = password_links.make(actor, user) if has_link else ""
        self.stdout.write(f"{name} is a superuser.")
        if has_link:
            self.stdout.write(f"Set the password there, once, within 24 hours: {link}" if link
                              else f"A link to set the password is on its way to {user.email}.")
