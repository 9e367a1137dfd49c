"""Make PHP on the servers run what is live, in the FPM processes themselves, and prove it."""

from dataclasses import replace

from django.utils.crypto import get_random_string

from ...models import Server
from ...services.deployments import request_reload
from ..speaking import (
    NotThere,
    SpokenCommand,
    add_place,
    add_waiting,
    find_environment,
    find_project,
    follow,
)


class Command(SpokenCommand):
    help = "Make PHP reload: reset OPcache where it is needed, then ask every worker what it runs."

    def add_own_arguments(self, parser):
        add_place(parser)
        parser.add_argument("--server", metavar="NAME", help="Only on this server.")
        add_waiting(parser, default=True)

    def act(self, actor, options):
        environment = find_environment(find_project(options["project"]), options["environment"])
        server = Server.objects.filter(name=options["server"]).first()
        if options["server"] and server is None:
            raise NotThere(f"There is no server “{options['server']}”.")
        deployment = request_reload(
            actor, environment, request_key=get_random_string(32), server=server)
        answer = follow(self, deployment, options)
        pools = list(_pools(deployment))
        for pool in pools:
            self.progress(f"{pool['server']} {pool['pool']}: SAPI {pool['sapi']}, pids "
                          f"{', '.join(map(str, pool['pids']))} run {pool['release']}")
        return replace(answer, facts={**answer.facts, "pools": pools})


def _pools(deployment):
    """Per pool that was proved: which processes answered, and with which release."""
    for target in deployment.targets.all():
        for pool in target.evidence.get("pools", []):
            yield {"server": target.server_name, "pool": pool["pool"], "sapi": pool["sapi"],
                   "pids": pool["pids"], "release": deployment.release.name}
