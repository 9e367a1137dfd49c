"""Pages on a large database, asked in this process: `python -m tests.bench.pages_asked …`.

Prints one line of JSON: how long the rows took, and of each page the times, queries and bytes.
"""

import json
import sys
import time

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from deployments.models import AuditEntry, Deployment  # noqa: E402
from tests.bench import pages_rows as rows  # noqa: E402

REPEATS = 30
LOG = "/admin/deployments/auditentry/"


def main(projects, deployments, entries):
    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    if not Deployment.objects.exists():
        build(projects, deployments, entries)
    built_s = time.perf_counter() - began
    found = [{"who": who, "page": name, **asked(client, address)}
             for who, client in clients() for name, address in addresses()]
    print(json.dumps({"built_s": built_s, "pages": found}))


def build(projects, deployments, entries):
    """All rows, and what the database knows of them."""
    places, people = rows.make_places(projects), rows.make_people()
    rows.make_deployments(places, people, deployments)
    rows.make_entries(places, people, entries)


def clients():
    """Whoever sets everything up, and somebody with entries for all projects."""
    from django.contrib.auth import get_user_model

    for name in ("ines", "person-1"):
        client = Client(HTTP_HOST="localhost")
        client.force_login(get_user_model().objects.get(username=name))
        yield name, client


def addresses():
    """(Name, address) of every page that is asked for."""
    middle = Deployment.objects.order_by("-pk").values_list("pk", flat=True)[
        Deployment.objects.count() // 2]
    deep = AuditEntry.objects.count() // 2
    running = Deployment.objects.get(status="running").pk
    yield from (
        ("home", "/admin/"), ("history", "/admin/history/"),
        ("history, one project", "/admin/history/?project=site-7"),
        ("history, failed ones", "/admin/history/?result=failed"),
        ("history, deep", f"/admin/history/?before={middle}"),
        ("history, a month", "/admin/history/?since=2026-01-01&until=2026-01-31&what=back"),
        ("history, unapproved", "/admin/history/?what=unapproved"),
        ("history, words", "/admin/history/?q=1.77777.0"),
        ("audit log", LOG), ("audit, one project", f"{LOG}?project=site-7"),
        ("audit, one person", f"{LOG}?who=person-2"),
        ("audit, what", f"{LOG}?what=access"), ("audit, refused", f"{LOG}?result=refused"),
        ("audit, both", f"{LOG}?project=site-7&who=person-2"),
        ("audit, words", f"{LOG}?q=1.777777.0"), ("audit, deep", f"{LOG}?before={deep}"),
        ("audit, a month", f"{LOG}?until=2026-01-31&since=2026-01-01"),
        ("approvals", "/admin/approvals/"), ("approvals, done", "/admin/approvals/?tab=done"),
        ("numbers", "/admin/numbers/"), ("numbers, a year", "/admin/numbers/?weeks=52"),
        ("progress", f"/admin/progress/{running}/"),
        ("progress, polled", f"/admin/progress/{running}/rows/?after=1999"))


def asked(client, address):
    """Times in ms, sorted (the first asking is dropped), of the processor, too: other work on this
    machine does not count there; queries and bytes."""
    took, busy = [], []
    for _ in range(REPEATS + 1):
        began, worked = time.perf_counter(), time.process_time()
        response = client.get(address)
        took.append((time.perf_counter() - began) * 1000)
        busy.append((time.process_time() - worked) * 1000)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return {"took_ms": sorted(took[1:]), "busy_ms": sorted(busy[1:]), "queries": len(queries),
            "status": response.status_code, "bytes": len(response.content)}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
