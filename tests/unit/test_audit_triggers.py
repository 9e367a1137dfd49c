"""The database itself refuses to change the log; this file runs on PostgreSQL, too."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from deployments import audit
from deployments.audit import triggers

TABLE = triggers.TABLE
IS_SQLITE = connection.vendor == "sqlite"
COLUMNS = ("seq, at, actor_id, actor_name, address, action, outcome, project_slug, "
           "environment_slug, sentence, details, form, request_id, about_type, about_id, "
           "about_text, before, after, is_late, previous_hash, key_id, hash")


@pytest.fixture
def guarded(db, settings):
    """Three entries and the triggers; all of it goes with the test's transaction."""
    settings.AUDIT_TRIGGERS = True
    triggers.install(connection)
    return [audit.record("test.happened", f"Entry {number}") for number in range(3)]


def copied(seq, previous, into="INSERT"):
    """SQL that puts a copy of the first entry in at this place."""
    names = COLUMNS.split(", ")
    chosen = ", ".join({"seq": str(seq), "previous_hash": previous}.get(name, name)
                       for name in names)
    return f"{into} INTO {TABLE} ({COLUMNS}) SELECT {chosen} FROM {TABLE} WHERE seq = 1"


ATTACKS = {
    "a change": f"UPDATE {TABLE} SET sentence = 'nothing' WHERE seq = 2",
    "a change of all": f"UPDATE {TABLE} SET form = 1",
    "a new number": f"UPDATE {TABLE} SET seq = 99 WHERE seq = 3",
    "a removal": f"DELETE FROM {TABLE} WHERE seq = 3",
    "a removal of all": f"DELETE FROM {TABLE}",
    "a gap": copied(9, f"(SELECT hash FROM {TABLE} WHERE seq = 3)"),
    "a number that is taken": copied(2, f"(SELECT hash FROM {TABLE} WHERE seq = 1)"),
    "another entry before": copied(4, "'0000'"),
}
if IS_SQLITE:
    ATTACKS |= {
        "a replacement": copied(2, "previous_hash", "INSERT OR REPLACE"),
        "a replacement of the last": copied(3, "previous_hash", "REPLACE"),
        "an update or replacement": f"UPDATE OR REPLACE {TABLE} SET seq = 1 WHERE seq = 2",
        "an upsert": copied(2, "previous_hash") + " AND true ON CONFLICT (seq) "
                     "DO UPDATE SET sentence = 'nothing'",
    }
else:
    ATTACKS |= {
        "a truncation": f"TRUNCATE {TABLE}",
        "an upsert": copied(2, "previous_hash") + " ON CONFLICT (seq) "
                     "DO UPDATE SET sentence = 'nothing'",
    }


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("is_recursive", [True, False] if IS_SQLITE else [True])
def test_the_database_refuses(guarded, attack, is_recursive):
    """In plain SQL, whatever a connection's own settings are; the chain is as it was."""
    with connection.cursor() as cursor:
        if IS_SQLITE:
            cursor.execute(f"PRAGMA recursive_triggers = {'ON' if is_recursive else 'OFF'}")
        with pytest.raises(IntegrityError, match="audit entries are"), transaction.atomic():
            cursor.execute(ATTACKS[attack])
        if IS_SQLITE:
            cursor.execute("PRAGMA recursive_triggers = ON")
    assert audit.verify().sentence == "3 entries, unaltered."


def test_the_next_entry_is_let_in(guarded):
    """Appending goes on as without them."""
    assert audit.record("test.happened", "Fourth").seq == 4
    assert audit.verify().first_bad is None


def test_what_is_missing_is_known_and_comes_back_with_migrate(guarded, settings):
    """SQLite drops a table's triggers where a later migration changes a column."""
    assert triggers.missing(connection) == []
    triggers.remove(connection)
    assert triggers.missing(connection) == list(triggers.NAMES)
    triggers.restore("default")
    assert triggers.missing(connection) == []
    settings.AUDIT_TRIGGERS = False
    triggers.remove(connection)
    triggers.restore("default")
    assert len(triggers.missing(connection)) == 3


def test_the_command_says_where_the_database_refuses_nothing(guarded, capsys):
    """An attacker who dropped them is seen even before a row was changed."""
    call_command("verify_audit")
    assert "does not refuse" not in capsys.readouterr().out
    triggers.remove(connection)
    call_command("verify_audit")
    assert "does not refuse changes of the log: audit_no_change" in capsys.readouterr().out
