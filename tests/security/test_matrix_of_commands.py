"""The permission matrix off the web: what each kind of person may do by command, and what a worker
still starts of what they asked for, or agreed to."""

import io
from importlib import resources
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from deployments.management import commands
from deployments.management.speaking import DONE, REFUSED, TIMED_OUT, WRONG, system_account
from deployments.models import Approval, Deployment, Grant
from deployments.pipeline import gate
from tests import factories

from . import oracle
from .cells import Matrix
from .oracle_of_commands import CHANGES, COMMANDS, OF_THE_MACHINE, STARTS
from .people import INSIDE, OUTSIDE, PEOPLE
from .trying import Writes, newest_entries
from .world import environment_of

pytestmark = pytest.mark.django_db
ENDED = {"voided", "cancelled"}


class TestCommands(Matrix):
    """Each command in the name of each kind of person."""

    def test_every_command_acts_for_exactly_those_the_oracle_names(self):
        """With entries that count anywhere, and with those for the office alone."""
        for is_bound in (True, False):
            if not is_bound:
                Grant.objects.update(networks="")
            for line, power, must_act in COMMANDS:
                for name, inside, outside in PEOPLE:
                    powers = outside if is_bound else inside
                    self._try(line, name, oracle.lets_in(power, powers), must_act, is_bound)

    def _try(self, line, name, expected, must_act, is_bound):
        person = self.world.people.get(name)
        whom = person.username if person else "nobody-there"
        code, written, entries = _run(line.format(**self.world.rows), whom)
        is_in = code in (DONE, TIMED_OUT)
        problem = ""
        if is_in != expected:
            problem = "may and should not" if is_in else "may not and should"
        elif is_in and must_act and not written:
            problem = "is told that it was done, and nothing was"
        elif not is_in and written:
            problem = "is refused, and yet it wrote"
        elif code == REFUSED and not any(row[1] == "refused" and row[2] for row in entries):
            problem = "is refused without a reason in the audit log"
        elif not is_in and code not in (REFUSED, WRONG):
            problem = "our fault"
        if problem:
            self.wrong.append(f"{name}, {'office' if is_bound else 'any'} entries, {line}: "
                              f"{problem} ({code}, {written}, {entries})")


class TestStarts(Matrix):
    """The worker's last look, before it starts what was asked for."""

    def test_what_was_asked_for_starts_only_while_its_requester_may(self):
        """Nothing changed since; or they lost what let them ask."""
        for kind, emergency, power in STARTS:
            row = self._queued(f"{kind}-for-{power}".replace("_", "-"), kind=kind,
                               emergency=emergency)
            for name, inside, _ in PEOPLE:
                may = oracle.lets_in(power, inside)
                for change in ("", *CHANGES) if may else ("",):
                    with transaction.atomic():
                        self._ask(row, name)
                        self._become(row, name, change)
                        self._look(row, may and not change,
                                   f"{kind} asked for by {name}, {change or 'nothing changed'}")
                        transaction.set_rollback(True)

    def test_what_was_agreed_to_starts_only_while_who_agreed_may(self):
        """A yes of each kind of person, where one yes is needed."""
        row = self._queued("agreed", *self.world.people.values())
        for name, inside, _ in PEOPLE[1:]:
            may = "approve" in inside
            for change in ("", *CHANGES[:2]) if may else ("",):
                with transaction.atomic():
                    Approval.objects.create(
                        deployment=row, user=self.world.people[name], user_name=name,
                        answer=Approval.YES, plan_hash=row.plan_hash)
                    self._become(row, name, change)
                    self._look(row, may and not change,
                               f"agreed to by {name}, {change or 'nothing changed'}")
                    transaction.set_rollback(True)

    def _queued(self, slug, *approvers, **over):
        rows = self.world.rows
        environment = environment_of(rows["project"], slug)
        if approvers:
            factories.make_rule(environment, *approvers)
        for release in (rows["release"], rows["earlier"]):
            factories.make_deployment(environment, release=release)
        return factories.make_deployment(
            environment, release=rows["release"], status="queued", previous=rows["earlier"],
            requested_by=self.world.people["requester"], requested_address=INSIDE, **over)

    def _ask(self, row, name):
        Deployment.objects.filter(pk=row.pk).update(requested_by=self.world.people.get(name))

    def _become(self, row, name, change):
        user = self.world.people.get(name)
        if change == "asked from another network":
            Deployment.objects.filter(pk=row.pk).update(requested_address=OUTSIDE)
        elif user and change == "switched off":
            type(user).objects.filter(pk=user.pk).update(is_active=False)
        elif user and change:
            Grant.objects.update(valid_until=timezone.now())

    def _look(self, row, expected, words):
        row = Deployment.objects.get(pk=row.pk)
        writes = Writes()
        with connection.execute_wrapper(writes):
            starts = gate.may_start(row)
        row.refresh_from_db()
        if starts != expected:
            self.wrong.append(f"{words}: {'starts' if starts else 'does not start'}")
        elif not starts and not (row.status in ENDED and row.result and writes.entries):
            self.wrong.append(f"{words}: not ended with its reason and audit entry: {row.status}")


def _run(line, whom):
    """(exit code, tables changed, audit entries) of a command in somebody's name, taken back."""
    writes, code, quiet = Writes(), DONE, io.StringIO()
    accounts = {system_account(): whom}
    with (transaction.atomic(), connection.execute_wrapper(writes),
          override_settings(SYSTEM_ACCOUNTS=accounts)):
        try:
            call_command(*line.split(), "--as", whom, stdout=quiet, stderr=quiet)
        except SystemExit as end:
            code = end.code
        entries = newest_entries(writes.entries)
        transaction.set_rollback(True)
    return code, frozenset(writes.tables), entries


def test_a_command_that_nobody_listed_is_noticed():
    """It speaks for somebody and stands in the matrix, or says where it is tested."""
    files = [row.name for row in resources.files(commands).iterdir()]
    found = {name.removesuffix(".py") for name in files
             if name.endswith(".py") and name != "__init__.py"}
    assert found == {line.split()[0] for line, *_ in COMMANDS} | {*OF_THE_MACHINE}
    for name, path in OF_THE_MACHINE.items():
        assert name in Path(path).read_text(encoding="utf-8")
