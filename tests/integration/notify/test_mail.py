"""Mails through a real mail server: what it gets, and what follows when it will not have it."""

import re
import socket
import ssl
import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from deployments import tasks
from deployments.models import Environment, Notice
from deployments.notify import mail, outbox
from deployments.services import notices
from tests.sandbox.daemons import free_port
from tests.sandbox.mail import MailServer
from tests.sandbox.nginx import make_certificate

PASSWORD = "canary p@ss:word"


def state(notice):
    notice.refresh_from_db()
    return notice.status, notice.tries, notice.problem


def due_again():
    """Let the time until the next try go by."""
    Notice.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))


def test_an_end_arrives_as_text_and_as_html_with_its_link(served, deployment):
    """From the row to the server: headers, text, envelope, one mail per address."""
    server = served()
    Environment.objects.update(notify_addresses="ada@shop.example\nops@shop.example")
    notices.tell_deployment(deployment, "succeeded", "Größe: 2 of 2 PHP workers run it.")

    tasks.send_notices(Notice.objects.first().pk)

    assert server.recipients == [["ada@shop.example"], ["ops@shop.example"]]
    assert server.senders == ["<releases@shop.example>"] * 2
    first, second = server.mails
    assert first["To"] == "ada@shop.example"
    assert first["From"] == "Release manager <releases@shop.example>"
    assert first["Subject"] == "Shop 2.9.1 to Production: Live and checked"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first.get_content_type() == "multipart/alternative"
    plain, html = first.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert first["Message-ID"].endswith("@releases.shop.example>")
    assert first["Message-ID"] != second["Message-ID"]
    text, page = plain.get_content(), html.get_content()
    assert "<p>Größe: 2 of 2 PHP workers run it.</p>" in page
    assert re.findall(r"https?://[^\"<]+", page) == [
        f"https://releases.shop.example/admin/progress/{deployment.pk}/"]
    assert "Größe: 2 of 2 PHP workers run it." in text
    assert f"https://releases.shop.example/admin/progress/{deployment.pk}/" in text
    assert f"ref R-{deployment.pk}" in text
    row = Notice.objects.first()
    assert (row.status, row.problem, row.lease_until) == ("sent", "", None)
    assert row.sent_at is not None


def test_what_was_sent_is_not_sent_again(served, write):
    """However often somebody is woken."""
    server = served()
    write()
    assert [mail.send_due(), mail.send_due()] == [1, 0]
    assert len(server.mails) == 1


@pytest.mark.parametrize(("answers", "is_final", "problem"), [
    ({"rcpt": "550 no such user here"}, True,
     "The mail server refused the address: 550 no such user here."),
    ({"rcpt": "450 try later"}, False, "The mail server refused the address: 450 try later."),
    ({"body": "554 looks like spam"}, True,
     "The mail server refused the mail: 554 looks like spam."),
    ({"body": "452 disk full"}, False, "The mail server refused the mail: 452 disk full."),
    ({"data": "451 not now"}, False, "The mail server refused the mail: 451 not now."),
    ({"mail": "553 not your address"}, False,
     "The mail server refused us: 553 not your address."),
    ({"mail": "421 too many of you"}, False, "The mail server refused us: 421 too many of you."),
    ({"greeting": "421 closed"}, False, "The mail server refused us: 421 closed."),
    ({"greeting": "554 go away"}, False, "The mail server refused us: 554 go away."),
    ({"body": "554 two\r\nBcc: eve@x.example\x1b[31m"}, True, "The mail server refused the mail: "
     "554 two."),
])
def test_a_refusal_is_kept_in_the_servers_words(served, write, answers, is_final, problem):
    """For good: given up. For now, or because of us: tried again in a minute."""
    server, row = served(**answers), write()
    mail.send_due()
    assert state(row) == ("given_up" if is_final else "waiting", 1, problem)
    assert server.mails == []
    assert row.lease_until is None
    if not is_final:
        wait_s = (row.next_try_at - timezone.now()).total_seconds()
        assert 55 < wait_s <= 60
        assert mail.send_due() == 0
        server.answers = {}
        due_again()
        assert mail.send_due() == 1
        assert state(row) == ("sent", 2, "")


