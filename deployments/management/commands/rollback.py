"""Go back to an earlier version from the terminal."""

from django.utils.crypto import get_random_string

from ...services.deployments import go_back
from ..speaking import (
    SpokenCommand,
    add_place,
    add_waiting,
    find_environment,
    find_project,
    find_release,
    follow,
)


class Command(SpokenCommand):
    help = "Ask for an earlier version to be live again; by default the one before the live one."

    def add_own_arguments(self, parser):
        add_place(parser)
        parser.add_argument("--to", metavar="NAME", help="A version that was live there before.")
        parser.add_argument("--reason", default="", help="Why; kept in the audit log.")
        add_waiting(parser)

    def act(self, actor, options):
        project = find_project(options["project"])
        environment = find_environment(project, options["environment"])
        release = find_release(project, options["to"]) if options["to"] else None
        deployment = go_back(actor, environment, request_key=get_random_string(32),
                             release=release, reason=options["reason"])
        return follow(self, deployment, options)
