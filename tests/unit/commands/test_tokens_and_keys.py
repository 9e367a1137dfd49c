"""issue_token and rotate_keys: secrets move, and none is printed."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from deployments.models import AuditEntry, Project, Token
from tests import factories


@pytest.fixture
def setter_up(admin):
    return admin


def test_a_token_is_issued_and_its_key_is_not_printed(staging, setter_up, run, queued, audited):
    """Its public name and where it is on its way to."""
    ended = run("issue_token", "shop", "staging", "--networks", "10.0.0.0/8,127.0.0.1/32",
                "--expires", "2099-01-31", may_speak_for="admin")
    assert ended.code == 0, ended.err
    token = Token.objects.get()
    assert f"Issued token {token.public_id}" in ended.out
    assert "web-1 pending" in ended.out
    assert token.key not in ended.out + ended.err
    assert token.networks == "10.0.0.0/8\n127.0.0.1/32"
    assert token.expires_at.isoformat() == "2099-01-31T23:59:59.999999+00:00"
    assert queued()[0][0] == "deployments.tasks.install_tokens"
    assert audited("token.issued")[0][0] == "done"


@pytest.mark.parametrize(("text", "end"), [
    ("2099-01-31", "2099-01-31T10:59:59.999999+00:00"),
    ("2099-01-31T18:00", "2099-01-31T05:00:00+00:00"),
    ("2099-01-31T18:00+01:00", "2099-01-31T17:00:00+00:00"),
])
def test_a_date_alone_is_that_whole_day_where_the_house_stands(
        text, end, staging, setter_up, run, settings):
    """Who writes the last day means to use it; a time says which moment."""
    settings.TIME_ZONE = "Pacific/Auckland"
    ended = run("issue_token", "shop", "staging", "--expires", text, may_speak_for="admin")
    assert ended.code == 0, ended.err
    assert Token.objects.get().expires_at.isoformat() == end


def test_today_is_not_over_yet(staging, setter_up, run):
    """A token for the rest of the day."""
    ended = run("issue_token", "shop", "staging", "--expires", f"{timezone.localdate()}",
                may_speak_for="admin")
    assert ended.code == 0, ended.err


@pytest.mark.parametrize(("arguments", "words"), [
    (["--networks", "office"], "is no network"),
    (["--expires", "2001-01-01"], "would have expired already"),
])
def test_a_token_that_could_not_work_is_not_issued(arguments, words, staging, setter_up, run):
    """One sentence; no token."""
    ended = run("issue_token", "shop", "staging", *arguments, may_speak_for="admin")
    assert ended.code == 3
    assert words in ended.err
    assert not Token.objects.exists()


@pytest.mark.parametrize("text", ["soon", "2027-02-30"])
def test_a_date_that_is_none_is_a_wrong_argument(text, staging, setter_up, run):
    """argparse says so; from a shell that is exit code 2."""
    with pytest.raises(Exception, match="is no date like 2027-01-31"):
        run("issue_token", "shop", "staging", "--expires", text, may_speak_for="admin")


def test_rotate_keys_writes_every_secret_under_the_newest_key(db, settings, capsys, audited):
    """Afterwards the old key can go; the count is printed and audited."""
    project = factories.make_project(git_password="canary")
    factories.make_token()
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    before = _stored(project)
    settings.FIELD_KEYS = [new, old]
    call_command("rotate_keys")
    assert _stored(project) != before
    settings.FIELD_KEYS = [new]
    assert Project.objects.get(pk=project.pk).git_password == "canary"
    said = capsys.readouterr().out
    assert "2 secrets are under the newest key now." in said
    (outcome, sentence), = audited("keys.rotated")
    assert outcome == "done"
    assert "wrote 2 secrets again" in sentence
    assert AuditEntry.objects.get(action="keys.rotated").actor_name.startswith("system account ")


def _stored(project):
    with connection.cursor() as cursor:
        cursor.execute("SELECT git_password FROM deployments_project WHERE id = %s", [project.pk])
        return cursor.fetchone()[0]
