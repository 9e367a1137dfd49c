"""SQLite in memory with a clock that we set, as the default database, and faults at every write.

A run begins with a copy of a filled database (`Kept`), so none sees what another one did.
"""

import sqlite3
import sys
from contextlib import contextmanager
from datetime import UTC, datetime

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from . import faults

WRAPPERS = ("atomic", "write", "patiently", "_together", "_write", "<lambda>")
"""Frames of the record, the claim and the log that say nothing about what is written."""
AWAY = "the database is away (simulated)"


class Memory(DatabaseWrapper):
    """A database of its own; `observer` is told of every write (see `World`)."""

    def __init__(self, settings):
        super().__init__({**settings, "NAME": ":memory:", "TEST": settings.get("TEST", {})},
                         DEFAULT_DB_ALIAS)
        self.observer = None
        self.fault = None  # what happens once the transaction is written
        self.name_of_write = ""

    def get_new_connection(self, parameters):
        connection = super().get_new_connection(parameters)
        connection.create_function("STRFTIME", 2, self._now)
        return connection

    def _now(self, form, _):
        now = self.observer.loop.now if self.observer else datetime.now(UTC).timestamp()
        moment = datetime.fromtimestamp(now, UTC)
        return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03d}"

    def _commit(self):
        super()._commit()
        if self.observer:
            self.observer.written()
            fault, self.fault = self.fault, None
            if fault == faults.LOST_AFTER:
                raise OperationalError(AWAY)

    def _rollback(self):
        super()._rollback()
        self.fault = None
        if self.observer:
            self.observer.undone()

    def watch(self, execute, sql, params, many, context):
        """Wrap one statement: the first of a transaction, or one alone, may meet a fault."""
        if self.observer is None:
            return execute(sql, params, many, context)
        self.observer.alive()
        if self.in_atomic_block or sql.lstrip().startswith("SELECT"):
            return execute(sql, params, many, context)
        fault = self.observer.meet_write(writer())
        if fault == faults.LOST_BEFORE:
            raise OperationalError(AWAY)
        if sql.startswith("BEGIN"):
            self.fault = fault
            return execute(sql, params, many, context)
        result = execute(sql, params, many, context)
        if fault == faults.LOST_AFTER:
            raise OperationalError(AWAY)
        return result


def writer():
    """Return module.function of ours that writes now, the models' own functions left out."""
    frame = sys._getframe(1)
    while frame:
        path = frame.f_code.co_filename
        is_ours = "/deployments/" in path and "/deployments/models/" not in path
        if is_ours and frame.f_code.co_name not in WRAPPERS:
            return f"{path.rsplit('/', 1)[1].removesuffix('.py')}.{frame.f_code.co_name}"
        frame = frame.f_back
    return "?"


_migrated = []  # a copy: migrating takes seconds


@contextmanager
def in_memory():
    """Make a migrated database in memory the default one; yields it, and restores what was."""
    before = connections[DEFAULT_DB_ALIAS]
    memory = Memory(before.settings_dict)
    connections[DEFAULT_DB_ALIAS] = memory
    memory.execute_wrappers.append(memory.watch)
    try:
        if _migrated:
            memory.ensure_connection()
            _migrated[0].backup(memory.connection)
        else:
            call_command("migrate", verbosity=0)
            _migrated.append(sqlite3.connect(":memory:", check_same_thread=False))
            memory.connection.backup(_migrated[0])
        yield memory
    finally:
        memory.connection.close()
        connections[DEFAULT_DB_ALIAS] = before


class Kept:
    """All rows as they are now; `restore` brings them back."""

    def __init__(self, memory):
        self._memory = memory
        self._copy = sqlite3.connect(":memory:", check_same_thread=False)
        memory.connection.backup(self._copy)

    def restore(self):
        self._copy.backup(self._memory.connection)
