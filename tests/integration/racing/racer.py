"""One process of a race, on the test run's database: `python -m tests.integration.racing.racer`.

Each line of standard input is a verb of this module and its arguments, as JSON; each answer is a
line, too: {"answer": …}, {"refused": sentence} or {"error": text}.
"""

import json
import sys

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.db import transaction  # noqa: E402
from django.db.models import F  # noqa: E402

from deployments import audit  # noqa: E402
from deployments.errors import Refused  # noqa: E402
from deployments.models import Deployment, Environment, Release, Target  # noqa: E402
from deployments.pipeline.claim import Claim  # noqa: E402
from deployments.policy import Actor  # noqa: E402
from deployments.services import deployments as verbs  # noqa: E402
from deployments.services import stopping, turns  # noqa: E402
from deployments.services.lost import wake_lost  # noqa: E402


def claim(pk):
    """The fence that this process got, or None."""
    taken = Claim.take(pk)
    return taken.fence if taken else None


def ask(person, environment, release, key):
    """The number of the deployment that this process asked for."""
    return verbs.request_deployment(
        _actor(person), Environment.objects.get(pk=environment), request_key=key,
        release=Release.objects.get(pk=release)).pk


def stop(person, pk):
    """True when the stop was taken down."""
    stopping.stop(_actor(person), Deployment.objects.get(pk=pk))
    return True


def decide(person, pk, decision):
    """What this process decided."""
    stopping.decide(_actor(person), Deployment.objects.get(pk=pk), decision)
    return decision


def move(pk, was, to):
    """Whether this process moved it."""
    return Deployment.objects.move(pk, to, was=was)


def built(pk):
    """Whether this process ended the build, as a builder does."""
    release = Release.objects.get(pk=pk)
    with transaction.atomic():
        ended = Release.objects.move(release, "ready", was="building")
        turns.release_built(release)
    return ended


def turn(environment):
    """Give the environment to who is next."""
    turns.next_turn(Environment.objects.get(pk=environment))


def reap():
    """How many rows this process woke or ended."""
    return wake_lost()


def fence(environment):
    """A fence of this process's own."""
    with transaction.atomic():
        return Environment.objects.next_fence(environment)


def record(times):
    """The sequence numbers of so many audit entries."""
    return [audit.record("race.run", "A process ran", number=number).seq
            for number in range(times)]


def count(target, times):
    """Add to a target's commands so often, reading nothing first."""
    for _ in range(times):
        Target.objects.filter(pk=target).update(commands=F("commands") + 1)
    return times


def _actor(person):
    return Actor(get_user_model().objects.get(pk=person), "127.0.0.1")


VERBS = {verb.__name__: verb for verb in (claim, ask, stop, decide, move, built, turn,
                                            reap, fence, record, count)}


def main():
    for line in sys.stdin:
        verb, *arguments = json.loads(line)
        try:
            said = {"answer": VERBS[verb](*arguments)}
        except Refused as refusal:
            said = {"refused": refusal.reason}
        except Exception as problem:
            said = {"error": f"{type(problem).__name__}: {problem}"}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
