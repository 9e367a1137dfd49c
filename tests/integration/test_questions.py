"""What people ask from the set-up pages: press, let the task ask a real sshd, read the answer."""

import subprocess

import pytest
from django.test import Client
from django_q.models import OrmQ

from deployments import tasks
from deployments.models import Project, Server, ServerCheck, SshKey
from deployments.services.keys import fingerprint, make_key_pair
from tests import factories
from tests.sandbox.daemons import free_port
from tests.sandbox.webhost import WebHost
from tests.unit.admin.conftest import page


@pytest.fixture(scope="module")
def host():
    with WebHost("web-1") as host:
        yield host


@pytest.fixture
def client(admin):
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def key(host, db):
    return SshKey.objects.create(name="key", private_key=host.private_key)


@pytest.fixture
def server(host, key):
    """As an administrator has just entered it: nobody knows its identity."""
    return factories.make_server("web-1", address=host.ssh_host, port=host.ssh_port,
                                 user=host.ssh_user, ssh_key=key, host_key="")


@pytest.fixture
def project(host, site_repository, key):
    """Its git host is an sshd on a port of its own."""
    bare = host.folder / "site.git"
    if not bare.exists():
        subprocess.run(["git", "clone", "--quiet", "--bare", site_repository.path, bare],
                       check=True)
        if host.account:
            subprocess.run(["chown", "-R", host.account.name, bare], check=True)
    return factories.make_project(
        deploy_key=key, slug="over-ssh",
        repository_url=f"ssh://{host.ssh_user}@{host.ssh_host}:{host.ssh_port}{bare}")


def press(client, row, button, **sent):
    """Press a button of a row's page and let the worker do what it queued; the page afterwards."""
    OrmQ.objects.all().delete()
    assert client.post(page(row, button), sent).status_code in (302, 303)
    work = {f"deployments.tasks.{task.__name__}": task
            for task in (tasks.answer_check, tasks.read_source)}
    for message in OrmQ.objects.all():
        work[message.task["func"]](*message.task["args"])
    row.refresh_from_db()
    return client.get(page(row)).text


def last_check():
    return ServerCheck.objects.first()


def test_a_server_is_asked_who_it_is_confirmed_and_signed_in_on(client, server, host):
    """The way an administrator takes with each new server."""
    text = press(client, server, "fetch_identity")
    assert server.host_key_seen == host.host_key
    assert fingerprint(host.host_key) in text
    assert "Compare this identity with the server&#x27;s own, then confirm it." in text
    assert server.host_key == ""

    press(client, server, "confirm_identity", seen=host.host_key)
    text = press(client, server, "test_connection")
    assert last_check().is_good
    assert "connection: Signed in: uid=" in text
    assert f"({host.ssh_user})" in last_check().answer
    assert [{"name": name, "master": "php-fpm", "socket": socket}
            for name, socket in host.pools] == [
        pool for pool in last_check().found["pools"] if str(host.folder) in pool["socket"]]
    assert "nginx" in last_check().found["web"]

    text = press(client, server, "fetch_identity")
    assert "It is the identity you confirmed." in text


def test_an_answered_question_is_not_asked_again(client, server):
    """A task may be handed out twice."""
    press(client, server, "fetch_identity")
    answered_at = last_check().answered_at
    tasks.answer_check(last_check().pk)
    assert last_check().answered_at == answered_at


@pytest.mark.parametrize("button", ["fetch_identity", "test_connection"])
def test_a_closed_port_says_so(client, server, host, button):
    """Bad news are an answer too, on the same page."""
    Server.objects.update(port=free_port(), host_key=host.host_key)
    text = press(client, server, button)
    assert last_check().is_good is False
    assert "refuses connections; start its SSH service or correct the port." in text
    assert server.host_key_seen == ""


def test_a_key_that_the_server_does_not_know_cannot_sign_in(client, server, host):
    """The answer names the account and what to do there."""
    Server.objects.update(host_key=host.host_key)
    SshKey.objects.update(private_key=make_key_pair("other")[0])
    text = press(client, server, "test_connection")
    assert last_check().is_good is False
    assert f"web-1 refuses the key for {host.ssh_user}" in text


def test_a_git_host_on_a_port_of_its_own_is_asked_confirmed_and_read(client, project, host):
    """The project's page shows the identity, the answer; once confirmed, the versions are read."""
    text = press(client, project, "fetch_git_identity")
    assert project.git_host_key_seen == host.host_key
    assert fingerprint(host.host_key) in text
    assert "Compare this identity with the one the git host publishes, then confirm it." in text

    press(client, project, "confirm_git_identity", seen=host.host_key)
    assert project.source_problem == ""
    assert project.refs.filter(name="v1.0", sort="tag").exists()


@pytest.mark.parametrize(("url", "words"), [
    ("ssh://git@127.0.0.1:{port}/site", "refuses connections"),
    ("https://git.example/site.git", "is not read over ssh, so there is no identity to fetch."),
    ("ssh://git@git.example:notaport/site", "is no address we use"),
])
def test_a_git_host_that_cannot_be_asked_says_why_on_the_projects_page(
        client, project, url, words):
    """Nobody should wait for an answer that does not come."""
    Project.objects.update(repository_url=url.format(port=free_port()))
    text = press(client, project, "fetch_git_identity")
    assert last_check().is_good is False
    assert words in text
    assert project.git_host_key_seen == ""
