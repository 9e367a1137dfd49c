"""Database triggers that refuse to change a vote, also for whoever writes SQL.

They stop mistakes and stolen application logins; whoever owns the tables can drop them. SQLite's
`INSERT OR REPLACE` deletes without DELETE triggers (unless recursive_triggers is on), so a key
that is there already is refused by itself.
"""

from django.conf import settings
from django.db import connections

TABLE = "deployments_approval"
NAMES = ("votes_no_change", "votes_no_removal", "votes_no_replacing")
_NEVER = "votes are never changed or removed"

SQLITE = (
    f"""CREATE TRIGGER IF NOT EXISTS votes_no_change BEFORE UPDATE ON {TABLE}
BEGIN SELECT RAISE(ABORT, '{_NEVER}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS votes_no_removal BEFORE DELETE ON {TABLE}
BEGIN SELECT RAISE(ABORT, '{_NEVER}'); END""",
    """CREATE TRIGGER IF NOT EXISTS votes_no_replacing BEFORE INSERT ON deployments_approval
WHEN NEW.id IN (SELECT id FROM deployments_approval)
BEGIN SELECT RAISE(ABORT, 'votes are never changed or removed'); END""",
)
POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION votes_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{_NEVER}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    *(f"DROP TRIGGER IF EXISTS {name} ON {TABLE}" for name in NAMES),
    f"""CREATE TRIGGER votes_no_change BEFORE UPDATE ON {TABLE}
FOR EACH ROW EXECUTE FUNCTION votes_refuse()""",
    f"""CREATE TRIGGER votes_no_removal BEFORE DELETE ON {TABLE}
FOR EACH ROW EXECUTE FUNCTION votes_refuse()""",
    f"""CREATE TRIGGER votes_no_replacing BEFORE TRUNCATE ON {TABLE}
FOR EACH STATEMENT EXECUTE FUNCTION votes_refuse()""",
)


def install(connection):
    """Make the triggers, whether or not they are there, unless AUDIT_TRIGGERS is off."""
    if settings.AUDIT_TRIGGERS:
        _run(connection, {"sqlite": SQLITE, "postgresql": POSTGRESQL}[connection.vendor])


def remove(connection):
    """Drop them: for going back to the migration before, and for tests that empty tables."""
    on = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    _run(connection, [f"DROP TRIGGER IF EXISTS {name}{on}" for name in NAMES])


def restore(using, **kwargs):
    """After every `migrate`: SQLite drops a table's triggers where a column is changed."""
    connection = connections[using]
    if TABLE in connection.introspection.table_names():
        install(connection)


def _run(connection, statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
