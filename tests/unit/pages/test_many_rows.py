"""With many rows the lists ask the database as often as with few."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deployments import audit
from deployments.models import LogLine, Target
from tests import factories

LOG = "/admin/deployments/auditentry/"
POLL_AT_MOST = 7
"""Queries of one poll while a deployment runs, four of them to know who is asking."""


def asked(client, address):
    """How many queries a page takes, when nothing is to be read for the first time."""
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def make(environment, person, count):
    """So many deployments that a person agreed to, and entries of the log."""
    for _ in range(count):
        row = factories.make_deployment(environment, requested_by=person)
        row.approvals.create(user=person, user_name=person.username, answer="yes")
        audit.record("deployment.requested", f"asked for {row.pk}", environment=environment,
                     deployment=row.pk, actor=factories.actor_for(person))


@pytest.mark.parametrize("address", [
    "/admin/history/", "/admin/history/?who=releaser", "/admin/numbers/",
    "/admin/history/?what=released&since=2020-01-01&q=a",
    "/admin/approvals/?tab=done", LOG, f"{LOG}?q=asked", f"{LOG}?what=asked&project=shop",
    f"{LOG}?before=6"])
def test_the_queries_are_the_same_for_few_rows_and_many(
        address, production, admin, releaser, sign_in):
    """Three rows, then thirty, for whoever sees all and for whoever sees some."""
    make(production, releaser, 3)
    few = [asked(sign_in(user), address) for user in (admin, releaser)]
    make(production, releaser, 27)
    assert [asked(sign_in(user), address) for user in (admin, releaser)] == few


def test_who_watches_asks_the_database_as_often_whatever_there_is(production, releaser, sign_in):
    """Fifty people may be watching: a poll reads servers, entries and the lease once each."""
    row = factories.make_deployment(production, status="running", owner="worker-1")
    address = f"/admin/progress/{row.pk}/rows/?after=2"
    few = asked(sign_in(releaser), address)
    place = row.targets.first().installation
    for number in range(10):
        place.pk = None
        place.root = f"/srv/more-{number}"
        place.save()
        Target.objects.create(deployment=row, installation=place, server_name=f"more-{number}",
                              evidence={"pools": []}, status="proved")
    LogLine.objects.bulk_create(
        LogLine(deployment=row, number=number, at=timezone.now(), text="Copied")
        for number in range(1, 40))
    assert asked(sign_in(releaser), address) == few <= POLL_AT_MOST
