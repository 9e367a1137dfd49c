"""doctor: what it prints, and what its exit code means."""

import pytest
from django.core.management.base import CommandError
from django.db import OperationalError
from django.utils import timezone

from deployments.management.speaking import system_account
from deployments.models import Checkup
from tests import factories

BLOCK = {"code": "sudo", "level": "blocks", "title": "deploy may not reload", "why": "It must.",
         "todo": "Paste:", "lines": ["deploy ALL=(root) NOPASSWD: /x"]}
FINE = {"code": "jit", "level": "fine", "title": "The JIT is on", "why": "No harm.", "todo": "",
        "lines": []}


def answering(**fields):
    """The worker: answers whatever is asked."""
    return lambda: Checkup.objects.filter(answered_at=None).update(
        **{"answered_at": timezone.now(), "choice": "reset", "reason": "It can be reset.",
           "findings": [FINE]} | fields)


def test_it_prints_each_finding_and_ends_with_0_when_nothing_blocks(
        production, releaser, run, meanwhile, audited):
    """Sign, title, why; then what is advised."""
    meanwhile(answering())
    ended = run("doctor", "shop", "production")
    assert ended.code == 0, ended.err
    assert "✓ The JIT is on\n    No harm." in ended.out
    assert "Shop - Production on web-2, /srv/shop-production" in ended.out
    assert "Advised: reset. It can be reset." in ended.out
    assert ended.out.rstrip().endswith("2 installations examined; nothing blocks a release.")
    assert audited("doctor.asked")[0][0] == "done"


def test_what_blocks_is_1_with_the_lines_to_paste(staging, releaser, run, meanwhile):
    """A script that sets servers up can go by it."""
    meanwhile(answering(findings=[BLOCK], changes=["PHP is another one"]))
    ended = run("doctor", "shop", "staging")
    assert ended.code == 1
    assert "✗ deploy may not reload" in ended.out
    assert "What to do: Paste:\n        deploy ALL=(root) NOPASSWD: /x" in ended.out
    assert "Different from what was accepted last: PHP is another one" in ended.out
    assert "Something blocks a release on 1 of 1 installations." in ended.err


def test_a_server_that_cannot_be_examined_is_1(staging, releaser, run, meanwhile):
    """It says why, not merely that."""
    meanwhile(answering(problem="web-1 refuses connections.", findings=[]))
    ended = run("doctor", "shop", "staging")
    assert ended.code == 1
    assert "It could not be examined: web-1 refuses connections." in ended.out


def test_no_answer_is_5(staging, releaser, run):
    """Nobody works, or all are busy; what was asked for stays asked for."""
    ended = run("doctor", "shop", "staging", "--limit", "0")
    assert ended.code == 5
    assert "1 of 1 installations were not examined in time" in ended.err
    assert Checkup.objects.filter(answered_at=None).count() == 1


def test_json_is_one_object(staging, production, releaser, run, meanwhile):
    """All environments of the project, each with findings, verdicts and facts."""
    meanwhile(answering(findings=[BLOCK]))
    ended = run("doctor", "shop", "--json")
    assert (ended.code, ended.json["outcome"]) == (1, "failed")
    rows = ended.json["installations"]
    assert [(row["environment"], row["server"]) for row in rows] == [
        ("staging", "web-1"), ("production", "web-1"), ("production", "web-2")]
    assert rows[0]["findings"] == [BLOCK]
    assert rows[0]["address"].endswith("/admin/doctor/shop/staging/")


def test_without_arguments_everything_one_may_examine_is(staging, releaser, run, meanwhile):
    """An environment that one may not examine is named and does not end it."""
    other = factories.make_environment(factories.make_project(slug="blog"))
    factories.make_installation(other)
    factories.make_grant(releaser, "look", project=other.project)
    meanwhile(answering())
    ended = run("doctor")
    assert ended.code == 0, ended.err
    assert "You may not release" in ended.out
    assert "1 installation examined" in ended.out


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["nothing"], "There is no project “nothing” that you may look at. There are: shop."),
    (["shop", "nothing"], "Shop has no environment “nothing”. There are: staging."),
    (["", "nothing"], "What you may look at has no environment “nothing”. There are: staging."),
])
def test_a_wrong_name_is_2_with_what_there_is(staging, releaser, run, arguments, sentence):
    """One sentence, and nothing is asked."""
    ended = run("doctor", *arguments)
    assert (ended.code, ended.err.strip()) == (2, sentence)
    assert not Checkup.objects.exists()


@pytest.mark.parametrize("limit", ["nan", "inf", "-1", "soon"])
def test_a_limit_that_is_none_is_refused_before_anything_is_asked(limit, staging, releaser, run):
    """“nan” would have waited for ever."""
    with pytest.raises(CommandError, match=f"“{limit}” is no number of seconds, 0 or more"):
        run("doctor", "shop", "staging", f"--limit={limit}")
    assert not Checkup.objects.exists()


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_database_that_was_not_set_up_is_one_sentence(
        options, staging, releaser, run, monkeypatch):
    """No trace of ours; with --json still one object."""
    def broken(actor, environment):
        raise OperationalError("no such table: deployments_checkup")

    monkeypatch.setattr("deployments.services.checkups.ask", broken)
    ended = run("doctor", *options)
    sentence = ("The database cannot be used (no such table: deployments_checkup). Is it there, "
                "and has `manage.py migrate` been run since the last update?")
    assert (ended.code, ended.err.strip()) == (1, sentence)
    assert not options or ended.json["sentence"] == sentence


def test_who_may_not_is_3(staging, viewer, run):
    """Refused, audited, nothing asked."""
    ended = run("doctor", "shop", "staging", may_speak_for="viewer")
    assert ended.code == 3
    assert "You may not release" in ended.err
    assert not Checkup.objects.exists()


def test_ctrl_c_leaves_the_question_to_the_worker(staging, releaser, run, monkeypatch, queued):
    """Who waits stops waiting; the examination goes on, and nothing is half done."""
    def interrupted(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("deployments.services.watching.pause", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("doctor", "shop", "staging")
    assert queued() == [("deployments.tasks.examine", Checkup.objects.get().pk)]
    assert system_account()
