"""Commands as a shell sees them: exit code, standard output, standard error."""

import io
import json
from dataclasses import dataclass

import pytest
from django.core.management import call_command

from deployments.management.speaking import system_account
from deployments.models import AuditEntry


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def run(settings, db):
    """A function that runs a command for the users it may speak for (default: the releaser)."""

    def ran(*arguments, may_speak_for="releaser"):
        settings.SYSTEM_ACCOUNTS = {system_account(): may_speak_for}
        out, err, code = io.StringIO(), io.StringIO(), 0
        try:
            call_command(*map(str, arguments), stdout=out, stderr=err)
        except SystemExit as end:
            code = end.code
        return Ended(code, out.getvalue(), err.getvalue())

    return ran


@pytest.fixture
def audited(db):
    """A function that returns (outcome, sentence) of every entry of an action, oldest first."""

    def entries(action):
        rows = AuditEntry.objects.filter(action=action).order_by("seq")
        return [(row.outcome, row.sentence) for row in rows]

    return entries


@pytest.fixture
def meanwhile(monkeypatch):
    """A function that makes waiting commands run one call instead of each pause: the worker."""

    def working(*calls):
        todo = list(calls)

        def pause(seconds):
            if todo:
                todo.pop(0)()

        monkeypatch.setattr("deployments.services.watching.pause", pause)

    return working
