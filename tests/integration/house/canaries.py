"""Where a secret could have leaked to: processes' arguments, rows, pages."""

import contextlib
import re
import threading
import time
from collections import Counter
from html import unescape
from pathlib import Path

import requests
from django.db import connection

_LINK = re.compile(r'(?:href|data-rows)="(/admin/[^"#]*)"')
_CSV = re.compile(r'<form method="post" action="([^"]*)"[^>]* data-downloads>'
                  r'<input[^>]*name="csrfmiddlewaretoken" value="([^"]*)">')
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]*)"')
ALIKE = 10
"""Pages opened of one kind, such as one line of a log each."""


class Watch:
    """`with Watch(secrets) as watch:` reads every process's arguments all the time.

    `programs` are the names it saw, `leaks` the command lines in which a secret stood.
    """

    def __init__(self, secrets):
        self._secrets = [secret.encode() for secret in secrets]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.programs, self.leaks = set(), set()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc_info):
        self._ended.set()
        self._thread.join()

    def _look(self):
        while not self._ended.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    arguments = (process / "cmdline").read_bytes()
                    self.programs.add(arguments.partition(b"\0")[0].rpartition(b"/")[2])
                    if any(secret in arguments for secret in self._secrets):
                        self.leaks.add(arguments)
            time.sleep(0.01)


class Visitor:
    """Somebody signed in who opens every page that links lead to."""

    def __init__(self, address, name, password):
        self._address, self._session = address, requests.Session()
        self._session.trust_env = False
        login = self._session.get(f"{address}/admin/login/")
        token = _TOKEN.search(login.text)[1]
        answer = self._session.post(f"{address}/admin/login/?next=/admin/", data={
            "username": name, "password": password, "csrfmiddlewaretoken": token})
        assert answer.url == f"{address}/admin/", f"{name} could not sign in"

    def post(self, path, **fields):
        """What a form's answer reads."""
        token = _TOKEN.search(self._session.get(self._address + path).text)[1]
        return self._session.post(self._address + path,
                                  data={**fields, "csrfmiddlewaretoken": token}).text

    def pages(self):
        """Every page by its path, and every export. GET alone, nobody is signed out."""
        todo, found, kinds = ["/admin/"], {}, Counter()
        while todo:
            path = todo.pop(0)
            kind = re.sub(r"[0-9][^/]*", "N", path)
            if path in found or kinds[kind] == ALIKE or "logout" in path or "password" in path:
                continue
            kinds[kind] += 1
            answer = self._session.get(self._address + path)
            found[path] = answer.text
            if "html" in answer.headers.get("Content-Type", ""):
                todo += [_plain(link) for link in _LINK.findall(answer.text)]
                for action, token in _CSV.findall(answer.text):
                    found[f"{action} as CSV"] = self._session.post(
                        self._address + action, data={"csrfmiddlewaretoken": token}).text
        return found


def _plain(link):
    """A link without orders and filters, which only show the same rows again."""
    path, _, query = unescape(link).partition("?")
    return f"{path}?{query}" if query.startswith(("version=", "after=")) else path


def rows():
    """Every row of every table as text, as the database itself holds it."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                yield table, " ".join(map(str, row))
