"""Settings are complete, documented, safe by default, and say what is missing."""

import ast
import json
import os
import re
import secrets
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import environ
import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parents[2]
SETTINGS, EXAMPLE = ROOT / "releasemgr" / "settings.py", ROOT / ".env.example"
SECRETS = {"SECRET_KEY": "s" * 50, "FIELD_KEYS": "f1,f2", "AUDIT_KEYS": "a" * 40}


def start(tmp_path, *names, **variables):
    """Import the settings in a process of its own: (the named ones, last line of stderr)."""
    show = "; ".join([
        "import json, releasemgr.settings as s",
        f"print(json.dumps({{name: getattr(s, name) for name in {names!r}}}, default=str))",
    ])
    process = {"PATH": os.environ["PATH"], "RELEASEMGR_IGNORE_DOTENV": "1",
               "DATA_DIR": str(tmp_path), **SECRETS, **variables}
    done = subprocess.run(
        [sys.executable, "-c", show], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={name: value for name, value in process.items() if value is not None})
    last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""
    return (json.loads(done.stdout) if done.returncode == 0 else None), last


def calls():
    """Every `env.kind("NAME", default=…)` of settings.py: (name, kind, default node or None)."""
    for node in ast.walk(ast.parse(SETTINGS.read_text())):
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
                and getattr(node.func.value, "id", "") == "env" and node.func.attr != "read_env"):
            defaults = [item.value for item in node.keywords if item.arg == "default"]
            yield node.args[0].value, node.func.attr, (defaults or [None])[0]


