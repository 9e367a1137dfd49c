"""Two workers and one outbox: who may send, what a lost one leaves, who is woken."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import Notice
from deployments.notify import mail, outbox
from deployments.services import stopping
from tests import factories
from tests.integration.house.processes import House, wait_until
from tests.sandbox.mail import MailServer


def test_of_two_senders_one_gets_a_notice(transactional_db, write, at_once):
    """By compare and swap: twenty notices, two at a time, none taken twice."""
    for number in range(20):
        write(f"a{number}@shop.example")

    def take_all():
        taken = []
        while row := outbox.take():
            taken.append(row.pk)
        return taken

    first, second = at_once(take_all, take_all)
    assert sorted(first + second) == sorted(Notice.objects.values_list("pk", flat=True))


def test_two_workers_at_once_send_each_mail_once(transactional_db, served, write, at_once):
    """Whoever comes second leaves it to the first, or shares."""
    server = served()
    for number in range(10):
        write(f"a{number}@shop.example")
    assert sum(at_once(mail.send_due, mail.send_due, mail.send_due)) == 10
    assert len(server.mails) == 10
    assert len({each["To"] for each in server.mails}) == 10


def test_whoever_finds_a_sender_at_work_leaves_it_alone(write, served):
    """A mail server that hangs holds up one worker: releases need the others."""
    server = served()
    write()
    outbox.take()
    write("ops@shop.example")
    assert mail.send_due() == 0
    assert server.connections == 0


def test_a_notice_under_a_lease_is_not_due_and_one_whose_sender_was_lost_is(write):
    """Two minutes after its try began."""
    row = write()
    assert outbox.take().pk == row.pk
    assert outbox.take() is None
    Notice.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    again = outbox.take()
    assert (again.pk, again.tries) == (row.pk, 2)


def test_a_sender_that_was_held_to_be_lost_writes_nothing_more(write):
    """Neither that it was sent nor why not: the other one's try is what counts."""
    write()
    slow = outbox.take()
    Notice.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    other = outbox.take()
    assert not outbox.sent(slow)
    assert not outbox.failed(slow, "Too slow.")
    assert outbox.sent(other)
    assert not outbox.failed(other, "Late.")
    assert Notice.objects.get().status == "sent"


def test_a_notice_that_kills_each_worker_is_given_up(write):
    """It is counted before it is sent."""
    write(tries=8, lease_until=timezone.now() - timedelta(seconds=1))
    assert outbox.take() is None
    row = Notice.objects.get()
    assert (row.status, row.problem) == ("given_up", "The worker was lost while it sent this.")


def test_new_ones_come_before_those_that_failed(write):
    """A server that refuses an old one does not keep the news waiting."""
    write(tries=3, next_try_at=timezone.now() - timedelta(hours=1))
    new = write()
    assert outbox.take().pk == new.pk


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken_and_sends_at_once(tmp_path, production, settings):
    """The whole way, with our own worker process: stop a release that waits, and read the mail."""
    settings.MAIL_IS_ON = True
    asker = factories.make_user("ada", production.project, "look", "release",
                                email="ada@shop.example")
    with MailServer() as server:
        house = House(tmp_path, EMAIL_URL=f"smtp://127.0.0.1:{server.port}",
                      BASE_URL="https://releases.shop.example")
        with house.worker():
            row = factories.make_deployment(production, status="awaiting_approval",
                                            requested_by=asker)
            stopping.stop(factories.actor_for(asker), row)
            wait_until(lambda: server.mails, limit_s=20, story=house.logs)
            wait_until(lambda: Notice.objects.get().status == "sent", limit_s=5)
    assert server.mails[0]["Subject"].endswith(": Stopped")
    assert len(server.mails) == 1
