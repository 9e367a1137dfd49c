"""Asking servers and git hosts who they are, confirming it, and reading the source."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import queue
from deployments.models import Project, Server, ServerCheck
from deployments.services import setup
from tests.factories import actor_for, make_grant, make_server

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"


@pytest.fixture
def server(db):
    return make_server("web-9", host_key="", host_key_seen=KEY)


@pytest.fixture
def git_host(shop):
    shop.git_host_key_seen = KEY
    shop.save()
    return shop


VERBS = {
    "server.asked": lambda actor, server, shop: setup.ask_server(actor, server, "host_key"),
    "server.confirmed": lambda actor, server, shop: setup.confirm_host_key(actor, server, KEY),
    "project.git_host_asked": lambda actor, server, shop: setup.ask_git_host(actor, shop),
    "project.git_host_confirmed": lambda actor, server, shop: setup.confirm_git_host_key(
        actor, shop, KEY),
}


@pytest.mark.parametrize("action", VERBS)
@pytest.mark.parametrize("name", ["releaser", "approver", "viewer", "outsider"])
def test_only_who_sets_up_may(action, name, request, server, git_host, refusal):
    """Whoever confirms an identity decides whom we send the site to."""
    user = request.getfixturevalue(name)
    with refusal(action, "You may not edit the commands of"):
        VERBS[action](actor_for(user), server, git_host)


@pytest.mark.parametrize("action", VERBS)
def test_an_entry_to_edit_commands_is_enough(action, outsider, server, git_host, audited, refusal):
    """For every project where it is a server, which they share; setting up is not enough."""
    make_grant(outsider, "set_up")
    make_grant(outsider, "commands", project=None if action.startswith("server") else git_host)
    VERBS[action](actor_for(outsider), server, git_host)
    assert audited() == [(action, "done")]
    outsider.grants.filter(action="commands").update(project=git_host)
    if action.startswith("server"):
        with refusal(action, "You may not edit the commands of every project"):
            VERBS[action](actor_for(outsider), server, git_host)


@pytest.mark.parametrize("question", ["host_key", "connection"])
def test_a_question_to_a_server_is_a_row_and_a_message(admin, server, queued, question):
    """A task answers it; the page reads the row."""
    check = setup.ask_server(actor_for(admin), server, question)
    assert (check.server, check.question, check.asked_by_name) == (server, question, "admin")
    assert check.answered_at is None
    assert queued() == [(queue.CHECK_SERVER, check.pk)]


def test_a_question_to_a_git_host_is_a_row_and_a_message(admin, shop, queued):
    """Without a server."""
    check = setup.ask_git_host(actor_for(admin), shop)
    assert (check.project, check.server, check.question) == (shop, None, "host_key")
    assert queued() == [(queue.CHECK_SERVER, check.pk)]


def test_a_question_is_undone_with_its_message(admin, server, monkeypatch):
    """Otherwise the page would wait for an answer for ever."""
    def broken(*args, **options):
        raise OSError("disk full")

    monkeypatch.setattr(queue, "async_task", broken)
    with pytest.raises(OSError, match="disk full"):
        setup.ask_server(actor_for(admin), server, "host_key")
    assert not ServerCheck.objects.exists()


def test_a_confirmed_identity_is_used_from_then_on(admin, server):
    """With who confirmed it and when."""
    setup.confirm_host_key(actor_for(admin), server, KEY)
    row = Server.objects.get(pk=server.pk)
    assert (row.host_key, row.host_key_confirmed_by) == (KEY, admin)
    assert row.host_key_confirmed_at


def test_a_confirmed_git_host_is_used_from_then_on(admin, git_host):
    """The project's own pinned key."""
    setup.confirm_git_host_key(actor_for(admin), git_host, KEY)
    assert Project.objects.get().git_host_key == KEY


@pytest.mark.parametrize("seen", ["", "ssh-ed25519 other"])
def test_an_identity_that_was_not_shown_is_refused(admin, server, git_host, refusal, seen):
    """The form carries what the page showed."""
    with refusal("server.confirmed", "web-9 showed another identity"):
        setup.confirm_host_key(actor_for(admin), server, seen)
    with refusal("project.git_host_confirmed", "showed another identity"):
        setup.confirm_git_host_key(actor_for(admin), git_host, seen)


def test_an_identity_fetched_again_meanwhile_is_refused(admin, server, git_host, refusal):
    """The row counts, not what the page had loaded: somebody may be in between just now."""
    Server.objects.update(host_key_seen="ssh-ed25519 intruder")
    Project.objects.update(git_host_key_seen="ssh-ed25519 intruder")
    with refusal("server.confirmed", "another identity"):
        setup.confirm_host_key(actor_for(admin), server, KEY)
    with refusal("project.git_host_confirmed", "another identity"):
        setup.confirm_git_host_key(actor_for(admin), git_host, KEY)


@pytest.mark.parametrize(("minutes", "asked"), [(None, True), (6, True), (4, False)])
def test_the_source_is_read_again_when_it_is_old(shop, queued, minutes, asked):
    """Never read, or longer than five minutes ago."""
    if minutes:
        shop.source_read_at = timezone.now() - timedelta(minutes=minutes)
    assert setup.refresh_source(shop) is asked
    assert queued() == ([(queue.READ_SOURCE, shop.pk)] if asked else [])


def test_the_source_can_be_read_at_once(shop, queued):
    """The button “read again”."""
    shop.source_read_at = timezone.now()
    assert setup.refresh_source(shop, if_older_than=timedelta(0))
    assert queued() == [(queue.READ_SOURCE, shop.pk)]