@pytest.mark.parametrize("moment", ["greeting", "ehlo", "mail", "rcpt", "data", "body"])
def test_a_server_that_dies_midway_is_tried_again(served, write, moment):
    """Under the same Message-ID: what it took before it died, nobody can know."""
    server, row = served(**{moment: MailServer.DIE}), write()
    mail.send_due()
    status, tries, problem = state(row)
    assert (status, tries) == ("waiting", 1)
    assert problem.startswith("The mail server cannot be used: ")
    before = mail.letter_of(row).message()["Message-ID"]
    server.answers = {}
    due_again()
    assert mail.send_due() == 1
    assert [each["Message-ID"] for each in server.mails] == [before]


@pytest.mark.parametrize("how", [MailServer.DIE, MailServer.HANG, "500 what"])
def test_what_was_taken_is_sent_whatever_becomes_of_the_line(served, write, how, short):
    """The server said 250; what it does after that, QUIT included, changes nothing."""
    server, row = served(quit=how), write()
    assert mail.send_due() == 1
    assert state(row) == ("sent", 1, "")
    assert len(server.mails) == 1


@pytest.mark.parametrize("moment", ["greeting", "body"])
def test_a_server_that_hangs_is_left(served, write, moment, short):
    """After a second of silence."""
    row, began = write(), time.monotonic()
    served(**{moment: MailServer.HANG})
    mail.send_due()
    assert time.monotonic() - began < 30
    assert state(row)[0] == "waiting"


@pytest.mark.parametrize("moment", ["greeting", "ehlo"])
def test_a_server_that_answers_without_end_is_left(served, write, moment, short):
    """It is never silent, so that no timeout of a socket ends it."""
    row, began = write(), time.monotonic()
    served(**{moment: MailServer.DRIBBLE})
    mail.send_due()
    assert time.monotonic() - began < 30
    assert state(row) == ("waiting", 1,
                          "The mail server cannot be used: it took longer than 2 s.")


def test_a_server_that_is_away_holds_nobody_up_twice(use, write, monkeypatch):
    """The others that are due have the same reason, without asking it again for each."""
    calls = []
    monkeypatch.setattr(
        socket, "create_connection", _counted(socket.create_connection, calls))

    class Nowhere:
        port = free_port()

    use(Nowhere)
    rows = [write(), write("ops@shop.example")]
    assert mail.send_due() == 0
    assert {state(row) for row in rows} == {
        ("waiting", 1, "The mail server cannot be used: [Errno 111] Connection refused.")}
    assert len(calls) == 1


def _counted(real, calls):
    def call(*arguments, **names):
        calls.append(arguments)
        return real(*arguments, **names)

    return call


def test_one_bad_address_keeps_no_other_from_its_mail(served, write):
    """550 is about the address alone."""
    server = served(rcpt="550 not {address}")
    bad = write("bad@shop.example")
    mail.send_due()
    server.answers = {}
    good = write("good@shop.example")
    assert mail.send_due() == 1
    assert (state(bad)[0], state(good)[0]) == ("given_up", "sent")


def test_it_is_given_up_after_eight_tries(served, write):
    """With the last reason; each wait longer than the one before."""
    served(rcpt="450 try later")
    row, waits = write(), []
    for _ in range(len(outbox.WAITS) + 1):
        mail.send_due()
        row.refresh_from_db()
        if row.status == "waiting":
            waits.append((row.next_try_at - timezone.now()).total_seconds())
        due_again()
    assert state(row) == ("given_up", 8, "The mail server refused the address: 450 try later.")
    assert [round(wait, -1) for wait in waits] == list(outbox.WAITS)
    assert waits == sorted(waits)


