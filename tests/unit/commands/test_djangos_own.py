"""Django's own commands for accounts: no superuser and no password comes without an entry."""

import pytest
from django.contrib.auth import get_user_model

from deployments.management.speaking import REFUSED, WRONG, system_account
from deployments.models import AuditEntry
from deployments.services import password_links

User = get_user_model()


@pytest.mark.parametrize("options", [
    [], ["--noinput", "--username", "mallory", "--email", "m@shop.example"]])
def test_no_superuser_comes_by_djangos_command(run, db, options):
    """It names the one that writes why, and is refused in the log."""
    ended = run("createsuperuser", *options)
    assert ended.code == REFUSED
    assert "manage.py superuser grant USER --reason TEXT" in ended.err
    assert not User.objects.exists()
    entry = AuditEntry.objects.get(action="superuser.granted")
    assert (entry.outcome, entry.actor_name) == (
        "refused", f"system account {system_account()}")


def test_a_password_is_set_by_its_person_only(run, admin):
    """The command prints a link, which works once; the log has both."""
    ended = run("changepassword", "admin")
    assert ended.code == 0
    token = ended.out.strip().rstrip("/").rpartition("/")[2]
    assert AuditEntry.objects.get(action="password_link.sent").about_text == "admin"
    password_links.use(token, "a brand new secret", address="")
    admin.refresh_from_db()
    assert admin.check_password("a brand new secret")


def test_links_for_nobody_are_none(run, outsider):
    """Unknown people, and accounts that are switched off."""
    assert run("changepassword", "nobody").code == WRONG
    User.objects.update(is_active=False)
    ended = run("changepassword", "outsider")
    assert (ended.code, ended.out) == (REFUSED, "")
    assert "is switched off" in ended.err
    assert AuditEntry.objects.get(action="password_link.sent").outcome == "refused"
