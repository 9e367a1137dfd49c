"""Lists of history: as many queries for many rows as for one, and no column that none shows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from deployments.models import Deployment, Freeze, Grant, Installation, LogLine, Release
from deployments.site import site
from tests import factories

from .conftest import listing

CANARY = "canary-in-a-large-column"


def grow(environment):
    """One more deployment and one more build, each with a log line."""
    project, now = environment.project, timezone.now()
    release, before = (factories.make_release(
        project, contents={"files": 1, "bytes": 1, "php": [CANARY]}) for _ in range(2))
    row = factories.make_deployment(environment, release=release, previous=before)
    Deployment.objects.filter(pk=row.pk).update(plan={"targets": [CANARY]})
    LogLine.objects.create(deployment=row, number=1, at=now, text="copied")
    LogLine.objects.create(release=release, number=1, at=now, text="built")


def read_pages(client):
    client.get(reverse("admin:deployment-list"))
    for model in (Deployment, LogLine, Release):
        client.get(listing(model))
        b"".join(client.post(listing(model, "export")).streaming_content)


@pytest.fixture
def queries(staging, releaser, browse):
    """A function that returns the statements with which all the lists are read.

    They were read once before: the first row of an audit log asks three times more, and whether
    one was written depends on which tests ran before in this process.
    """
    client = browse(releaser)
    read_pages(client)

    def asked():
        with CaptureQueriesContext(connection) as captured:
            read_pages(client)
        return [query["sql"] for query in captured]

    return asked


def test_three_rows_need_as_many_queries_as_one(queries, staging):
    """History, the admin's lists and their CSV."""
    grow(staging)
    first = queries()
    grow(staging)
    grow(staging)
    assert len(queries()) == len(first)


def test_no_list_reads_large_columns(queries, staging, releaser, browse):
    """A version's contents name every PHP file, a plan every command: megabytes per page."""
    grow(staging)
    factories.make_deployment(staging, status="running")
    lists = [sql for sql in queries() if "= 'awaiting_approval'" not in sql]
    client = browse(releaser)
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("admin:index"))
    running = [query["sql"] for query in captured if "\"status\" = 'running'" in query["sql"]]
    assert len(running) == 2  # for what is live where, and for “Running now”
    assert all("lease_until\" <=" in sql for sql in running)  # whether its worker was lost
    for sql in lists + running:
        assert '"contents"' not in sql
        assert '"deployments_deployment"."plan"' not in sql


@pytest.mark.parametrize("number", [2**63, -2**63 - 1, 10**30])
@pytest.mark.parametrize(("model", "name"), [
    (Deployment, "environment__project"), (Deployment, "environment"), (Release, "project"),
    (Installation, "server"), (Grant, "user"), (Freeze, "project__id__exact")])
def test_a_number_that_no_key_can_be_is_a_filter_that_cannot_be_read(
        staging, admin, browse, model, name, number):
    """As words in its place are: the list comes without it, and the file is not sent."""
    client = browse(admin)
    assert client.get(f"{listing(model)}?{name}={number}", follow=True).status_code == 200
    if hasattr(site.get_model_admin(model), "export"):
        answer = client.post(f"{listing(model, 'export')}?{name}={number}", follow=True)
        assert answer.status_code == 200


def test_what_a_list_left_out_is_still_read_where_it_is_needed(staging, releaser, browse):
    """A row's own page opens, and its buttons work."""
    grow(staging)
    row = Deployment.objects.get()
    client = browse(releaser)
    for shown in (row, row.release, row.log.get()):
        meta = shown._meta
        url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[shown.pk])
        assert client.get(url).status_code == 200
