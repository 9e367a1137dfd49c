"""What every page test needs: a signed-in client per person, and refusals seen from outside."""

from datetime import timedelta

import pytest
from django.test import Client

from deployments.models import AuditEntry, Deployment
from deployments.pages import progress_kept
from deployments.services import clusters, sessions
from tests import factories

from .phones import PASSWORD


@pytest.fixture
def sign_in():
    """A function that gives a person's own client."""

    def open_client(user, **environment):
        client = Client(**environment)
        client.force_login(user)
        return client

    return open_client


@pytest.fixture
def within_a_minute(monkeypatch):
    """However long the test takes on a busy machine: `seen_at` is written once a minute."""
    monkeypatch.setattr(sessions, "SEEN_EVERY", timedelta(days=1))


@pytest.fixture
def anna(settings, releaser):
    """The releaser with a password, quickly hashed, and an address for mails."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    releaser.set_password(PASSWORD)
    releaser.email = "anna@shop.example"
    releaser.save()
    return releaser


@pytest.fixture
def assert_refused(db):
    """A function that checks a refusal: status, reason on the page, audit entry, same rows."""

    def check(response, reason, *, status=403, action="deployment.requested", rows=None):
        assert response.status_code == status
        assert reason in response.content.decode()
        entry = AuditEntry.objects.order_by("-seq").first()
        assert (entry.action, entry.outcome) == (action, "refused")
        assert reason in entry.sentence
        if rows is not None:
            assert list(Deployment.objects.values()) == rows

    return check


@pytest.fixture
def at_work(db):
    """A worker gave a sign of life a moment ago."""
    clusters.register("office:1", data_folder="data")


@pytest.fixture
def asked_anew(monkeypatch):
    """Nothing that somebody was told a moment ago is told again."""
    monkeypatch.setattr(progress_kept, "KEPT", timedelta())


@pytest.fixture
def commits(shop):
    """Three commits of the shop, the oldest first."""
    return factories.make_commits(shop, "Start", "Middle", "Newest")


@pytest.fixture
def ready(shop, commits):
    """A version that is built of the one in the middle."""
    return factories.make_release(shop, label="2.0", commit_sha=commits[1].sha)
