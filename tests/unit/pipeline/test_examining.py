"""A look beside a deployment: it says nothing then, and takes nothing that the deployment needs."""

from types import SimpleNamespace

import pytest
from django.db import DatabaseError

from deployments import audit
from deployments.audit.open_intents import open_intents
from deployments.coherence.doctor import Facts
from deployments.errors import StepFailed
from deployments.models import AuditEntry, Checkup, Installation
from deployments.pipeline import examining
from tests import factories


@pytest.fixture
def look(staging, monkeypatch):
    """look(while_reading): examine the one installation; returns (its Checkup, the contexts)."""
    seen = []

    def examine(while_reading):
        def read(ctx, *, is_whole):
            seen.append(ctx)
            while_reading()
            return Facts(server="web-1", root="/srv/shop", current="releases/1")

        def open_(self, ctx):
            ctx.site = SimpleNamespace(questions="as a deployment asks")

        monkeypatch.setattr(examining.Connect, "open", open_)
        monkeypatch.setattr(examining, "read", read)
        row = Checkup.objects.create(installation=Installation.objects.get())
        examining.answer_checkup(row.pk)
        row.refresh_from_db()
        return row, seen

    return examine


def test_a_look_in_a_quiet_moment_is_answered_without_writing_on_the_server(look):
    """The entry outside the versions answers only who takes the deployment's lock."""
    row, (ctx,) = look(lambda: None)
    assert row.answered_at
    with pytest.raises(StepFailed, match="not asked by a look"):
        ctx.site.questions.ask()


def test_a_look_says_nothing_where_a_deployment_began_meanwhile(look, staging):
    """A pool that was being reloaded would be called silent until the next look."""
    row, _ = look(lambda: factories.make_deployment(staging, status="running", fence=3))
    assert (row.answered_at, row.findings) == (None, [])


def test_nor_where_one_began_and_ended_meanwhile(look, staging):
    """What was read may be of both versions."""
    row, _ = look(lambda: factories.make_deployment(staging, fence=3))
    assert row.answered_at is None


def test_while_one_runs_nobody_is_asked(look, staging):
    """The schedule takes it up again afterwards."""
    factories.make_deployment(staging, status="running", fence=3)
    row, seen = look(lambda: None)
    assert (row.answered_at, seen) == (None, [])


def test_an_environment_that_needs_a_person_is_examined(look, staging):
    """Nothing moves there, and that person may well want to know."""
    factories.make_deployment(staging, status="needs_attention", fence=3)
    row, _ = look(lambda: None)
    assert row.answered_at


def test_a_look_knows_which_version_was_live_there(look, staging):
    """Without `current` it would be taken for a place where nothing was released yet."""
    row, _ = look(lambda: None)
    assert row.facts["was_live"] == ""
    release = factories.make_release(staging.project, label="2.9.1")
    factories.make_deployment(staging, release=release)
    row, _ = look(lambda: None)
    assert row.facts["was_live"] == "2.9.1"


def told(since=0):
    """(outcome, sentence) of what the audit log has of examinations."""
    rows = AuditEntry.objects.filter(action="doctor.examined", seq__gt=since).order_by("seq")
    return list(rows.values_list("outcome", "sentence"))


def test_a_look_is_announced_and_has_an_outcome(look, staging):
    """It puts files of ours there; one that nobody ends is listed as an open intent."""
    def fail():
        raise StepFailed("web-1 cannot be read")

    place = f"{staging} on {Installation.objects.get()}"
    look(lambda: None)
    assert told() == [("intended", f"About to examine {place}"), ("done", f"Examined {place}")]
    last = AuditEntry.objects.latest("seq").seq
    look(fail)
    assert told(last)[1] == ("failed", f"Failed to examine {place}: web-1 cannot be read")
    with pytest.raises(ZeroDivisionError):
        look(lambda: 1 / 0)
    assert open_intents() == [AuditEntry.objects.latest("seq").seq]


def test_nothing_is_looked_at_while_the_log_takes_no_entry(look, staging, monkeypatch):
    """Nothing new begins then."""
    def refuse(*about, **more):
        raise DatabaseError("the log is full")

    monkeypatch.setattr(audit, "record", refuse)
    seen = []
    with pytest.raises(DatabaseError):
        look(lambda: seen.append(True))
    assert seen == []
