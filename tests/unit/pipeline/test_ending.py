"""The one end of a deployment, while the database comes and goes."""

from datetime import timedelta

from django.db import OperationalError, connection
from django.utils import timezone

from deployments import clock
from deployments.models import Deployment
from deployments.pipeline.claim import Claim
from deployments.pipeline.record import Record
from tests import factories


def test_an_end_that_the_database_lost_is_tried_again_as_a_whole(
        staging, transactional_db, monkeypatch):
    """Inside a transaction that is lost nothing can be tried again: it would wait for nothing."""
    row = factories.make_deployment(staging, status="running", owner="host:1",
                                    lease_until=timezone.now() - timedelta(seconds=1))
    claim = Claim.take(row.pk)
    waited, real = [], Claim.rows

    def rows(self):
        if connection.in_atomic_block and not waited:
            raise OperationalError("server closed the connection unexpectedly")
        return real(self)

    monkeypatch.setattr(Claim, "rows", rows)
    monkeypatch.setattr(clock, "sleep", lambda seconds: waited.append(connection.in_atomic_block))
    Record(claim, Deployment.objects.get(), row.targets.all()).end("succeeded", "It is live.")
    row.refresh_from_db()
    assert (row.status, waited) == ("succeeded", [False])
