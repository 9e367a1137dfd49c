"""Notices that wait, and a mail server that behaves as each test says."""

import pytest
from django.core.mail.backends import smtp

from deployments.models import Notice
from deployments.notify import mail
from tests import factories
from tests.sandbox.mail import MailServer


@pytest.fixture
def use(settings):
    """A function that makes a server ours; it is slow to nobody: limits are a second or two."""

    def used(server, **over):
        values = {
            "MAIL_IS_ON": True, "EMAIL_BACKEND": f"{smtp.__name__}.EmailBackend",
            "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": server.port, "EMAIL_TIMEOUT": 1,
            "EMAIL_HOST_USER": None, "EMAIL_HOST_PASSWORD": None,
            "BASE_URL": "https://releases.shop.example",
            "DEFAULT_FROM_EMAIL": "Release manager <releases@shop.example>", **over}
        for name, value in values.items():
            setattr(settings, name, value)
        return server

    return used


@pytest.fixture
def served(use):
    """A function that starts a mail server with the answers it is given, and makes it ours."""
    servers = []

    def started(*, settings=None, **answers):
        servers.append(MailServer(**answers).__enter__())
        return use(servers[-1], **(settings or {}))

    yield started
    for server in servers:
        server.__exit__()


@pytest.fixture
def short(monkeypatch):
    """A whole try ends after two seconds."""
    monkeypatch.setattr(mail, "SEND_LIMIT_S", 2)


@pytest.fixture
def write(db):
    """A function that writes a notice, as services do."""

    def written(address="ada@shop.example", **over):
        fields = {"event": "deployment.succeeded", "subject": "Shop 2.9.1 to Production: Live",
                  "text": "Shop 2.9.1 is live.\n"}
        return Notice.objects.create(address=address, **fields | over)

    return written


@pytest.fixture
def deployment(production):
    release = factories.make_release(production.project, label="2.9.1")
    return factories.make_deployment(production, release=release)