def test_a_sign_in_goes_through_and_its_refusal_shows_no_password(served, write):
    """Some servers repeat what they were sent, as it is or as it travelled."""
    secret = {"EMAIL_HOST_USER": "releases", "EMAIL_HOST_PASSWORD": PASSWORD}
    server, row = served(settings=secret), write()
    assert mail.send_due() == 1
    server.answers = {"auth": "535 wrong: {line} {password}"}
    row = write()
    mail.send_due()
    status, _, problem = state(row)
    assert status == "waiting"
    assert problem.startswith("The mail server refused our user or password: 535 wrong: AUTH")
    assert "canary" not in problem
    assert problem.count("•••") == 2


def test_a_server_without_the_encryption_we_demand_gets_nothing(served, write):
    """Neither the mail nor a password, when somebody took STARTTLS out."""
    server, row = served(settings={"EMAIL_USE_TLS": True}), write()
    mail.send_due()
    assert state(row)[2].startswith("The mail server cannot be used: STARTTLS")
    assert server.mails == []


def test_a_certificate_nobody_vouches_for_is_refused(use, write, tmp_path):
    """Somebody in between could read it."""
    with MailServer() as server:
        _wrap(server, make_certificate(tmp_path, names=["127.0.0.1"]))
        use(server, EMAIL_USE_SSL=True)
        row = write()
        mail.send_due()
    assert "certificate verify failed" in state(row)[2]
    assert server.mails == []


def _wrap(server, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    server._server.socket = context.wrap_socket(server._server.socket, server_side=True)


def test_no_header_can_be_forged_by_what_a_row_holds(served, write):
    """Services clean what they write; the mail does not rely on it."""
    server = served()
    write(subject="Shop\r\nBcc: eve@shop.example\r\n\r\nforged")
    bad = write("ada@shop.example\nBcc: eve@shop.example")
    mail.send_due()
    assert [each["Subject"] for each in server.mails] == [
        "Shop Bcc: eve@shop.example forged"]
    assert server.mails[0]["Bcc"] is None
    assert state(bad)[:2] == ("given_up", 1)
    assert bad.problem.startswith("No mail can be written to it: ")


def test_a_huge_text_arrives_whole(served, write):
    """Lines longer than a mail server takes are broken and joined again; a dot stays a dot."""
    server, text = served(), ".\n" + "x" * 5000 + "\n.\nend\n"
    write(text=text, subject="one word " * 20)
    assert mail.send_due() == 1
    plain, html = server.mails[0].iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == text
    assert "x" * 5000 in html.get_content()
    assert server.mails[0]["Subject"] == ("one word " * 20).strip()


def test_without_a_mail_server_what_waits_is_given_up_with_that_reason(write, settings):
    """It was configured when the notice was written, and is not any more."""
    settings.MAIL_IS_ON = False
    rows = [write(), write("ops@shop.example")]
    mail.send_due()
    assert {state(row) for row in rows} == {("given_up", 1, "No mail server is configured.")}


def test_a_database_that_is_away_after_the_mail_was_taken_is_waited_for(
        transactional_db, served, write, monkeypatch):
    """Otherwise the mail would go out once more."""
    server, row, faults = served(), write(), [OperationalError("gone")]
    real = outbox.sent

    def sent(notice):
        if faults:
            raise faults.pop()
        return real(notice)

    monkeypatch.setattr(outbox, "sent", sent)
    assert mail.send_due() == 1
    assert state(row) == ("sent", 1, "")
    assert len(server.mails) == 1


def test_an_error_of_ours_is_a_reason_too(write, served, monkeypatch):
    """Nothing a backend does stops the others' mails for good."""
    served()
    monkeypatch.setattr(mail._Try, "run", lambda self: {}["no such key"])
    row = write()
    mail.send_due()
    assert state(row)[2] == "An error of ours: KeyError. The log of the worker says more."
