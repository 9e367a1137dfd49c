"""Database triggers that refuse to change the audit log: also for whoever writes SQL.

They stop mistakes and stolen application logins. Whoever owns the tables can drop them; the chain
and its anchors are for that. `INSERT OR REPLACE` of SQLite deletes without its DELETE triggers
(unless recursive_triggers is on), so entries are only let in as the next of the chain.
"""

from django.conf import settings
from django.db import connections

TABLE = "deployments_auditentry"
NAMES = ("audit_no_change", "audit_no_removal", "audit_in_order")

SQLITE = (
    """CREATE TRIGGER IF NOT EXISTS audit_no_change BEFORE UPDATE ON deployments_auditentry
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed or removed'); END""",
    """CREATE TRIGGER IF NOT EXISTS audit_no_removal BEFORE DELETE ON deployments_auditentry
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed or removed'); END""",
    """CREATE TRIGGER IF NOT EXISTS audit_in_order BEFORE INSERT ON deployments_auditentry
WHEN NEW.seq IS NOT COALESCE((SELECT MAX(seq) FROM deployments_auditentry), 0) + 1
  OR NEW.previous_hash IS NOT COALESCE(
     (SELECT hash FROM deployments_auditentry ORDER BY seq DESC LIMIT 1), '')
BEGIN SELECT RAISE(ABORT, 'audit entries are only appended, in order'); END""",
)
POSTGRESQL = (
    """CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit entries are never changed or removed'
    USING ERRCODE = 'integrity_constraint_violation';
END $$""",
    """CREATE OR REPLACE FUNCTION audit_demand_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last deployments_auditentry%ROWTYPE;
BEGIN
  SELECT * INTO last FROM deployments_auditentry ORDER BY seq DESC LIMIT 1;
  IF NEW.seq IS DISTINCT FROM COALESCE(last.seq, 0) + 1
     OR NEW.previous_hash IS DISTINCT FROM COALESCE(last.hash, '') THEN
    RAISE EXCEPTION 'audit entries are only appended, in order'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$""",
    "DROP TRIGGER IF EXISTS audit_no_change ON deployments_auditentry",
    "DROP TRIGGER IF EXISTS audit_no_removal ON deployments_auditentry",
    "DROP TRIGGER IF EXISTS audit_in_order ON deployments_auditentry",
    """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON deployments_auditentry
FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_no_removal BEFORE TRUNCATE ON deployments_auditentry
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_in_order BEFORE INSERT ON deployments_auditentry
FOR EACH ROW EXECUTE FUNCTION audit_demand_order()""",
)


def install(connection):
    """Make the triggers, whether or not they are there, unless AUDIT_TRIGGERS is off."""
    if settings.AUDIT_TRIGGERS:
        _run(connection, {"sqlite": SQLITE, "postgresql": POSTGRESQL}[connection.vendor])


def remove(connection):
    """Drop them: for going back to the migration before, and for tests that empty tables."""
    on = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    _run(connection, [f"DROP TRIGGER IF EXISTS {name}{on}" for name in NAMES])


def missing(connection):
    """Names of the triggers that are not there, or are switched off."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' "
                           "AND tbl_name = %s", [TABLE])
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass "
                           "AND tgenabled IN ('O', 'A')", [TABLE])
        found = {name for name, in cursor.fetchall()}
    return [name for name in NAMES if name not in found]


def restore(using, **kwargs):
    """After every `migrate`: SQLite drops a table's triggers where a column is changed."""
    connection = connections[using]
    if TABLE in connection.introspection.table_names() and missing(connection):
        install(connection)


def _run(connection, statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
