"""Sends what is due by mail: text and HTML, one mail per notice, and each no longer than a limit.

What a mail server says goes into rows and onto pages: without our password, on one line.
"""

import base64
import contextlib
import logging
import smtplib
import socket
import threading
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils.translation import gettext as _

from .. import clock
from ..artifacts.masking import Masker
from ..pipeline.patience import patiently
from ..services.notices import NO_SERVER, one_line
from ..services.password_links import filled_in
from . import outbox
from .letters import as_html

SEND_LIMIT_S = 60
"""For one mail, looking up the server's name included; less than the lease lasts."""

TASK_LIMIT_S = 60
"""No new mail is begun after that: releases need the worker. What is left waits a minute."""

logger = logging.getLogger(__name__)


class NotSent(Exception):
    """Why, as a sentence. `is_final`: trying again is no use; `is_server`: no mail would do."""

    def __init__(self, sentence, *, is_final=False, is_server=False):
        super().__init__(sentence)
        self.is_final, self.is_server = is_final, is_server


def send_due():
    """Send what is due, oldest first; return how many were sent.

    One at a time sends: a mail server that hangs holds up one worker, not all of them.
    """
    count, until, away = 0, clock.monotonic() + TASK_LIMIT_S, None
    if outbox.is_being_sent():
        return count
    if not settings.MAIL_IS_ON:
        away = NotSent(NO_SERVER, is_final=True)
    while clock.monotonic() < until and (notice := outbox.take()):
        taken_at = clock.monotonic()
        try:
            if away:
                raise away
            send(notice)
        except NotSent as problem:
            away = problem if problem.is_server else away
            outbox.failed(notice, str(problem), is_final=problem.is_final)
        else:
            patiently(partial(outbox.sent, notice), beaten_at=taken_at)
            count += 1
    return count


def send(notice):
    """Hand one mail to the mail server; NotSent unless it took it."""
    try:
        letter = letter_of(notice)
        letter.message()
    except ValueError as fault:  # also of headers and of characters
        raise NotSent(_("No mail can be written to it: {plain}").format(
            plain=_plain(fault)), is_final=True) from None
    try:
        _Try(letter).run()
    except smtplib.SMTPRecipientsRefused as fault:
        code, answer = next(iter(fault.recipients.values()))
        raise NotSent(_("The mail server refused the address: {code} {plain}").format(
            code=code, plain=_plain(answer)),
                      is_final=code >= 500) from None
    except smtplib.SMTPDataError as fault:
        raise NotSent(_("The mail server refused the mail: {answer}").format(answer=_answer(fault)),
                      is_final=fault.smtp_code >= 500) from None
    except smtplib.SMTPAuthenticationError as fault:
        raise NotSent(_("The mail server refused our user or password: {answer}").format(
            answer=_answer(fault)),
                      is_server=True) from None
    except smtplib.SMTPResponseException as fault:  # also of our own address
        raise NotSent(_("The mail server refused us: {answer}").format(
            answer=_answer(fault)), is_server=True) from None
    except OSError as fault:  # every other SMTPException is one
        raise NotSent(_("The mail server cannot be used: {plain}").format(
            plain=_plain(fault)), is_server=True) from None
    except Exception as fault:
        logger.exception("Notice %s could not be sent", notice.pk)
        raise NotSent(_("An error of ours: {kind}. The log of the worker says more.").format(
            kind=type(fault).__name__)) from None


def letter_of(notice):
    """The mail. Every try of a notice has the same Message-ID: should one come twice, because the
    first answer was lost, mail programs can tell."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    number = f"notice-{notice.pk}-{int(notice.written_at.timestamp())}"
    text = filled_in(notice)
    letter = EmailMultiAlternatives(
        one_line(notice.subject, 200), text, settings.DEFAULT_FROM_EMAIL, [notice.address],
        headers={"Message-ID": f"<{number}@{host.encode('idna').decode()}>",
                 "Auto-Submitted": "auto-generated"})  # RFC 3834: nobody's holiday answers
    letter.attach_alternative(as_html(text), "text/html")
    return letter


class _Try:
    """One connection for one mail, given up after `SEND_LIMIT_S`, however slowly the server
    speaks and wherever its name is looked up."""

    def __init__(self, letter):
        self._letter, self._backend = letter, get_connection()
        self._lock, self._is_over, self._problem = threading.Lock(), False, None

    def run(self):
        thread = threading.Thread(target=self._work, daemon=True)
        thread.start()
        thread.join(SEND_LIMIT_S)
        with self._lock:
            is_done, self._is_over = self._is_over, True
        if not is_done:
            self._cut()
            raise TimeoutError(_("it took longer than {send_limit_s} s").format(
                send_limit_s=SEND_LIMIT_S))
        if self._problem:
            raise self._problem

    def _work(self):
        problem = None
        try:
            self._backend.open()
            if not self._is_over:  # else nobody waits for it any more, and it is tried again
                self._backend.send_messages([self._letter])
        except Exception as fault:
            problem = fault
        with self._lock:
            if not self._is_over:
                self._is_over, self._problem = True, problem
        with contextlib.suppress(Exception):  # taken is taken, whatever it says to QUIT
            self._backend.close()

    def _cut(self):
        line = getattr(getattr(self._backend, "connection", None), "sock", None)
        if line:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


def _answer(fault):
    return f"{fault.smtp_code} {_plain(fault.smtp_error)}"


def _plain(words):
    """What a server or an exception says, as the end of a sentence."""
    text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    user, password = settings.EMAIL_HOST_USER or "", settings.EMAIL_HOST_PASSWORD or ""
    if password:
        whole = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        masker = Masker([password, whole])
        text = masker.feed(text) + masker.rest()
    return f"{one_line(text, 200).rstrip('.') or 'without a word'}."
