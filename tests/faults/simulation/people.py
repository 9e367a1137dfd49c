"""People of a run: who asks for releases, who stops them, and who decides when it is needed."""

from django.contrib.auth import get_user_model

from deployments.errors import Refused
from deployments.models import Deployment, Environment, Release
from deployments.policy import Actor
from deployments.services import deployments as services
from deployments.services import stopping

LOOK_S = 20
PATIENCE_S = 8 * 3600


def actor(name):
    return Actor(user=get_user_model().objects.get(username=name), address="127.0.0.1")


def release(number, *, site=0, key=None):
    """A request: make version `number` of a site live."""
    def request():
        environment = _environment(site)
        wanted = Release.objects.filter(project=environment.project).order_by("pk")[number]
        return services.request_deployment(
            actor("releaser"), environment, release=wanted, request_key=key or f"{site} {number}")

    return request


def go_back(*, site=0, key="back"):
    """A request: the version before the live one."""
    return lambda: services.go_back(actor("releaser"), _environment(site), request_key=key)


def reload(*, site=0, key="reload"):
    """A request: make PHP reload what is live."""
    return lambda: services.request_reload(
        actor("releaser"), _environment(site), request_key=key)


def _environment(site):
    return Environment.objects.order_by("pk")[site]


def asks(request, *, after_s=0.0):
    """Somebody who asks until it is accepted, and stays until it has ended."""
    def person(world):
        world.loop.wait(after_s)
        until = world.loop.now + PATIENCE_S
        while world.loop.now < until:
            try:
                row = request()
            except Refused as refusal:
                if "no earlier version" in str(refusal):
                    return
                world.loop.wait(LOOK_S)
            else:
                stays(world, row)
                return

    return person


def waits(world):
    """Somebody whose request stands in line already: its message comes now."""
    row = Deployment.objects.active().get()
    world.deliver(row.pk)
    stays(world, row)


def stays(world, row):
    """Wait until it has ended, and decide where nobody else can."""
    until = world.loop.now + PATIENCE_S
    while world.loop.now < until:
        row.refresh_from_db()
        if row.status == "needs_attention":
            decide(world, row)
        elif not row.is_open:
            return
        world.loop.wait(LOOK_S)


def decide(world, row):
    """Wait until every server can be reached again, then say how it goes on."""
    if any(machine.is_down for machine in world.machines.values()):
        return
    for target in row.targets.all():
        world.machines[target.server_name].undo_by_hand(target.previous_link)
    choices = (Deployment.PUT_BACK, Deployment.FINISH)
    choice = world.rng.choice(choices) if world.rng else world.choice
    world.decisions += 1
    try:
        stopping.decide(actor("decider"), row, choice)
    except Refused:
        world.loop.wait(LOOK_S)


def wishes(pk):
    """Somebody stops it, or turns it back where that is too late."""
    row = Deployment.objects.select_related("environment__project", "release").get(pk=pk)
    for service in (stopping.stop, stopping.turn_back):
        try:
            service(actor("releaser"), row)
            return
        except Refused:
            continue


def stops(*, site=0, after_s):
    """Somebody who wants to stop whatever runs then."""
    def person(world):
        world.loop.wait(after_s)
        for row in Deployment.objects.active().filter(environment=_environment(site)):
            try:
                stopping.stop(actor("releaser"), row)
            except Refused:
                return

    return person


def turns_back(*, site=0, after_s):
    """Somebody who wants to go back while it runs, although the switch has begun."""
    def person(world):
        world.loop.wait(after_s)
        for row in Deployment.objects.active().filter(environment=_environment(site)):
            try:
                stopping.turn_back(actor("releaser"), row)
            except Refused:
                return

    return person


def outage(name, *, after_s, for_s):
    """A server that nobody reaches for a while."""
    def person(world):
        world.loop.wait(after_s)
        world.machines[name].is_down = True
        world.loop.wait(for_s)
        world.machines[name].is_down = False

    return person
