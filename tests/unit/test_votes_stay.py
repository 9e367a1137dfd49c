"""The database itself refuses to change a vote; this file runs on PostgreSQL, too."""

import pytest
from django.db import IntegrityError, connection, transaction

from deployments.models import Approval, vote_triggers
from tests import factories

TABLE = vote_triggers.TABLE
COLUMNS = ("deployment_id, user_id, user_name, address, answer, comment, starts_by_hand, "
           "plan_hash, answered_at")
ATTACKS = {
    "a change": f"UPDATE {TABLE} SET answer = 'yes'",
    "a removal": f"DELETE FROM {TABLE}",
}
if connection.vendor == "sqlite":
    ATTACKS |= {
        "a replacement": f"INSERT OR REPLACE INTO {TABLE} (id, {COLUMNS}) "
                         f"SELECT id, {COLUMNS} FROM {TABLE}",
        "an update or replacement": f"UPDATE OR REPLACE {TABLE} SET comment = ''",
    }
else:
    ATTACKS |= {"a truncation": f"TRUNCATE {TABLE}"}


@pytest.fixture
def vote(production, approver, settings):
    """One no, and the triggers; all of it goes with the test's transaction."""
    settings.AUDIT_TRIGGERS = True
    vote_triggers.install(connection)
    row = factories.make_deployment(production, status="rejected")
    vote = Approval.objects.create(deployment=row, user=approver, user_name="approver",
                                   answer="no", comment="Not now")
    connection.check_constraints()  # else PostgreSQL refuses to TRUNCATE for these, not for us
    return vote


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("is_recursive", [True, False])
def test_a_vote_is_never_changed(vote, attack, is_recursive):
    """Neither by SQL, nor by a client that opened SQLite without its triggers' recursion."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA recursive_triggers={'ON' if is_recursive else 'OFF'}")
        before = list(Approval.objects.values())
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            cursor.execute(ATTACKS[attack])
        assert list(Approval.objects.values()) == before
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA recursive_triggers=ON")


def test_one_more_vote_is_added(vote):
    """Withdrawing is a row."""
    Approval.objects.create(deployment=vote.deployment, user=vote.user, user_name="approver",
                            answer="yes")
    assert Approval.objects.count() == 2


def test_migrating_puts_them_back(vote):
    """SQLite loses a table's triggers where a column is changed."""
    vote_triggers.remove(connection)
    Approval.objects.update(comment="")
    vote_triggers.restore("default")
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.update(comment="again")
