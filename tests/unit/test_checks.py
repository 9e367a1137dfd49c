"""Each of our system checks is silent on a good configuration and goes red on a bad one."""

import os
import pwd
import sys
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet
from django.core.checks import run_checks

from deployments import checks

pytestmark = pytest.mark.django_db
KEY = Fernet.generate_key().decode()


def ids():
    """Our own problems, as `manage.py check` would list them."""
    return [found.id for found in run_checks() if found.id.startswith("releasemgr.")]


@pytest.fixture(autouse=True)
def separated_builds(monkeypatch):
    monkeypatch.setattr(checks, "builds_have_own_user", lambda: True)


@pytest.fixture(autouse=True)
def two_administrators(monkeypatch):
    monkeypatch.setattr(checks.people, "sole_administrator", lambda: "")


@pytest.fixture(autouse=True)
def mail(settings, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["manage.py", "check"])
    settings.MAIL_IS_ON = settings.HTTPS = True
    settings.BASE_URL = "https://releases.shop.example"
    settings.DEFAULT_FROM_EMAIL = "Release manager <releases@shop.example>"


@pytest.fixture(autouse=True)
def _as_in_production(settings):
    """What the run of the tests has set otherwise."""
    settings.AUDIT_TRIGGERS, settings.ALLOW_LOOPBACK = True, False
    settings.AUDIT_ANCHOR_FILE = settings.PRIVATE_ROOT / "audit-anchors.jsonl"


def test_a_good_configuration_is_silent(settings):
    """The defaults, with real keys, have nothing to complain about."""
    settings.FIELD_KEYS = [KEY]
    assert ids() == []


@pytest.mark.parametrize(("name", "value", "expected"), [
    ("FIELD_KEYS", [], "releasemgr.E001"),
    ("FIELD_KEYS", ["no key"], "releasemgr.E001"),
    ("FIELD_KEYS", [KEY, ""], "releasemgr.E001"),
    ("AUDIT_KEYS", [], "releasemgr.E002"),
    ("AUDIT_KEYS", ["k" * 31], "releasemgr.E002"),
    ("AUDIT_KEYS", ["k" * 32, "short"], "releasemgr.E002"),
    ("LEASE_S", 29, "releasemgr.E015"),
    ("PULSE_LIMIT_S", 29, "releasemgr.E016"),
    ("BUILD_LIMIT_S", 6150, "releasemgr.E011"),
    ("DEPLOYMENT_LIMIT_S", 2100, "releasemgr.E011"),
    ("PUT_BACK_LIMIT_S", 750, "releasemgr.E011"),
    ("PAUSES_LIMIT_S", 3900, "releasemgr.E011"),
    ("MAIL_IS_ON", False, "releasemgr.W031"),
    ("DEFAULT_FROM_EMAIL", "", "releasemgr.E032"),
    ("DEFAULT_FROM_EMAIL", "Release manager", "releasemgr.E032"),
    ("DEFAULT_FROM_EMAIL", "releases@shop.example\nBcc: eve@shop.example", "releasemgr.E032"),
    ("DEFAULT_FROM_EMAIL", "releases@localhost", "releasemgr.W033"),
    ("BASE_URL", "http://localhost:8000", "releasemgr.W033"),
    ("BASE_URL", "releases.shop.example", "releasemgr.W033"),
    ("BASE_URL", "http://releases.shop.example", "releasemgr.W045"),
    ("SESSION_IDLE_MIN", 0, "releasemgr.E041"),
    ("SESSION_LIMIT_H", 0, "releasemgr.E041"),
    ("FRESH_SIGN_IN_MIN", -1, "releasemgr.E041"),
    ("TRUSTED_PROXIES", ["10.0.0.1", "proxy"], "releasemgr.E042"),
    ("DEBUG", True, "releasemgr.W043"),
    ("HTTPS", False, "releasemgr.W044"),
    ("ALLOWED_HOSTS", ["*"], "releasemgr.W046"),
    ("SECRET_KEY", "short", "releasemgr.W047"),
    ("AUDIT_KEYS", ["k" * 40], "releasemgr.W047"),
    ("FIELD_KEYS", ["a" * 43 + "="], "releasemgr.W047"),
    ("TRUSTED_PROXIES", ["0.0.0.0/0"], "releasemgr.W049"),
    ("TRUSTED_PROXIES", ["::/0"], "releasemgr.W049"),
    ("SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https"), "releasemgr.W050"),
    ("SESSION_IDLE_MIN", 600, "releasemgr.W051"),
    ("SESSION_LIMIT_H", 48, "releasemgr.W051"),
    ("FRESH_SIGN_IN_MIN", 0, "releasemgr.W052"),
    ("AUDIT_TRIGGERS", False, "releasemgr.W054"),
    ("AUDIT_ANCHOR_FILE", None, "releasemgr.W055"),
    ("CSRF_TRUSTED_ORIGINS", ["https://*.shop.example"], "releasemgr.W059"),
    ("CSRF_TRUSTED_ORIGINS", ["http://shop.example"], "releasemgr.W059"),
    ("ALLOW_LOOPBACK", True, "releasemgr.W060"),
    ("SYSTEM_ACCOUNTS", {"nobody": "ada"}, "releasemgr.W063"),
])
def test_a_bad_setting_is_named(settings, name, value, expected):
    """One wrong setting, one red check."""
    setattr(settings, name, value)
    assert ids() == [expected]


