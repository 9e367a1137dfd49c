"""With many rows the lists ask the database as often as with few."""

from datetime import time, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deployments import audit
from deployments.models import Freeze, LogLine, Target
from deployments.services import drafts
from tests import factories

pytestmark = pytest.mark.usefixtures("within_a_minute")

LOG = "/admin/deployments/auditentry/"
LISTS = (
    "/admin/history/", "/admin/history/?who=releaser", "/admin/numbers/",
    "/admin/history/?what=released&since=2020-01-01&q=a",
    "/admin/projects/shop/", "/admin/projects/shop/versions/", "/admin/projects/shop/history/",
    "/admin/projects/shop/servers/", "/admin/release/shop/production/",
    "/admin/approvals/?tab=done", "/admin/freezes/", LOG, f"{LOG}?q=asked",
    f"{LOG}?what=asked&project=shop", f"{LOG}?before=6")
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
        version = factories.make_release(environment.project, label="", ref="main")
        row = factories.make_deployment(environment, release=version, requested_by=person)
        row.approvals.create(user=person, user_name=person.username, answer="yes")
        audit.record("deployment.requested", f"asked for {row.pk}", environment=environment,
                     deployment=row.pk, actor=factories.actor_for(person))
        freeze(environment, person, names_nobody=not row.pk % 3)


def freeze(environment, person, *, names_nobody):
    """One that lasts, set by somebody who can name somebody where it names nobody."""
    setter, _ = get_user_model().objects.get_or_create(username="setter")
    if not setter.grants.exists():
        factories.make_grant(setter, "set_up")
    day = timedelta(days=1)
    row = Freeze.objects.create(
        environment=environment, reason="Stock-taking", from_time=time(), until_time=time(),
        from_date=timezone.now() - day, until_date=timezone.now() + day, set_by=setter,
        set_by_name="Ines")
    if not names_nobody:
        row.may_override.add(person)
        row.groups_may_override.add(Group.objects.get_or_create(name="Leads")[0])


def release_changes(environment):
    """A version goes live there that brings three commits after the one before."""
    project, parent, releases = environment.project, "", []
    for number in range(4):
        sha = f"{environment.pk:039x}{number}"
        project.commits.create(sha=sha, parents=parent, subject="Change", author_name="Ada",
                               authored_at=timezone.now())
        parent = sha
        if number in (0, 3):
            releases.append(factories.make_release(project, commit_sha=sha))
    factories.make_deployment(environment, previous=releases[0], release=releases[1])


def test_the_queries_are_the_same_for_few_rows_and_many(production, admin, releaser, sign_in):
    """Three rows, then thirty, for whoever sees all and for whoever sees some."""
    make(production, releaser, 3)
    clients = [sign_in(user) for user in (admin, releaser)]
    few = {address: [asked(client, address) for client in clients] for address in LISTS}
    make(production, releaser, 27)
    assert {address: [asked(client, address) for client in clients] for address in LISTS} == few


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


def test_a_project_asks_the_database_as_often_whatever_places_it_has(
        production, staging, releaser, sign_in):
    """Two environments, then six, each with servers, with changes live and something begun."""
    def settle(*places):
        for place in places:
            make(place, releaser, 1)
            release_changes(place)
            drafts.keep(releaser, place, version="main", title="main", sha="a" * 40)

    def counted():
        return {part: asked(client, f"/admin/projects/shop/{part}")
                for part in ("", "versions/", "history/", "servers/")}

    client = sign_in(releaser)
    settle(production, staging)
    few = counted()
    more = [factories.make_environment(production.project, slug=f"more-{number}")
            for number in range(4)]
    for place in more:
        factories.make_installation(place, server=factories.make_server(place.slug))
    settle(*more)
    assert counted() == few
