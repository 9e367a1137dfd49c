"""What every refusal must leave behind: its reason, one audit entry, and all rows as they were."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone
from django_q.models import OrmQ

from deployments import audit
from deployments.errors import Refused
from deployments.models import AuditEntry
from tests.factories import make_deployment, make_release


def _rows():
    models = [model for model in apps.get_app_config("deployments").get_models()
              if not model.__name__.startswith("Audit")]
    return {model: list(model.objects.order_by("pk").values()) for model in [*models, OrmQ]}


@pytest.fixture
def refusal(db):
    """A context manager: its block is refused for a reason that matches, as `action`."""

    @contextmanager
    def refused(action, reason):
        before, entries = _rows(), AuditEntry.objects.count()
        with pytest.raises(Refused, match=reason) as raised:
            yield raised
        assert raised.value.reason[-1] in ".?!"
        assert _rows() == before
        assert AuditEntry.objects.count() == entries + 1
        entry = AuditEntry.objects.order_by("seq").last()
        assert (entry.action, entry.outcome) == (action, "refused")
        assert raised.value.reason in entry.sentence
        assert entry.details["reason"] == raised.value.reason

    return refused


@pytest.fixture
def audited(db):
    """A function that lists (action, outcome) of all entries, and demands an unaltered chain."""

    def listed():
        assert audit.verify().first_bad is None
        return list(AuditEntry.objects.order_by("seq").values_list("action", "outcome"))

    return listed


@pytest.fixture
def release(shop):
    return make_release(shop, label="2.8.1")


@pytest.fixture
def lives(production, shop):
    """A function that makes a new version live in production; days ago, oldest first."""

    def live(label, *, days=0, **over):
        release = make_release(shop, label=label, **over)
        make_deployment(production, release=release,
                        finished_at=timezone.now() - timedelta(days=days))
        return release

    return live