@pytest.mark.parametrize(("setting", "value"), [
    ("AUDIT_ANCHOR_SYSLOG", "/dev/log"), ("AUDIT_ANCHOR_MAIL", ["security@shop.example"])])
def test_one_place_of_anchors_is_enough(settings, setting, value):
    """Whichever it is; by mail only where there is a mail server."""
    settings.AUDIT_ANCHOR_FILE = None
    setattr(settings, setting, value)
    assert ids() == []
    settings.MAIL_IS_ON = False
    # Django keeps checks in a set: they come in any order
    assert sorted(ids()) == (["releasemgr.W031", "releasemgr.W055"] if "MAIL" in setting else
                             ["releasemgr.W031"])


@pytest.mark.parametrize(("host", "password", "tls", "ssl", "expected"), [
    ("mail.shop.example", "p", False, False, ["releasemgr.W056"]),
    ("mail.shop.example", "p", True, False, []), ("mail.shop.example", "p", False, True, []),
    ("mail.shop.example", "", False, False, []), ("localhost", "p", False, False, []),
])
def test_a_mail_servers_password_in_clear_is_named(settings, host, password, tls, ssl, expected):
    """Not where it goes to this machine itself, and not where there is none."""
    settings.EMAIL_HOST, settings.EMAIL_HOST_PASSWORD = host, password
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = tls, ssl
    assert ids() == expected


@pytest.mark.parametrize(("host", "options", "expected"), [
    ("db.shop.example", {}, ["releasemgr.W057"]),
    ("db.shop.example", {"sslmode": "prefer"}, ["releasemgr.W057"]),
    ("db.shop.example", {"sslmode": "require"}, []), ("", {}, []), ("127.0.0.1", {}, []),
    ("/run/postgresql", {}, []),
])
def test_a_database_that_is_spoken_to_in_clear_is_named(monkeypatch, host, options, expected):
    """libpq goes without encryption where the server has none, unless it is told not to."""
    elsewhere = {"ENGINE": "django.db.backends.postgresql", "HOST": host, "OPTIONS": options}
    monkeypatch.setattr(checks.keeping, "settings", SimpleNamespace(
        DATABASES={"default": elsewhere}))
    assert [found.id for found in checks.keeping._database()] == expected


def test_a_private_folder_that_others_may_open_is_named(settings, tmp_path):
    """The database lies there."""
    settings.PRIVATE_ROOT = tmp_path
    tmp_path.chmod(0o700)
    assert ids() == []
    tmp_path.chmod(0o750)
    assert ids() == ["releasemgr.W058"]


@pytest.mark.parametrize(("command", "expected"), [
    ("check", ["releasemgr.W031"]), ("worker", ["releasemgr.W031"]), ("deploy", []),
    ("migrate", [])])
def test_that_nobody_is_told_is_said_where_it_matters(settings, monkeypatch, command, expected):
    """To whoever checks the configuration or starts the worker; not with each command again."""
    settings.MAIL_IS_ON = False
    monkeypatch.setattr(sys, "argv", ["manage.py", command])
    assert ids() == expected


