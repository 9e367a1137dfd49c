"""Messages of the queue that are lost or come more than once, under a worker that takes them."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from deployments import queue
from deployments.models import Deployment
from deployments.services.lost import WAKE_S
from tests.show import story

from .gates import again, ended, live_names, other, said
from .processes import wait_until

NOBODY_IS_LOST = True


@pytest.fixture
def worker(house, gates):
    """A worker that takes tasks; nothing holds its deployments."""
    with house.worker() as running:
        yield running


def _assert_it_ran_once(deployment, gates, hosts):
    assert ended(deployment).status == "succeeded", story(again(deployment))
    assert again(deployment).attempts == 1
    assert gates["before"].starts == gates["after"].starts == 1
    assert live_names(hosts) == {deployment.release.name}
    assert "was lost" not in said(deployment)


def _ask(show, versions, gates, meddle, *, held=""):
    """Ask for the other version while `meddle(row)` spoils its message; nobody has it before. The
    gate of the moment `held` stays closed."""
    for moment, gate in gates.items():
        gate.close()
        if moment != held:
            gate.open()
    with transaction.atomic():
        deployment = show.ask(other(show, versions))
        meddle(deployment)
    return deployment


def test_a_message_that_is_lost_is_sent_again_and_runs_once(worker, show, versions, gates, hosts):
    """The row keeps what was asked for; its time to wait is put forward here."""
    deployment = _ask(show, versions, gates, lambda row: OrmQ.objects.filter(
        key=queue.RELEASES).delete())
    wait_until(lambda: again(deployment).woken_at, limit_s=10)
    assert again(deployment).words == "In line"
    Deployment.objects.filter(pk=deployment.pk, status="queued").update(
        woken_at=timezone.now() - timedelta(seconds=WAKE_S))

    _assert_it_ran_once(deployment, gates, hosts)


def test_a_message_that_comes_three_times_runs_once(worker, show, versions, gates, hosts):
    """Two at the beginning, for two idle workers, and one in the middle: one row, one claim."""
    deployment = _ask(show, versions, gates, lambda row: queue.wake(queue.DEPLOY, row.pk),
                      held="before")
    wait_until(lambda: gates["before"].starts)
    queue.wake(queue.DEPLOY, deployment.pk)
    gates["before"].open()

    _assert_it_ran_once(deployment, gates, hosts)
    wait_until(lambda: not OrmQ.objects.filter(key=queue.RELEASES).exists(), limit_s=20)
    _assert_it_ran_once(deployment, gates, hosts)
