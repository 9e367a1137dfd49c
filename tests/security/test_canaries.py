"""Canaries: each secret that the product can hold is one that can be told apart, used as people
use it, mistyped, mailed and printed; then it is looked for everywhere, in any spelling."""

import base64
import json
import re
from unittest import mock

import pytest
from django.conf import settings
from django.core import mail
from django.db import transaction
from django.test import override_settings

from deployments.audit import anchoring
from deployments.management.speaking import system_account
from deployments.models import AuditEntry, LogLine

from . import behind_doors, listening
from .canaries import Canaries, spellings
from .telltale import Life

LINK = "link"
pytestmark = pytest.mark.django_db  # pytest-django makes no database unless a test asks for it


def _own(canaries, folder):
    """The installation's own secrets."""
    return {
        "SECRET_KEY": canaries.made("SECRET_KEY"), "AUDIT_KEYS": [canaries.made("AUDIT_KEYS")],
        "FIELD_KEYS": [canaries.key_ring("FIELD_KEYS")], "EMAIL_HOST_USER": "mailer",
        "EMAIL_HOST_PASSWORD": canaries.made("mail"), "MAIL_IS_ON": True,
        "AUDIT_ANCHOR_FILE": folder / "anchors.jsonl",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "SYSTEM_ACCOUNTS": {system_account(): "ines"}}


@pytest.fixture(scope="module")
def canaries():
    return Canaries()


@pytest.fixture(scope="module")
def left(canaries, django_db_setup, django_db_blocker, tmp_path_factory):
    """{sort: (where, text) pairs} of all that one life left behind; its rows are gone again."""
    folder, heard = tmp_path_factory.mktemp("canaries"), listening.Heard()
    database = {"PASSWORD": canaries.made("database")}
    with (django_db_blocker.unblock(), override_settings(**_own(canaries, folder)),
          mock.patch.dict(settings.DATABASES["default"], database),
          listening.all_logs(heard.lines), transaction.atomic()):
        life = Life(canaries, heard)
        life.vera_reads_mail = behind_doors.send_mails
        life.whole()
        objects = behind_doors.work(life)
        problems = behind_doors.send_mails()
        anchoring.anchor("a test")
        found = {
            "answers": heard.answers, "handed over": heard.handed, "log": heard.lines,
            "commands": list(behind_doors.speak(life)), "objects": objects,
            "mails": [(one.to[0], one.message().as_string() + one.body) for one in mail.outbox],
            "rows": list(listening.rows_in_words()), "database": [("all", listening.dump())],
            "audit": [(row.action, str(list(row.__dict__.values())))
                      for row in AuditEntry.objects.all()],
            "lines": [("log", line.text) for line in LogLine.objects.all()],
            "problems": problems,
            "anchors": [(path.name, path.read_text()) for path in folder.iterdir()],
            "statuses": heard.statuses, "read": life.read}
        transaction.set_rollback(True)
    return found


def test_no_page_error_or_export_holds_a_secret(left, canaries):
    """Every page by GET, forms that were sent with secrets, 400 to 500, both exports."""
    assert {200, 302, 303, 403, 404, 405, 422, 500} <= set(left["statuses"])
    assert len(left["read"]) > 80
    assert canaries.seen_in(left["answers"]) == set()
    both = dict(left["answers"])
    assert "project.changed" in both["POST /admin/deployments/auditentry/export/"]
    assert "project.changed" in both["POST /admin/deployments/auditentry/lines/"]


def test_what_is_for_one_person_is_on_one_page(left, canaries):
    """The phone's secret and the recovery codes, once; the same search finds them there."""
    names = {name for name, _ in canaries.seen_in(left["handed over"])}
    codes = {name for name in canaries.texts if re.fullmatch(r"recovery code \d+", name)}
    assert names == codes | {"the same in groups", "typed as a name"}


def test_no_mail_holds_a_secret_but_the_link_it_is_for(left, canaries):
    """That one goes to its person alone; what a mail server repeats is masked."""
    assert len(left["mails"]) > 2
    assert canaries.seen_in(left["mails"]) == {(LINK, "vera@shop.example")}
    assert any("refused our user or password: 535 no: •••" in text for _, text in left["problems"])


def test_no_log_line_holds_a_secret(left, canaries):
    """Every logger at DEBUG with its arguments, and tracebacks; the logs of builds."""
    assert {"django.request", "django.security.csrf"} <= {name for name, _ in left["log"]}
    assert any("RuntimeError: broken" in text for _, text in left["log"])
    assert canaries.seen_in(left["log"]) == set()
    assert len([text for _, text in left["lines"] if "•••" in text]) == 5
    assert canaries.seen_in(left["lines"]) == set()


def test_the_database_holds_no_secret_in_clear(left, canaries):
    """The whole of it as SQL; the audit log and its anchors once more by name."""
    assert any("/admin/password/…" in text for _, text in left["audit"])
    for sort in ("database", "audit", "anchors", "problems"):
        assert left[sort], sort
        assert canaries.seen_in(left[sort]) == set(), sort


def test_no_command_prints_a_secret(left, canaries):
    """Checks, keys, tokens, plans, refusals and each command's help."""
    said = dict(left["commands"])
    (plan,) = [text for words, text in said.items() if words.endswith("--plan --json")]
    assert "Authorization: …" in json.loads(plan)["plan"]["pages"][0]["headers"]
    assert "UNBROKEN" in said["verify_audit"]
    assert canaries.seen_in(left["commands"]) == set()


def test_no_object_shows_its_secret_to_a_debugger(left, canaries):
    """repr() and str() of every row, of all that threads hold, and of exceptions."""
    names = {name for name, _ in left["objects"]}
    assert {"Credentials", "Host", "Access", "HttpCall", "Recipe", "StepContext", "PagePlan",
            "Place", "git", "Refused"} <= names
    assert {"SshKey", "Token", "Authenticator", "PasswordLink"} <= {
        name for name, _ in left["rows"]}
    for sort in ("objects", "rows"):
        assert canaries.seen_in(left[sort]) == set(), sort


def test_the_search_would_find_each_of_them(canaries):
    """However it was written: as it is, its first half, in HTML, an address, hex or base64."""
    secret = canaries.made("planted")
    half = secret[:len(secret) // 2]
    for before in ("", "a", "ab", "abc"):
        text = f"{before}{secret}".encode()
        for shown in (secret, half, text.hex(), base64.b64encode(text).decode(),
                      base64.urlsafe_b64encode(text).decode(), half.replace("&", "&amp;"),
                      half.replace("&", "%26").replace("+", "%2B")):
            assert canaries.seen_in([("here", f"<p>{shown}</p>")]) == {("planted", "here")}
    assert canaries.seen_in([("there", half[:-1])]) == set()
    assert all(len(each) > 7 for text in canaries.texts.values() for each in spellings(text))
