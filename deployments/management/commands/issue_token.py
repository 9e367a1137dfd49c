"""Issue a token for the guarded endpoints of an environment."""

from argparse import ArgumentTypeError
from datetime import datetime, time

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from ...services import tokens
from ..speaking import (
    DONE,
    Answer,
    SpokenCommand,
    add_place,
    find_environment,
    find_project,
)


class Command(SpokenCommand):
    help = "Issue a token and send it to the environment's servers. Its key is never printed."

    def add_own_arguments(self, parser):
        add_place(parser)
        parser.add_argument("--networks", default="127.0.0.1/32,::1/128", metavar="NET[,NET]",
                            help="Addresses servers accept it from (default: themselves).")
        parser.add_argument("--expires", type=_moment, metavar="DATE",
                            help="2027-01-31 (to the end of that day) or 2027-01-31T18:00, both in "
                            "TIME_ZONE (default: never).")

    def act(self, actor, options):
        environment = find_environment(find_project(options["project"]), options["environment"])
        token = tokens.issue(
            actor, environment, networks=options["networks"].replace(",", "\n"),
            expires_at=options["expires"])
        state = tokens.state_sentence(token)
        return Answer(DONE, f"Issued token {token.public_id} for {environment}: {state}.",
                      {"token": token.public_id, "state": state})


def _moment(text):
    """The moment in `text`; a date alone means the end of that day."""
    try:
        day = parse_date(text)
        moment = datetime.combine(day, time.max) if day else parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError(f"“{text}” is no date like 2027-01-31")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
