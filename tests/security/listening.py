"""What a life of the product leaves behind: answers, log lines, mails, output, rows, reprs."""

import io
import logging
from contextlib import contextmanager

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client


class Heard:
    """(where, text) pairs by sort; `handed` are answers that are for their person alone."""

    def __init__(self):
        self.answers, self.handed, self.lines, self.output = [], [], [], []
        self.statuses, self.is_handing = {}, False

    @contextmanager
    def handing_over(self):
        """What is answered now is meant to hold a secret."""
        self.is_handing = True
        yield
        self.is_handing = False


class Visitor(Client):
    """A browser whose answers are kept, headers included; cookies are the browser's own."""

    def __init__(self, heard, **options):
        super().__init__(raise_request_exception=False, **options)
        self.heard = heard

    def request(self, **request):
        response = super().request(**request)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        headers = [f"{name}: {value}" for name, value in response.headers.items()]
        where = f"{request['REQUEST_METHOD']} {request['PATH_INFO']}"
        sort = self.heard.handed if self.heard.is_handing else self.heard.answers
        sort.append((where, "\n".join([*headers, body.decode("utf-8", "replace")])))
        self.heard.statuses.setdefault(response.status_code, []).append(where)
        return response


class _Ear(logging.Handler):
    def __init__(self, lines):
        super().__init__(logging.DEBUG)
        self.lines = lines

    def emit(self, record):
        self.lines.append((record.name, f"{self.format(record)} {record.args!r}"))


@contextmanager
def all_logs(lines):
    """Every logger writes all it can, tracebacks included."""
    ear, root = _Ear(lines), logging.getLogger()
    every = [each for each in logging.root.manager.loggerDict.values()
             if isinstance(each, logging.Logger)]
    levels = [(each, each.level, each.propagate) for each in (root, *every)]
    quiet, root.handlers = root.handlers, [ear]
    for each in (root, *every):
        each.setLevel(logging.DEBUG)
        each.propagate = True
    yield
    root.handlers = quiet
    for each, level, propagate in levels:
        each.setLevel(level)
        each.propagate = propagate


def said_by(*words):
    """All that a command prints, however it ends."""
    out = io.StringIO()
    try:
        call_command(*words, stdout=out, stderr=out)
    except (SystemExit, CommandError) as end:
        out.write(str(end))
    return " ".join(map(str, words)), out.getvalue()


def dump():
    """The whole database as SQL."""
    return "\n".join(connection.connection.iterdump())


def rows_in_words():
    """repr() and str() of every row there is."""
    for model in apps.get_models():
        if model._meta.app_label != "django_q":  # reading its rows loads pickles
            for row in model._base_manager.all():
                yield model.__name__, f"{row!r} {row}"


def objects_in_words(*roots):
    """repr() and str() of every object of ours that can be reached from these."""
    todo, seen = list(roots), {}
    while todo:
        it = todo.pop()
        if id(it) in seen:
            continue
        seen[id(it)] = it
        if isinstance(it, dict):
            todo += it.values()
        elif isinstance(it, (list, tuple, set, frozenset)):
            todo += it
        elif type(it).__module__.startswith("deployments"):
            yield type(it).__qualname__, f"{it!r} {it}"
            todo += vars(it).values() if hasattr(it, "__dict__") else ()
