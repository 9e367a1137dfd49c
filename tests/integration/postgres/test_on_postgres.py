"""What must hold on PostgreSQL as on SQLite: the same tests, run once more on a private one.

Rows and rules, six processes at once, and a release from the click to the proof on two servers
through the real worker.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.postgres import Postgres

ROOT = Path(__file__).parents[3]
SELECTED = {
    "rows and rules": ("unit/services", "unit/pipeline", "unit/test_models.py",
                       "unit/test_audit.py", "unit/test_audit_older.py",
                       "unit/test_audit_mutations.py", "unit/test_audit_triggers.py",
                       "unit/test_votes_stay.py", "unit/test_audit_anchors.py",
                       "unit/test_queue.py", "unit/test_schedules.py"),
    "races": ("integration/racing", "integration/postgres/lock_order.py",
              "security/test_races.py"),
    "a release": ("integration/house/test_click_to_proof.py",),
}


@pytest.fixture(scope="module")
def postgres():
    with Postgres() as server:
        yield server


@pytest.mark.parametrize("name", SELECTED)
def test_the_same_tests_pass_there(postgres, name):
    """Their own output is the message when one does not."""
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--create-db",
         *(f"tests/{place}" for place in SELECTED[name])],
        cwd=ROOT, env=os.environ | {"DATABASE_URL": postgres.url("releasemgr")},
        check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert ended.returncode == 0, ended.stdout[-20_000:]


def test_the_other_run_really_is_on_postgresql(postgres):
    """Settings follow DATABASE_URL: nothing above ran on SQLite after all."""
    ended = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c",
         "from django.db import connection; print(connection.vendor)"],
        cwd=ROOT, env=os.environ | {"DATABASE_URL": postgres.url()}, check=True,
        stdout=subprocess.PIPE, text=True)
    assert ended.stdout.split() == ["postgresql"]
