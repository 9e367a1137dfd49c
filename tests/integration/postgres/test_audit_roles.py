"""The two roles that docs/audit.md gives for PostgreSQL: its own commands, on a real server."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.sandbox.postgres import Postgres

ROOT = Path(__file__).parents[3]
PAPER = ROOT / "docs" / "audit.md"
TABLE = "deployments_auditentry"
USE = """
from deployments import audit
from deployments.audit import anchoring
from django.core.management import call_command
for number in range(3):
    audit.record("test.happened", f"Entry {number}")
anchoring.anchor("test")
call_command("verify_audit")
"""
ATTACKS = (
    f"UPDATE {TABLE} SET sentence = 'nothing' WHERE seq = 2",
    f"DELETE FROM {TABLE} WHERE seq = 3",
    f"TRUNCATE {TABLE}",
    f"ALTER TABLE {TABLE} DISABLE TRIGGER ALL",
    f"DROP TRIGGER audit_no_change ON {TABLE}",
    "SET session_replication_role = replica",
    f"DROP TABLE {TABLE}",
    f"ALTER TABLE {TABLE} OWNER TO releasemgr_app",
    "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RETURN NEW; END'",
    f"INSERT INTO {TABLE} SELECT * FROM {TABLE} WHERE seq = 1",
    "DELETE FROM django_migrations",
)


@pytest.fixture(scope="module")
def app():
    """The application's URL, after the paper's commands were followed to the letter."""
    before, after = re.findall(r"```sql\n(.*?)```", PAPER.read_text(), re.DOTALL)
    with Postgres() as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            for command in filter(None, map(str.strip, before.split(";"))):
                connection.execute(command)
        place = server.url("releasemgr").partition("@")[2]
        owner = f"postgres://releasemgr_owner:one%20of%20its%20own@{place}"
        run(owner, "migrate", "--verbosity", "0")
        with psycopg.connect(owner) as connection:
            connection.execute(after)
        yield f"postgres://releasemgr_app:another%20one@{place}"


def run(url, *words):
    ended = subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, check=False,
        env=os.environ | {"DATABASE_URL": url, "AUDIT_TRIGGERS": "1"}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def test_the_applications_role_appends_and_can_do_nothing_else_to_the_log(app):
    """It works, verifies itself, and is refused whatever an intruder would try."""
    said = run(app, "shell", "--no-imports", "-c", USE)
    assert "UNBROKEN: 3 entries, unaltered." in said
    assert "does not refuse" not in said
    with psycopg.connect(app, autocommit=True) as connection:
        for attack in ATTACKS:
            with pytest.raises(psycopg.Error) as refusal:
                connection.execute(attack)
            assert isinstance(refusal.value, (psycopg.errors.InsufficientPrivilege,
                                              psycopg.errors.IntegrityError)), attack
    assert "UNBROKEN: 4 entries, unaltered." in run(app, "verify_audit")
