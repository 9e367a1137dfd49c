"""`manage.py superuser`: the one way there is, and it is in the audit log."""

from functools import partial

from django.contrib.auth import get_user_model

from deployments.management.speaking import REFUSED, WRONG, console, system_account
from deployments.models import AuditEntry
from deployments.services import password_links, superusers


def refused(action):
    rows = AuditEntry.objects.filter(action=action, outcome="refused")
    return [row.details["reason"] for row in rows]


def test_the_first_administrator_comes_by_command(run):
    """Without a password: the link to set one is printed, and works."""
    ended = run("superuser", "grant", "ines", "--email", "ines@shop.example",
                "--reason", "First administrator")
    assert ended.code == 0
    ines = get_user_model().objects.get(username="ines")
    assert ines.is_superuser
    token = ended.out.strip().rstrip("/").rpartition("/")[2]
    password_links.use(token, "a brand new secret", address="")
    ines.refresh_from_db()
    assert ines.check_password("a brand new secret")
    entry = AuditEntry.objects.get(action="superuser.granted")
    assert (entry.actor_name, entry.details["reason"]) == (
        f"system account {system_account()}", "First administrator")


def test_it_is_withdrawn_by_command(run, admin, db):
    """With the sentence that says so."""
    for name in ("other", "third"):
        get_user_model().objects.create_user(name, is_superuser=True)
    ended = run("superuser", "withdraw", "admin", "--reason", "Left the house")
    assert (ended.code, ended.out.strip()) == (0, "admin is no superuser any more.")
    ended = run("superuser", "withdraw", "third", "--reason", "Left, too")
    assert ended.out.startswith("third is no superuser any more. other is the only administrator:")


def test_of_two_withdrawn_at_once_the_last_one_stays(admin, at_once, transactional_db):
    """The second command sees what the first did."""
    other = get_user_model().objects.create_user("other", is_superuser=True)
    results = at_once(*[partial(superusers.withdraw, console(), user, reason="Left")
                        for user in (admin, other)])
    assert sorted(type(result).__name__ for result in results) == ["Refused", "str"]
    assert get_user_model().objects.filter(is_superuser=True).count() == 1


def test_refusals_and_unknown_people_have_their_own_codes(run, admin):
    """The last superuser stays; nobody is nobody. What is refused is in the log."""
    ended = run("superuser", "withdraw", "admin", "--reason", "Left")
    assert ended.code == REFUSED
    assert "is the last superuser" in ended.err
    assert refused("superuser.withdrawn") == ["admin is the last superuser."]
    assert run("superuser", "grant", "admin", "--reason", "Again").code == REFUSED
    assert refused("superuser.granted") == ["admin is a superuser already."]
    assert run("superuser", "withdraw", "nobody", "--reason", "x").code == WRONG
