"""Real processes at the line of an environment: one deployment each way, and no turn is lost.

They run on SQLite with the other tests, and on PostgreSQL in tests/integration/postgres.
"""

import pytest

from deployments import audit
from deployments.models import Deployment, Project
from tests import factories

ROUNDS = 8


@pytest.fixture
def people(shop):
    """Three persons with the same rights, in a project where the second one waits."""
    Project.objects.filter(pk=shop.pk).update(when_busy=Project.WAIT)
    return [factories.make_user(name, shop, "look", "release") for name in ("ada", "ben", "cem")]


def clicks(people, production, number):
    """Two identical forms of each person, each for a version of its own."""
    for person in people:
        release = factories.make_release(production.project)
        for _ in range(2):
            yield "ask", person.pk, production.pk, release.pk, f"{person} {number}"


def statuses(production):
    return list(production.deployments.open().order_by("pk").values_list("status", flat=True))


def empty(production):
    """Everybody leaves the line, the last one first."""
    for row in production.deployments.open().order_by("-pk"):
        assert Deployment.objects.move(row, "cancelled")


def test_six_clicks_of_three_people_are_three_deployments(racers, production, people, queued):
    """One is on its way, two wait in line; both forms of a person are one row."""
    for number in range(ROUNDS):
        answers = racers.run(*clicks(people, production, number))
        assert answers[::2] == answers[1::2]
        assert len(set(answers)) == 3
        assert statuses(production) == ["queued", "waiting_turn", "waiting_turn"]
        active = production.deployments.active().get()
        assert queued().count(("deployments.tasks.run_deployment", active.pk)) == 1
        empty(production)
    assert audit.verify().first_bad is None


def test_a_stop_beside_new_requests_loses_no_turn(racers, production, people):
    """The place is given to one of those who come at that moment, never to none or two."""
    for number in range(ROUNDS):
        first = factories.make_deployment(production, status="queued")
        racers.run(("stop", people[0].pk, first.pk), *clicks(people[1:], production, number))
        assert statuses(production) == ["queued", "waiting_turn"]
        empty(production)


def test_stops_of_everybody_at_once_leave_an_empty_line(racers, production, people):
    """Each end gives a turn to somebody who is leaving as well: nobody is left over."""
    for _ in range(ROUNDS):
        rows = [factories.make_deployment(production, status=status) for status in
                ("queued", *["waiting_turn"] * 5)]
        racers.run(*[("stop", people[0].pk, row.pk) for row in rows])
        assert statuses(production) == []


def test_six_reapers_give_one_turn(racers, production, people):
    """A turn that was missed is given once."""
    for _ in range(ROUNDS):
        for _ in range(2):
            factories.make_deployment(production, status="waiting_turn", requested_by=people[0])
        racers.run(("reap",))
        assert statuses(production) == ["queued", "waiting_turn"]
        empty(production)


def test_a_build_that_ends_while_its_turn_comes_is_not_overlooked(racers, production, people):
    """Either sees the other: else it would wait for ever for a build that is done."""
    for _ in range(3 * ROUNDS):
        release = factories.make_release(production.project, status="building")
        factories.make_deployment(production, status="waiting_turn", release=release,
                                  requested_by=people[0])
        racers.run(("built", release.pk), ("turn", production.pk))
        assert statuses(production) == ["queued"]
        empty(production)
