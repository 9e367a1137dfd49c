"""No transaction stays open over SSH, HTTP or git: whoever waits for a machine holds no lock."""

import concurrent.futures
import socket
import subprocess
import threading
from collections import Counter

import paramiko
import pytest
from django.db import connection, transaction

from deployments import tasks
from deployments.models import Server, ServerCheck, ServerCommand, Token
from deployments.remote import http
from deployments.services import tokens
from tests.sandbox.webhost import WebHost
from tests.show import Show, story

WAYS_OUT = (
    (socket.socket, "connect"),  # to sshd and to web servers
    (paramiko.Transport, "start_client"),
    (paramiko.Transport, "open_channel"),  # each command, each tunnel
    (http, "ask"),
    (subprocess.Popen, "__init__"),  # git and builds
    (concurrent.futures.ThreadPoolExecutor, "submit"),  # who waits for the threads of a step
    (threading.Thread, "start"),  # who waits for a build, whose own thread has no transaction
)
"""Whatever waits for another machine or another program goes through one of these."""


@pytest.fixture
def watched(monkeypatch):
    """(how often each way out was taken, which of them inside a transaction)."""
    taken, inside = Counter(), []

    def watch(owner, name):
        real = getattr(owner, name)

        def passed(*args, **names):
            taken[name] += 1
            if connection.in_atomic_block:
                inside.append((name, args))
            return real(*args, **names)

        monkeypatch.setattr(owner, name, passed)

    for owner, name in WAYS_OUT:
        watch(owner, name)
    return taken, inside


def _live_through_all(show, repository):
    """Tokens, questions, sources, builds, a release, a failed one, a reload and a way back."""
    server = Server.objects.get()
    for question in (ServerCheck.HOST_KEY, ServerCheck.CONNECTION):
        tasks.answer_check(ServerCheck.objects.create(server=server, question=question).pk)
    for moment in ("before", "after"):
        ServerCommand.objects.create(project=show.project, moment=moment, command="true")
    repository.add_variant("broken-page")
    tasks.read_source(show.project.pk)
    ended = [show.release("v1.0"), show.release("v2.0"), show.release("broken-page"),
             show.reload(), show.go_back()]
    tokens.revoke(show.admin, Token.objects.get())
    tasks.install_tokens(show.environment.installations.get().pk)
    return ended


def test_no_transaction_is_open_while_a_machine_is_waited_for(
        transactional_db, site_repository, watched):
    """A whole life of a site, by the guarded endpoint: asked, built, released, put back."""
    taken, inside = watched
    with WebHost("web-2", kind="stale") as host:
        show = Show(site_repository).on(host)
        ended = _live_through_all(show, site_repository)

    assert [row.status for row in ended] == [
        "succeeded", "succeeded", "failed", "succeeded", "succeeded"], story(ended[-1])
    assert inside == []
    assert set(taken) == {name for _, name in WAYS_OUT}


def test_a_way_out_inside_a_transaction_would_be_seen(transactional_db, watched):
    """Or the test above could pass for ever."""
    _, inside = watched
    with transaction.atomic():
        subprocess.run(["true"], check=True)
        threading.Thread(target=int).start()

    assert [name for name, _ in inside] == ["__init__", "start"]
