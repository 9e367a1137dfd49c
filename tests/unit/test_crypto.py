"""Secrets at rest: unreadable in the database, bound to their column, their keys replaceable."""

import json

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models

from deployments import crypto
from deployments.models import (
    Authenticator,
    BuildVariable,
    CheckPage,
    Deployment,
    Project,
    RecipeVersion,
    SshKey,
    Token,
)
from tests.factories import (
    make_deployment,
    make_environment,
    make_key,
    make_project,
    make_token,
    make_user,
)

CANARY = "canary-4711"


@pytest.fixture
def secrets(db):
    """One row in each model that keeps secrets; every encrypted column holds the canary."""
    project = make_project(git_password=CANARY)
    variable = BuildVariable.objects.create(project=project, name="COMPOSER_AUTH", value=CANARY)
    key = make_key(private_key=CANARY, passphrase=CANARY)
    edit = RecipeVersion.objects.create(project=project, number=1, content=CANARY)
    phone = Authenticator.objects.create(user=make_user(), name="phone", secret=CANARY)
    page = CheckPage.objects.create(project=project, headers=CANARY)
    return [project, variable, key, make_token(key=CANARY), edit, phone, page]


def raw(model, name, pk):
    """The column as whoever reads the database reads it."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {table} WHERE id = %s", [pk])
        return cursor.fetchone()[0]


def everything_raw():
    return [raw(model, name, pk) for model, name in crypto.encrypted_fields()
            for pk in model.objects.values_list("pk", flat=True) if raw(model, name, pk)]


def test_the_encrypted_columns_are_these():
    """A secret column that is forgotten would be neither hidden nor rotated."""
    assert {(model.__name__, name) for model, name in crypto.encrypted_fields()} == {
        ("Project", "git_password"), ("BuildVariable", "value"), ("SshKey", "private_key"),
        ("SshKey", "passphrase"), ("Token", "key"), ("RecipeVersion", "content"),
        ("Authenticator", "secret"), ("CheckPage", "headers"),
    }


def test_no_column_that_sounds_secret_is_plain():
    """Passwords, private keys and passphrases are encrypted fields."""
    words = ("password", "passphrase", "private", "secret")
    for model in (Project, BuildVariable, SshKey, Token, Authenticator):
        for field in model._meta.fields:
            if any(word in field.name for word in words):
                assert isinstance(field, (crypto.EncryptedTextField, models.BooleanField))


def test_the_database_holds_ciphertext_and_python_the_secret(secrets):
    """Each time another ciphertext, so equal secrets do not look equal."""
    ciphers = everything_raw()
    assert len(ciphers) == len(set(ciphers)) == 8
    assert not any(CANARY in text for text in ciphers)
    for row in secrets:
        row.refresh_from_db()
    project, variable, key, token, edit, phone, page = secrets
    assert {project.git_password, variable.value, key.private_key, key.passphrase, token.key,
            edit.content, phone.secret, page.headers} == {CANARY}


def test_no_secret_stays_empty(db):
    """"" is the absence of a secret, visible as such."""
    project = make_project()
    assert raw(Project, "git_password", project.pk) == ""
    assert Project.objects.get(pk=project.pk).git_password == ""


@pytest.mark.parametrize("secret", ["a:b:c", "ä€\n🙂", ":", "x" * 20_000])
def test_any_text_comes_back_as_it_was(db, secret):
    """Colons, line ends, other alphabets, long keys."""
    key = make_key(private_key=secret)
    assert SshKey.objects.get(pk=key.pk).private_key == secret


def test_a_ciphertext_moved_to_another_column_is_not_usable(secrets):
    """Otherwise whoever can write rows reads the token's key as the page's “passphrase”."""
    key, token = secrets[2], secrets[3]
    stolen = raw(Token, "key", token.pk)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE deployments_sshkey SET passphrase = %s WHERE id = %s",
                       [stolen, key.pk])
    with pytest.raises(ImproperlyConfigured, match=r"belongs to deployments\.token\.key"):
        SshKey.objects.get(pk=key.pk)


def test_a_wrong_key_says_what_to_do(secrets, settings):
    """The sentence names the column and the setting."""
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(ImproperlyConfigured, match=r"token\.key.*FIELD_KEYS.*put the key"):
        Token.objects.get()


@pytest.mark.parametrize("keys", [[], ["short"], ["ä" * 44], [""]])
def test_a_key_that_is_no_key_says_what_to_do(settings, keys):
    """Before anything is encrypted with it."""
    settings.FIELD_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match="make key"):
        crypto.keyring()


def test_keys_can_be_replaced(secrets, settings):
    """New key first, old key behind it, rotate, and the old key can go."""
    old, new = settings.FIELD_KEYS[0], Fernet.generate_key().decode()
    settings.FIELD_KEYS = [new, old]
    before = everything_raw()
    assert crypto.rotate_all() == 8
    assert not set(before) & set(everything_raw())
    settings.FIELD_KEYS = [new]
    assert Token.objects.get().key == CANARY
    assert SshKey.objects.get(pk=secrets[2].pk).passphrase == CANARY


def test_headers_in_a_plan_are_encrypted_and_rotated_too(db, settings):
    """A plan is what runs, so it holds them; one from before this was so is read as it is."""
    environment = make_environment()
    CheckPage.objects.create(project=environment.project, headers=f"Authorization: {CANARY}")
    make_deployment()  # without headers: nothing to rotate there
    row = make_deployment(environment)
    stored = raw(Deployment, "plan", row.pk)
    assert CANARY not in str(stored)
    row.refresh_from_db()
    assert row.plan["pages"][0]["headers"] == [f"Authorization: {CANARY}"]
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    assert crypto.rotate_all() > 1
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    row.refresh_from_db()
    assert raw(Deployment, "plan", row.pk) != stored
    assert CANARY in row.plan["pages"][0]["headers"][0]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE deployments_deployment SET plan = %s WHERE id = %s", [
            json.dumps({"pages": [{"headers": ["X-Check: 1"]}]}), row.pk])
    row.refresh_from_db()
    assert row.plan["pages"][0]["headers"] == ["X-Check: 1"]


def test_a_rotation_that_cannot_read_a_secret_changes_none(secrets, settings):
    """All or none: a half rotated database would need both keys for ever."""
    before = everything_raw()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE deployments_token SET key = 'damaged'")
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    with pytest.raises(ImproperlyConfigured):
        crypto.rotate_all()
    assert set(everything_raw()) - {"damaged"} < set(before)


def test_the_key_does_not_come_from_the_secret_key(secrets, settings):
    """Changing SECRET_KEY signs people out; it must not lose every secret."""
    settings.SECRET_KEY = "another one, " + "y" * 40
    assert Token.objects.get().key == CANARY
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(ImproperlyConfigured):
        Token.objects.get()


def test_repr_shows_no_secret(secrets):
    """Rows end up in logs and error pages."""
    assert CANARY not in "".join(f"{row!r} {row}" for row in secrets)
