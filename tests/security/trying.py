"""One cell of the matrix: a person knocks at a door, and what became of it, without a trace."""

import logging
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from unittest import mock
from urllib.parse import urlencode

from django.db import connection, transaction
from django.template.backends.django import Template
from django.test import Client

from deployments.models import AuditEntry
from deployments.policy import entries, looking, people
from deployments.site import site

BESIDES = ("django_session", "deployments_signin", "deployments_auditentry",
           "deployments_audithead")
"""Tables that a refusal may write to: who is there, and the audit log itself."""


_now = []  # the `Writes` of the knock that is going on


@dataclass(frozen=True)
class Outcome:
    """What one request did: its status, the tables it left changed, what it wrote into the log."""

    status: int
    location: str
    written: frozenset
    entries: tuple  # of (action, outcome, reason)

    @property
    def is_let_in(self):
        """The page came, or led on to another one than the sign-in or (row not there) home."""
        if self.status in (302, 303):
            return "/login/" not in self.location and self.location != "/admin/"
        return self.status == 200 and not self.refusals

    @property
    def refusals(self):
        return [row for row in self.entries if row[1] == "refused"]


class Writes:
    """Collects the tables that statements change, but for `besides`, and forgets what was rolled
    back; `entries` counts those of the audit log that were written."""

    def __init__(self, besides=BESIDES):
        self.tables, self._besides, self._marks = [], besides, {}
        self.entries = 0

    def __call__(self, execute, sql, params, many, context):
        word, _, rest = sql.lstrip().partition(" ")
        if word == "SAVEPOINT":
            self._marks[rest.strip('"; ')] = len(self.tables), self.entries
        elif word == "ROLLBACK":
            length, self.entries = self._marks.get(rest.split()[-1].strip('"; '), (0, 0))
            del self.tables[length:]
        elif word in ("INSERT", "UPDATE", "DELETE", "REPLACE"):
            table = sql.split('"')[1]
            self.entries += (word, table) == ("INSERT", "deployments_auditentry")
            if table not in self._besides:
                self.tables.append(table)
        return execute(sql, params, many, context)


@contextmanager
def without_drawing():
    """Pages are worked out and not drawn, without the frame around them: the matrix asks who gets
    in, not what it looks like. What is refused is not printed either."""
    logging.disable(logging.CRITICAL)
    with (mock.patch.object(Template, "render", return_value=""),
          mock.patch.object(site, "each_context", return_value={}), reading_once()):
        yield
    logging.disable(logging.NOTSET)


@contextmanager
def reading_once():
    """A person's entries are read once, as no knock leaves any changed; within a knock that has
    written something they are read anew."""
    known, read = {}, entries.read

    def remembered(user, **narrowed):
        if not _now or _now[-1].tables:
            return read(user, **narrowed)
        key = user.pk if user else None, repr(narrowed)
        if key not in known:
            known[key] = read(user, **narrowed)
        return known[key].copy()

    with ExitStack() as patches:
        for module in (entries, looking, people):
            patches.enter_context(mock.patch.object(module, "read", remembered))
        yield


def browser_of(user):
    """A browser in which the person is signed in; None: nobody is."""
    browser = Client(raise_request_exception=False)
    if user is not None:
        browser.force_login(user)
    return browser


def knock(browser, method, url, address, fields=None, **extra):
    """Do it, look what it left, and take it back."""
    writes, cookies = Writes(), browser.cookies.copy()
    _now.append(writes)
    with transaction.atomic(), connection.execute_wrapper(writes):
        response = browser.generic(
            method, url, *_body(method, fields), REMOTE_ADDR=address, **extra)
        recorded = newest_entries(writes.entries)
        written = frozenset(writes.tables)
        transaction.set_rollback(True)
    browser.cookies = cookies
    _now.remove(writes)
    return Outcome(response.status_code, response.headers.get("Location", ""), written, recorded)


def newest_entries(number):
    """So many entries of the audit log, oldest first, as (action, outcome, reason)."""
    if not number:
        return ()
    rows = AuditEntry.objects.order_by("-seq").values_list("action", "outcome", "details")
    return tuple((action, outcome, details.get("reason", ""))
                 for action, outcome, details in reversed(rows[:number]))


def _body(method, fields):
    if method == "GET" or fields is None:
        return ()
    return urlencode(fields, doseq=True), "application/x-www-form-urlencoded"


