"""Who may speak for whom at the terminal, and how a refusal looks there."""

import subprocess
import sys

import pytest

from deployments.management.speaking import speaker, system_account
from deployments.models import AuditEntry, Deployment
from tests import factories

ACCOUNT = system_account()


@pytest.fixture
def version(shop):
    return factories.make_release(shop, label="2.9.1")


def test_an_account_with_one_user_speaks_for_that_one(staging, releaser, version, run, audited):
    """Without --as; shown and audited as who spoke for whom."""
    ended = run("deploy", "shop", "staging")
    assert ended.code == 0, ended.err
    row = Deployment.objects.get()
    assert row.requested_by == releaser
    assert row.requested_by_name == f"system account {ACCOUNT} for releaser"
    assert row.requested_account == ACCOUNT
    outcome, sentence = audited("deployment.requested")[0]
    assert outcome == "done"
    assert f"system account {ACCOUNT} for releaser asked to release Shop 2.9.1" in sentence


def test_an_account_with_two_users_must_say_which(
        staging, releaser, viewer, version, run, audited):
    """Refused without --as, with the names it may use; recorded; nothing asked for."""
    ended = run("deploy", "shop", "staging", may_speak_for="releaser+viewer")
    assert ended.code == 3
    assert "Say --as USER" in ended.err
    assert "releaser, viewer" in ended.err
    assert audited("command.refused")[0][0] == "refused"
    assert not Deployment.objects.exists()
    assert run("deploy", "shop", "staging", "--as", "releaser",
               may_speak_for="releaser+viewer").code == 0


@pytest.mark.parametrize("may", ["releaser", ""])
def test_an_account_speaks_for_nobody_else(may, staging, releaser, approver, run, audited):
    """--as of somebody the setting does not name: refused and recorded."""
    ended = run("decide", 1, "finish", "--as", "approver", may_speak_for=may)
    assert (ended.code, ended.out) == (3, "")
    assert f"System account {ACCOUNT} may not speak for approver." in ended.err
    assert audited("command.refused") == [
        ("refused", f"System account {ACCOUNT} may not speak for approver.")]
    assert AuditEntry.objects.get().actor_name == f"system account {ACCOUNT}"


def test_a_user_that_does_not_exist_is_a_wrong_argument(db, run):
    """The setting may name somebody who left."""
    ended = run("deploy", "shop", "staging", may_speak_for="gone")
    assert (ended.code, ended.err) == (2, "There is no user “gone”.\n")


def test_the_person_is_at_no_network(releaser, shop, run, settings):
    """Entries that are bound to networks do not count on a console."""
    settings.SYSTEM_ACCOUNTS = {ACCOUNT: "releaser"}
    actor = speaker()
    assert (actor.user, actor.address, actor.system_account) == (releaser, "", ACCOUNT)


@pytest.mark.parametrize(("arguments", "words"), [
    (("deploy", "nothing", "staging"), "There is no project “nothing”."),
    (("rollback", "shop", "nothing"), "Shop has no environment “nothing”."),
    (("deploy", "shop", "staging", "--release", "x"), "Shop has no release “x”."),
    (("rollback", "shop", "staging", "--to", "x"), "Shop has no release “x”."),
    (("reset_opcache", "shop", "staging", "--server", "x"), "There is no server “x”."),
    (("decide", "4711", "finish"), "There is no deployment 4711."),
    (("issue_token", "shop", "nothing"), "Shop has no environment “nothing”."),
    (("deploy", "shop", "staging"), "Shop has no version that is built. Say --ref BRANCH."),
])
def test_what_does_not_exist_is_exit_code_2(arguments, words, staging, releaser, run):
    """One sentence on standard error, nothing on standard output."""
    ended = run(*arguments)
    assert (ended.code, ended.out, ended.err) == (2, "", f"{words}\n")


@pytest.mark.parametrize("arguments", [
    ("deploy", "shop", "staging"), ("rollback", "shop", "staging"),
    ("reset_opcache", "shop", "staging"), ("decide", "{row}", "finish"),
    ("issue_token", "shop", "staging"), ("deploy", "shop", "staging", "--plan")])
def test_a_person_without_the_right_is_refused(arguments, staging, version, outsider, run, audited):
    """Exit code 3, reason and remedy on standard error, a refusal in the log, no new row."""
    row = factories.make_deployment(staging, release=version, status="succeeded")
    ended = run(*[str(a).format(row=row.pk) for a in arguments], may_speak_for="outsider")
    assert (ended.code, ended.out) == (3, "")
    assert "You may not" in ended.err
    assert "Ask an administrator" in ended.err
    refusals = [entry for name in ("deployment.requested", "deployment.decided", "token.issued")
                for entry in audited(name)]
    assert [outcome for outcome, _ in refusals] == ["refused"]
    assert Deployment.objects.get() == row


def test_json_is_one_object_also_for_a_refusal(staging, version, viewer, run):
    """Standard output can be read by a program whatever happens."""
    ended = run("deploy", "shop", "staging", "--json", may_speak_for="viewer")
    assert ended.code == 3
    assert ended.json["outcome"] == "refused"
    assert ended.json["exit_code"] == 3
    assert "nobody gave you this right yet" in ended.json["reason"]
    assert ended.json["remedy"] == "Ask an administrator for an entry."
    assert ended.err != ""


def test_wrong_arguments_end_a_real_process_with_2():
    """The shell's exit code, from a process of its own: argparse's 2 is our 2."""
    command = [sys.executable, "manage.py", "decide", "1", "maybe"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "invalid choice: 'maybe'" in ended.stderr