def example():
    """{name: (value, is it commented out)} of .env.example."""
    lines = re.findall(r"^(#?)([A-Z][A-Z0-9_]*)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    return {name: (value, bool(mark)) for mark, name, value in lines}


def test_the_example_lists_every_setting_and_no_other():
    """Both ways: nothing undocumented, nothing that is not read."""
    assert set(example()) == {name for name, _, _ in calls()}


def test_the_example_shows_the_true_defaults():
    """Where the default is written out in settings.py, the example says the same."""
    compared = 0
    for name, kind, default in calls():
        text, is_optional = example()[name]
        assert is_optional is (default is not None), f"{name} is needed or not?"
        try:
            value = ast.literal_eval(default)
        except ValueError:
            continue
        env = environ.Env()
        env.ENVIRON = {name: text}
        assert getattr(env, kind)(name) == value, name
        compared += 1
    assert compared > 20


def test_each_setting_has_a_line_of_why():
    """The line above each setting is a comment with words in it."""
    lines = EXAMPLE.read_text().splitlines()
    for before, line in pairwise(lines):
        if re.match(r"#?[A-Z][A-Z0-9_]*=", line) and not re.match(r"#RELEASEMGR_IGNORE", line):
            assert re.match(r"# +[\w`]", before), line


def test_nobody_else_reads_settings_from_the_environment():
    """The product's other files take what they need from settings (PATH is no setting, and
    Q_CLUSTER_NAME is how django-q2 is told its queue; the offline verifier runs without us)."""
    for path in [*(ROOT / "deployments").rglob("*.py"), *(ROOT / "releasemgr").glob("*.py")]:
        if path == ROOT / "deployments" / "audit" / "offline.py":
            continue
        reads = [line for line in path.read_text().splitlines()
                 if re.search(r"\bos\.(environ|getenv)\b", line) and path != SETTINGS]
        for line in reads:
            assert re.search(r'"(PATH|DJANGO_SETTINGS_MODULE|Q_CLUSTER_NAME)"', line), (
                path.name, line)


@pytest.mark.parametrize(("name", "value"), [
    *((name, value) for name in SECRETS for value in (None, "")),
    ("FIELD_KEYS", ","), ("AUDIT_KEYS", ","),
])
def test_a_missing_secret_stops_the_start_by_name(tmp_path, name, value):
    """Not set, or set to nothing: one sentence that names it."""
    shown, last = start(tmp_path, **{name: value})
    assert shown is None
    assert last.startswith("django.core.exceptions.ImproperlyConfigured: ")
    assert name in last


def test_only_secrets_are_needed(tmp_path):
    """Everything else has a default that is safe in production."""
    shown, last = start(tmp_path, "DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE",
                        "SESSION_COOKIE_SAMESITE", "X_FRAME_OPTIONS", "ALLOWED_HOSTS")
    assert last == ""
    assert shown == {
        "DEBUG": False, "SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_SAMESITE": "Strict", "X_FRAME_OPTIONS": "DENY",
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1"]}


def test_lists_may_be_written_with_spaces(tmp_path):
    """“a, b” is two names, neither of which begins with a space."""
    shown, _ = start(tmp_path, "FIELD_KEYS", "ALLOWED_HOSTS", "TRUSTED_PROXIES",
                     FIELD_KEYS="new, old", ALLOWED_HOSTS="a.example, b.example",
                     TRUSTED_PROXIES="10.0.0.0/8, ::1")
    assert shown == {"FIELD_KEYS": ["new", "old"], "ALLOWED_HOSTS": ["a.example", "b.example"],
                     "TRUSTED_PROXIES": ["10.0.0.0/8", "::1"]}


def test_sqlite_waits_instead_of_failing(tmp_path):
    """IMMEDIATE, 20 s, and no commit lost with the power; WAL is set by `migrate`."""
    shown, _ = start(tmp_path, "DATABASES")
    database = shown["DATABASES"]["default"]
    assert database["NAME"] == str(tmp_path / "private" / "db.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 20
    assert "synchronous=FULL" in database["OPTIONS"]["init_command"]
    assert "ATOMIC_REQUESTS" not in database


@pytest.mark.parametrize("folder", ["a b", "a#b", "a?b", "a%20b", "a+b", "ä"])
def test_the_data_folder_may_have_any_name(tmp_path, folder):
    """The path is no URL to the person who writes it."""
    shown, _ = start(tmp_path, "DATABASES", DATA_DIR=str(tmp_path / folder))
    assert shown["DATABASES"]["default"]["NAME"] == str(
        tmp_path / folder / "private" / "db.sqlite3")


def test_the_database_lies_where_only_we_may_read(tmp_path):
    """Builds run as another user and reach their folder, but nothing of ours."""
    start(tmp_path, DATA_DIR=str(tmp_path / "var"))
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o711
    assert (tmp_path / "var" / "private").stat().st_mode & 0o777 == 0o700


def test_a_relative_data_folder_does_not_depend_on_where_we_are_started(tmp_path):
    """Web and worker started in different folders must share one database."""
    shown, _ = start(tmp_path, "DATA_ROOT", DATA_DIR=os.path.relpath(tmp_path, ROOT),
                     PYTHONPATH=str(ROOT))
    assert Path(shown["DATA_ROOT"]).resolve() == tmp_path.resolve()
    assert Path(shown["DATA_ROOT"]).is_absolute()


def test_the_queue_never_repeats_and_never_cuts_short(tmp_path):
    """The values that were measured to be safe; limits follow our own."""
    shown, _ = start(tmp_path, "Q_CLUSTER", BUILD_LIMIT_S="7200", DEPLOYMENT_LIMIT_S="600")
    queue = shown["Q_CLUSTER"]
    assert queue["timeout"] > 7200
    assert queue["retry"] > 2 * queue["timeout"]
    shown, _ = start(tmp_path, "Q_CLUSTER", BUILD_LIMIT_S="60", DEPLOYMENT_LIMIT_S="4000")
    assert shown["Q_CLUSTER"]["timeout"] > 4000 + 1000  # it may have to go back, too
    wanted = {"orm": "default", "ack_failures": True, "max_attempts": 1, "queue_limit": 1,
              "bulk": 1, "catch_up": False}
    assert wanted.items() <= queue.items()
    assert queue["workers"] >= 2
    assert queue["save_limit"] <= 1000


def test_a_file_with_secrets_is_read_when_it_is_named(tmp_path):
    """RELEASEMGR_ENV_FILE; the process's own variables count before it."""
    file = tmp_path / "production.env"
    file.write_text("\n".join(f"{name}={value}" for name, value in SECRETS.items())
                    + "\nTIME_ZONE=Europe/Zurich\nLEASE_S=90\n")
    shown, last = start(
        tmp_path, "SECRET_KEY", "TIME_ZONE", "LEASE_S", LEASE_S="120",
        RELEASEMGR_ENV_FILE=str(file), RELEASEMGR_IGNORE_DOTENV=None,
        **dict.fromkeys(SECRETS))
    assert last == ""
    assert shown == {"SECRET_KEY": SECRETS["SECRET_KEY"], "TIME_ZONE": "Europe/Zurich",
                     "LEASE_S": 120}


def test_the_example_says_how_to_make_a_secret():
    """What it names prints a line for each, long enough for Django and for us."""
    assert "`make key` prints" in EXAMPLE.read_text()
    done = subprocess.run(["make", "--no-print-directory", "-o", "install", "key",
                           f"BIN={Path(sys.executable).parent}"],
                          cwd=ROOT, capture_output=True, text=True, timeout=120)
    keys = dict(line.split("=", 1) for line in done.stdout.split())
    assert {name: len(key) for name, key in keys.items()} == {
        "SECRET_KEY": 64, "FIELD_KEYS": 44, "AUDIT_KEYS": 43}
    assert Fernet(keys["FIELD_KEYS"])


@pytest.mark.parametrize(("url", "expected"), [
    ("smtp+tls://ada:p%40ss%2F@mail.example:587", ["smtp", "mail.example", 587, "ada", "p@ss/",
                                                   True, None]),
    ("smtp+ssl://mail.example:465", ["smtp", "mail.example", 465, None, None, None, True]),
    ("consolemail://", ["console", None, None, None, None, None, None]),
    ("dummymail://", ["dummy", None, None, None, None, None, None]),
    ("", ["dummy", None, None, None, None, None, None]),
    (None, ["dummy", None, None, None, None, None, None]),
])
def test_mail_is_sent_by_the_server_that_is_named_and_by_none_otherwise(tmp_path, url, expected):
    """Never by what happens to listen on port 25 here."""
    names = ["EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER",
             "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "EMAIL_USE_SSL"]
    show = f"import json, releasemgr.settings as s; print(json.dumps([s.MAIL_IS_ON, *(" \
           f"getattr(s, name, None) for name in {names!r})]))"
    process = {"PATH": os.environ["PATH"], "RELEASEMGR_IGNORE_DOTENV": "1",
               "DATA_DIR": str(tmp_path), **SECRETS, **({} if url is None else {"EMAIL_URL": url})}
    done = subprocess.run([sys.executable, "-c", show], cwd=ROOT, capture_output=True, text=True,
                          timeout=120, env=process)
    is_on, backend, *rest = json.loads(done.stdout)
    assert is_on is (expected[0] != "dummy")
    assert [backend.split(".")[-2], *rest] == expected


@pytest.mark.parametrize(("name", "url"), [
    ("EMAIL_URL", "mail.example:25"), ("EMAIL_URL", "smtp://ada:canary/word@mail.example:587"),
    ("EMAIL_URL", "smtp://mail.example:port"),
    ("DATABASE_URL", "postgres://ada:canary/word@db.example:5432/shop"),
    ("DATABASE_URL", "postgres//ada:canary@db.example/shop"),
])
def test_an_address_that_cannot_be_read_stops_the_start_without_its_password(tmp_path, name, url):
    """One sentence that says how to write it; urllib's would name what it takes for a port, and
    that is the password's beginning."""
    shown, last = start(tmp_path, **{name: url})
    assert shown is None
    assert f"{name} cannot be read: write it like" in last
    assert "canary" not in last


@pytest.mark.parametrize("text", ["root", "root=ada,deploy"])
def test_accounts_that_cannot_be_read_end_a_command_with_one_sentence(tmp_path, text):
    """Exit code 2, as every wrong argument has; no traceback."""
    process = {"PATH": os.environ["PATH"], "RELEASEMGR_IGNORE_DOTENV": "1",
               "DATA_DIR": str(tmp_path), **SECRETS, "SYSTEM_ACCOUNTS": text}
    done = subprocess.run([sys.executable, "manage.py", "doctor"], cwd=ROOT, text=True,
                          capture_output=True, timeout=120, env=process)
    assert (done.returncode, done.stdout, done.stderr) == (
        2, "", "SYSTEM_ACCOUNTS cannot be read: write it like root=ada+grace,deploy=ada.\n")


def test_the_settings_of_the_papers_satisfy_djangos_own_check(tmp_path):
    """`check --deploy` has nothing to say to what docs/operating.md tells people to set; a build
    account is there (we are root) or is what it speaks of."""
    paper = (ROOT / "docs" / "operating.md").read_text()
    lines = re.search(r"^```ini\n(ALLOWED_HOSTS=.*?)```", paper, re.MULTILINE | re.DOTALL)[1]
    told = dict(line.split("=", 1) for line in lines.splitlines())
    process = {"PATH": os.environ["PATH"], "RELEASEMGR_IGNORE_DOTENV": "1",
               "DATA_DIR": str(tmp_path), "STATIC_ROOT": str(tmp_path), **told,
               "SECRET_KEY": secrets.token_urlsafe(48), "AUDIT_KEYS": secrets.token_urlsafe(32),
               "FIELD_KEYS": Fernet.generate_key().decode()}
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], cwd=ROOT,
        capture_output=True, text=True, timeout=120, env=process)
    ids = set(re.findall(r"\((\w+\.[EW]\d+)\)", done.stderr))
    assert ids <= ({"releasemgr.W021"} if os.geteuid() else set()), done.stderr
    assert done.returncode == (1 if ids else 0)
