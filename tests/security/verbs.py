"""What every service is tried with, the list of services as the code has it, and a witness of what
one call left behind."""

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Max

from deployments import services
from deployments.models import AuditEntry
from deployments.policy import Actor
from tests import factories

from .trying import Writes

LOG = ("deployments_auditentry", "deployments_audithead")


@dataclass(frozen=True)
class Verb:
    """A row of the table: `service` (module.function), the `actions` that stand in the log when
    somebody may, in this order, and the function that makes the `Scene`.

    Where a refusal is in the log as another action than the first of them, that is `refused_as`.
    `never` says why the service itself refuses nobody.
    """

    service: str
    actions: str
    stage: Callable
    refused_as: str = ""
    never: str = ""

    def __str__(self):
        return f"{self.service}, {self.actions}"


@dataclass
class Scene:
    """`call(actor)` calls the service; `actor` may. `wrong` is a call of theirs that is refused.

    `is_once`: they are refused when it has been done. `stranger` may not; None: nobody is asked who
    they are, but for a secret. Without `changes_rows` the entry is all that is left.
    """

    actor: Actor
    call: Callable
    wrong: Callable | None = None
    is_once: bool = False
    changes_rows: bool = True
    stranger: Actor | None = field(default_factory=lambda: person())


@dataclass
class Left:
    """What a call left: the tables it changed besides the log, its entries, the code that ran."""

    tables: list = None
    entries: list = None
    ran: set = field(default_factory=set)

    def went_through(self, function):
        return inspect.unwrap(function).__code__ in self.ran


def person(project=None, *actions, **fields):
    """The Actor of a new account with these entries for the project; by default without any."""
    return factories.actor_for(factories.make_user(None, project, *actions, **fields))


def administrator():
    return person(is_superuser=True)


def place(**over):
    """Production of a new project, on one server."""
    environment = factories.make_environment(slug="production", **over)
    factories.make_installation(environment)
    return environment


def found_services():
    """{module.function: function} of every public service that is told who asks, or that refuses
    in a transaction of its own."""
    return {name: function for name, function in _public()
            if "actor" in inspect.signature(function).parameters
            or "acting" in inspect.unwrap(function).__code__.co_names}


def found_without_actor():
    """{module.function: function} of every other public service that may write into the log."""
    told = found_services()
    return {name: function for name, function in _public()
            if name not in told and _may_record(function, set())}


def _public():
    """(module.function, function) of all functions of the services' package that others call."""
    prefix = f"{services.__name__}."
    for row in pkgutil.walk_packages(services.__path__, prefix):
        module = importlib.import_module(row.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == row.name and not name.startswith("_"):
                yield f"{row.name.removeprefix(prefix)}.{name}", function


def _may_record(function, seen):
    """Whether the function names `audit.record`, or another one of the services that does."""
    function = inspect.unwrap(function)
    if function in seen:
        return False
    seen.add(function)
    names = _names_in(function.__code__)
    if {"audit", "record"} <= names:
        return True
    known = [function.__globals__.get(name) for name in names]
    known += [getattr(row, name, None) for row in known if inspect.ismodule(row) for name in names]
    return any(_may_record(other, seen) for other in known
               if inspect.isfunction(other) and other.__module__.startswith(services.__name__))


def _names_in(code):
    inner = [_names_in(part) for part in code.co_consts if inspect.iscode(part)]
    return set(code.co_names).union(*inner)


@contextmanager
def watched():
    """Yield a `Left` that is filled in when the block has ended."""
    left, writes = Left(), Writes(besides=LOG)
    newest = AuditEntry.objects.aggregate(newest=Max("seq"))["newest"] or 0
    before = sys.gettrace()
    with connection.execute_wrapper(writes):
        sys.settrace(lambda frame, *_: left.ran.add(frame.f_code))  # None: calls, and no lines
        try:
            yield left
        finally:
            sys.settrace(before)
    left.tables = writes.tables
    left.entries = list(AuditEntry.objects.filter(seq__gt=newest).order_by("seq"))
