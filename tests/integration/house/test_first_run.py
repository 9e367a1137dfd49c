"""From an empty database to a proved release, through the pages of the first run alone."""

import re

import pytest
from django.test import Client

from deployments.models import AuditEntry, Deployment, Project
from tests import factories, stage
from tests.sandbox.placement import share
from tests.sandbox.webhost import WebHost
from tests.unit.pages.test_release_pages import form_of

from .processes import wait_until

SEEN = re.compile(r'name="confirm" value="([^"]+)"')
LINE = re.compile(r"restrict,port-forwarding (ssh-ed25519 \S+)")


@pytest.fixture(scope="module")
def host():
    with WebHost("web-1", kind="realpath") as host:
        yield host


@pytest.fixture
def ines(transactional_db):
    """The first administrator of an empty installation."""
    return client_of(factories.make_user("ines", is_staff=True, is_superuser=True))


@pytest.fixture
def anna(transactional_db):
    """A colleague who may do nothing yet."""
    return factories.make_user("anna")


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def page_of(client, path, *, until):
    """The page at `path` once it has these words; it is what loads itself again meanwhile."""
    seen = []

    def look():
        seen[:] = [client.get(path).content.decode()]
        return until in seen[0]

    wait_until(look, limit_s=60, story=lambda: re.sub(r"<[^>]+>|\s+", " ", seen[0]))
    return seen[0]


def send(client, path, **fields):
    answer = client.post(path, fields)
    assert answer.status_code == 303, answer.content.decode()
    return answer["Location"]


def release(client, project):
    """Anna's part: the first tag, through the four steps of a release."""
    path = f"/admin/release/{project.slug}/production/"
    answer = client.post(path, {"version": "v1.0"})
    for _ in range(3):
        path = answer["Location"]
        answer = client.post(path, form_of(client.get(path)) | {"reason": "The first one"})
        assert answer.status_code == 303, answer.content.decode()
    return Deployment.objects.get()


def add_project(client, repository):
    """Step 1: the repository is read at once, and what was found stands on the page."""
    page = send(client, "/admin/first-run/new/", name="Tidewater", kind="plain",
                repository_url=str(repository.path))
    assert "v1.0" in page_of(client, page, until="branches and tags found")
    return Project.objects.get()


def add_server(client, page, host):
    """Step 2: the identity is asked and confirmed; signing in fails until the key is let in."""
    send(client, page, save=1, site_host=host.site_name, name="web-1", address=host.ssh_host,
         port=host.ssh_port, user=host.ssh_user, root=str(host.root))
    text = page_of(client, page, until="Is this your server?")
    send(client, page, confirm=SEEN.search(text)[1])
    page_of(client, page, until="refuses the key")
    host.sshd.authorize(LINE.search(text)[1], restrictions="restrict,port-forwarding")
    send(client, page, again=1)
    page_of(client, page, until=f"Signed in on web-1 as {host.ssh_user}")


def say_how_php_is_served(client, page, host):
    """Step 3: both pools are found by themselves, and the doctor finds nothing that blocks."""
    text = page_of(client, page, until="Which PHP serves the site?")
    pools = [" | ".join((name, "php-fpm", socket)) for name, socket in host.pools]
    assert all(pool in text for pool in pools)
    send(client, page, save=1, pools=pools, web_server="nginx", ask_address=host.http_address,
         web_group=host.web_group,
         **{f"page {socket}": stage.PAGE_OF[name] for name, socket in host.pools})
    page_of(client, page, until="Go on: People")


def test_from_nothing_to_a_proved_release(house, ines, anna, host, site_repository):
    """Project, server, PHP, people, release: each page asks the real machine, and says the next."""
    share(host)
    with house.worker():
        assert "Begin" in page_of(ines, "/admin/first-run/", until="Welcome")
        project = add_project(ines, site_repository)
        site = f"/admin/first-run/in/{project.slug}/"
        add_server(ines, f"{site}server/", host)
        say_how_php_is_served(ines, f"{site}php/", host)
        send(ines, f"{site}people/", releasers=[anna.pk], reason="She runs the shop")
        page_of(ines, site, until="All is ready for the first release.")
        deployment = release(client_of(anna), project)
        page_of(ines, site, until="Tidewater is live and checked.")

    deployment.refresh_from_db()
    assert deployment.status == "succeeded"
    assert "6 of 6 PHP workers" in deployment.result
    told = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"project.added", "server.confirmed", "installation.added", "grant.added",
            "deployment.succeeded"} <= told
