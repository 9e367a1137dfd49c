"""Six writers on the database of DATABASE_URL, made anew: `python -m tests.bench.one_database N`.

Prints one line of JSON: times, lock errors, and what was found wrong afterwards.
"""

import json
import subprocess
import sys
import time
from collections import Counter

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Max, Sum  # noqa: E402
from django_q.models import OrmQ  # noqa: E402

from deployments import audit  # noqa: E402
from deployments.models import AuditEntry, Deployment, Environment, LogLine, Target  # noqa: E402
from tests import factories  # noqa: E402
from tests.bench.writer import LINES  # noqa: E402

PROCESSES = 6


def main(transactions):
    call_command("migrate", verbosity=0)
    writers = _start(transactions)
    began = time.perf_counter()
    reports = _run(writers)
    counts = sum((Counter(report["counts"]) for report in reports), Counter())
    print(json.dumps({
        "vendor": connection.vendor, "seconds": time.perf_counter() - began,
        "took_s": [took for report in reports for took in report["took_s"]],
        "locked": counts["locked"], "wrong": list(wrong(counts)), "counts": counts}))


def _start(transactions):
    project = factories.make_project()
    person = factories.make_user("releaser", project, "look", "release")
    release = factories.make_release(project)
    places = [_place(project) for _ in range(PROCESSES)]
    connection.close()
    share, rest = divmod(transactions, PROCESSES)
    return [_writer(person, place, release, share + (number < rest))
            for number, place in enumerate(places)]


def _place(project):
    """An environment with two servers."""
    environment = factories.make_environment(project)
    for _ in range(2):
        factories.make_installation(environment)
    return environment


def _writer(person, environment, release, transactions):
    numbers = (person.pk, environment.pk, release.pk, transactions)
    return subprocess.Popen([sys.executable, "-m", "tests.bench.writer", *map(str, numbers)],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _run(writers):
    """Start them at the same moment; what they report."""
    for writer in writers:
        writer.stdout.readline()
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    return [json.loads(writer.communicate()[0]) for writer in writers]


def wrong(counts):
    """Sentences: what the database lacks, or has too much, after what the writers were told."""
    asked = counts["requests"]
    fences = Environment.objects.aggregate(all=Sum("fence"))["all"]
    facts = (
        ("deployments", Deployment.objects.count(), asked),
        ("messages in the queue", OrmQ.objects.count(), asked),
        ("claims", Deployment.objects.aggregate(all=Sum("attempts"))["all"], counts["claims"]),
        ("second claims", counts["claimed twice"], 0),
        ("fences", fences, counts["claims"]),
        ("ended deployments", Deployment.objects.filter(status="succeeded").count(),
         counts["ends"]),
        ("log lines", LogLine.objects.count(), counts["lines"] * LINES),
        ("target updates", Target.objects.aggregate(all=Sum("commands"))["all"],
         counts["updates"]),
        ("audit entries", AuditEntry.objects.count(),
         counts["audits"] + asked + counts["refusals"] + counts["claims"]),
    )
    for what, found, told in facts:
        if found != told:
            yield f"{what}: {found} found, {told} written"
    for row in Deployment.objects.annotate(last=Max("log__number")):
        if row.last and row.log.count() != row.last:
            yield f"deployment {row.pk}: its log has gaps"
    verdict = audit.verify()
    if verdict.first_bad is not None:
        yield verdict.sentence


if __name__ == "__main__":
    main(int(sys.argv[1]))
