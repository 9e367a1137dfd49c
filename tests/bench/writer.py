"""One process that writes what deployments write, over and over: `python -m tests.bench.writer`.

Arguments: a person, an environment, its release, how many transactions. Prints one line of JSON:
how long each took, and what must be found in the database afterwards.
"""

import json
import sys
import time
import uuid
from collections import Counter

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.db import OperationalError  # noqa: E402
from django.db.models import F  # noqa: E402
from django.utils import timezone  # noqa: E402

from deployments import audit  # noqa: E402
from deployments.errors import Refused  # noqa: E402
from deployments.models import Deployment, Environment, Release, Target  # noqa: E402
from deployments.pipeline.claim import Claim  # noqa: E402
from deployments.pipeline.log import Journal  # noqa: E402
from deployments.policy import Actor  # noqa: E402
from deployments.services import deployments as verbs  # noqa: E402

LINES = 5


class Full(Exception):
    """So many transactions as were asked for are done."""


class Writer:
    """Requests, claims, beats, writes lines, targets and audit entries, and ends deployments."""

    def __init__(self, person, environment, release, transactions):
        self.actor = Actor(get_user_model().objects.get(pk=person), "127.0.0.1")
        self.environment = Environment.objects.get(pk=environment)
        self.release = Release.objects.get(pk=release)
        self.left = transactions
        self.took, self.counts = [], Counter()

    def run(self):
        """Work until the transactions are used up."""
        try:
            while True:
                self.deploy()
        except Full:
            return

    def deploy(self):
        """The writes of one deployment, with a second request and a second claim in vain."""
        row = self.write("requests", self._ask)
        claim = row and self.write("claims", Claim.take, row.pk)
        if not claim:
            return
        self.write("refused twice", self._ask)
        if self.write("in vain", Claim.take, row.pk):
            self.counts["claimed twice"] += 1
        journal = Journal(deployment=row)
        for step in range(8):
            self.write("beats", claim.update, stop_requested_by_name="")
            self.write("audits", audit.record, "bench.step", "A step", number=step)
            for line in range(LINES):
                journal.say(f"line {line} of step {step}")
            self.write("lines", journal.flush)
            for target in row.targets.all():
                rows = Target.objects.filter(pk=target.pk, deployment__fence=claim.fence)
                self.write("updates", rows.update, commands=F("commands") + 1)
        self.write("ends", Deployment.objects.move, row.pk, "succeeded", was="running",
                   fence=claim.fence, finished_at=timezone.now())

    def write(self, name, call, *args, **fields):
        """Return what the transaction returned; None when it was refused or locked out."""
        if not self.left:
            raise Full
        self.left -= 1
        began = time.perf_counter()
        try:
            result = call(*args, **fields)
            self.counts[name] += 1
            return result
        except Refused:
            self.counts["refusals"] += 1
        except OperationalError as problem:
            self.counts["locked"] += 1
            print(problem, file=sys.stderr)
        finally:
            self.took.append(time.perf_counter() - began)

    def _ask(self):
        return verbs.request_deployment(self.actor, self.environment, release=self.release,
                                        request_key=uuid.uuid4().hex)


if __name__ == "__main__":
    writer = Writer(*map(int, sys.argv[1:]))
    print("ready", flush=True)
    sys.stdin.readline()
    writer.run()
    print(json.dumps({"counts": writer.counts, "took_s": writer.took}))
