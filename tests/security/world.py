"""The rows that all cells of the matrix share: one project in every state, one that is not theirs,
and one row for each list of the admin."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from deployments import audit, models
from deployments.services import clusters
from tests import factories
from tests.adopted import looked

from .people import INSIDE, make_people
from .world_of_requests import IDENTITY, requests


@dataclass
class World:
    """`people` by name; `rows` by what the table of doors calls them."""

    people: dict
    rows: dict
    browsers: dict = None


def make_world():
    clusters.register("office:1", data_folder="data")
    shop = factories.make_project(name="Shop", slug="shop", git_host_key_seen=IDENTITY)
    elsewhere = factories.make_project(name="Elsewhere", slug="elsewhere")
    staging = environment_of(shop, "staging")
    people = make_people(shop, staging, elsewhere)
    factories.make_environment(elsewhere, slug="production")
    factories.make_commits(shop, "First", "Second")
    production = environment_of(shop, "production")
    old, new, next_one = (factories.make_release(shop) for _ in range(3))
    for release in (old, new):
        factories.make_deployment(production, release=release)
    models.Commit.objects.create(project=shop, sha=new.commit_sha, subject="Live", parents="",
                                 author_name="Ada", authored_at=timezone.now())
    rows = {"project": shop, "environment": production, "release": next_one, "earlier": old,
            "looked": looked(staging),
            "victim": factories.make_user("victim", elsewhere, "look")}
    asker = people["requester"]
    for status in ("awaiting_approval", "approved", "queued", "running", "needs_attention"):
        rows[status] = _deployment(shop, status, asker, people, release=next_one, before=new)
    rows |= _lists(rows, people, production)
    return World(people, rows | requests(rows, people, elsewhere))


def environment_of(shop, slug):
    environment = factories.make_environment(shop, slug=slug)
    factories.make_installation(environment, server=factories.make_server(f"web-{slug}"))
    return environment


def _deployment(shop, status, asker, people, *, release, before):
    environment = environment_of(shop, status.replace("_", "-"))
    factories.make_deployment(environment, release=before)
    if status == "awaiting_approval":
        factories.make_rule(environment, *people.values())
    over = {"switching_at": timezone.now()} if status == "needs_attention" else {}
    return factories.make_deployment(
        environment, release=release, status=status, requested_by=asker, previous=before,
        requested_address=INSIDE, approval_until=timezone.now() + timedelta(hours=1), **over)


def _lists(rows, people, production):
    """One row for each model with a list in the admin, by its label."""
    running = rows["running"]
    line = models.LogLine.objects.create(deployment=running, number=1, text="hello",
                                        at=timezone.now())
    notice = models.Notice.objects.create(
        event="deployment.succeeded", address="a@shop.example", subject="Live", text="Live",
        deployment=running, environment=running.environment, status="given_up")
    audit.record("test.made", "A row for the list", actor=factories.actor_for(people["superuser"]),
                 environment=production)
    victim = rows["victim"]
    return {
        "deployments.Grant": factories.make_grant(
            victim, "release", project=rows["project"], needs_second=True,
            granted_by=people["disabled"]),
        "deployments.AuditEntry": models.AuditEntry.objects.order_by("-seq").first(),
        "deployments.Deployment": running,
        "deployments.Installation": production.installations.get(),
        "deployments.LogLine": line,
        "deployments.Notice": notice,
        "deployments.Freeze": models.Freeze.objects.create(
            project=rows["project"], reason="Sale", from_date="2020-01-01",
            until_date="2020-01-02", from_time="00:00", until_time="01:00"),
        "auth.User": victim,
        "auth.Group": Group.objects.create(name="Nobody's"),
        "deployments.Project": rows["project"],
        "deployments.Environment": production,
        "deployments.Release": rows["release"],
        "deployments.Server": _with_identity(production.installations.get().server),
        "deployments.SshKey": factories.make_key(name="spare"),
        "deployments.Token": factories.make_token(production),
    }


def _with_identity(server):
    """It has shown another identity than the one that is confirmed."""
    models.Server.objects.filter(pk=server.pk).update(host_key_seen=IDENTITY)
    return server