@pytest.mark.parametrize("keys", ["FIELD_KEYS", "AUDIT_KEYS"])
def test_one_secret_for_two_purposes_is_red(settings, keys):
    """Whoever learns one must not have learned the others."""
    settings.SECRET_KEY = KEY
    setattr(settings, keys, [KEY])
    assert ids() == ["releasemgr.E003"]


def test_the_same_secret_for_rows_and_audit_is_red(settings):
    """The third pair."""
    settings.FIELD_KEYS = settings.AUDIT_KEYS = [KEY]
    assert ids() == ["releasemgr.E003"]


@pytest.mark.parametrize(("change", "expected"), [
    ({"timeout": 5850}, "releasemgr.E011"),
    ({"retry": 4200}, "releasemgr.E012"),
    ({"orm": "other"}, "releasemgr.E013"),
    ({"orm": None, "redis": {"host": "localhost"}}, "releasemgr.E013"),
    ({"ack_failures": False}, "releasemgr.E014"),
    ({"max_attempts": 0}, "releasemgr.E014"),
])
def test_a_queue_that_repeats_or_loses_tasks_is_red(settings, change, expected):
    """Each was measured to lose tasks, or to run them twice."""
    settings.Q_CLUSTER = settings.Q_CLUSTER | change
    assert ids() == [expected]


def test_builds_as_our_own_user_are_a_warning(settings, monkeypatch):
    """Nothing stops, but the page and `check` say so."""
    monkeypatch.setattr(checks, "builds_have_own_user", lambda: False)
    assert ids() == ["releasemgr.W021"]


@pytest.mark.parametrize("user", ["", "root", "nobody-of-this-name"])
@pytest.mark.parametrize(("we_are", "expected"), [
    (0, "releasemgr.E022"), (1000, "releasemgr.W021")])
def test_root_without_another_account_to_build_as_is_red(
        settings, monkeypatch, we_are, expected, user):
    """What only root can set right is an error; nobody else can switch accounts anyway."""
    monkeypatch.undo()
    monkeypatch.setattr(os, "geteuid", lambda: we_are)
    settings.BUILD_USER = user
    assert ids() == [expected]


@pytest.mark.parametrize(("we_are", "user", "separate"), [
    (0, "nobody", True), (0, "root", False), (0, "nobody-of-this-name", False),
    (1000, "nobody", False),
])
def test_builds_are_separated_when_root_may_become_another_user(
        settings, monkeypatch, we_are, user, separate):
    """Only root can switch users, and root is no other user."""
    monkeypatch.undo()
    monkeypatch.setattr(os, "geteuid", lambda: we_are)
    settings.BUILD_USER = user
    assert pwd.getpwnam("nobody").pw_uid != 0
    assert checks.builds_have_own_user() is separate


def test_a_protected_environment_without_second_step_is_named(production):
    """With its name; silent where it asks for one, and where nothing is protected."""
    assert ids() == []
    production.is_protected = True
    production.save()
    found, = [one for one in run_checks() if one.id == "releasemgr.W053"]
    assert str(production) in found.msg
    production.needs_two_step = True
    production.save()
    assert ids() == []


@pytest.mark.parametrize(("mode", "expected"), [(0o600, []), (0o640, ["releasemgr.W048"])])
def test_a_file_of_secrets_that_others_may_read_is_named(settings, tmp_path, mode, expected):
    """`.env` holds every key."""
    path = tmp_path / ".env"
    path.touch()
    path.chmod(mode)
    settings.ENV_FILE = str(path)
    assert ids() == expected


def test_what_is_unsafe_is_said_only_to_whoever_asks(settings, monkeypatch):
    """Not with every command; and a demo on this machine needs no HTTPS."""
    settings.DEBUG, settings.HTTPS = True, False
    assert set(ids()) == {"releasemgr.W043", "releasemgr.W044"}
    monkeypatch.setattr(sys, "argv", ["manage.py", "deploy"])
    assert ids() == []


def test_one_administrator_alone_is_named(monkeypatch):
    """In the words that the pages use, too."""
    monkeypatch.setattr(checks.people, "sole_administrator", lambda: "Ines is alone.")
    found, = [one for one in run_checks() if one.id == "releasemgr.W062"]
    assert found.msg == "Ines is alone."
