"""Periodic work: what the worker makes sure is scheduled, and what each run queues."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import Schedule

from deployments import queue, schedules, tasks
from deployments.models import Project, Token, TokenInstall
from tests import factories
from tests.languages import spoken

pytestmark = pytest.mark.django_db


def test_ensure_writes_exactly_the_list_and_removes_what_is_no_longer_in_it():
    """Twice changes nothing; every task exists."""
    Schedule.objects.create(name="Planted", func="os.getpid")

    schedules.ensure()
    schedules.ensure()

    rows = Schedule.objects.values_list("name", "func", "minutes")
    assert sorted(rows) == sorted((task, task, every) for _, task, every in schedules.SCHEDULES)
    assert all(row.cluster == queue.QUEUE_OF[row.func] for row in Schedule.objects.all())
    assert all(callable(import_string(task)) for _, task, _ in schedules.SCHEDULES)


def test_a_schedule_is_known_in_another_language():
    """What a worker wrote in one language is found in the next; only what people read differs."""
    schedules.ensure()
    with spoken(lambda message: message[::-1]):
        schedules.ensure()
        assert [row.next_run is None for row in schedules.states()] == [False] * 9
        assert str(schedules.states()[0].name) == "secruos lla daeR"
    assert str(schedules.states()[0].name) == "Read all sources"


def test_a_schedule_that_two_workers_wrote_at_once_is_there_once_again():
    """Nothing keeps django-q2's rows from it, and a worker must start all the same."""
    schedules.ensure()
    first = Schedule.objects.order_by("pk").first()
    Schedule.objects.create(name=first.name, func=first.func)

    schedules.ensure()

    assert Schedule.objects.get(name=first.name) == first


def test_sources_are_read_again_only_when_their_age_asks_for_it(queued):
    """A source read just now is left alone; what the last run read is due, or it would take ten
    minutes: each reading ends a little after its run began."""
    new, last_run = factories.make_project(), factories.make_project()
    never = factories.make_project()
    Project.objects.filter(pk=new.pk).update(source_read_at=timezone.now())
    Project.objects.filter(pk=last_run.pk).update(
        source_read_at=timezone.now() - timedelta(minutes=4, seconds=30))

    tasks.read_sources()

    assert sorted(queued()) == sorted(
        ("deployments.tasks.read_source", due.pk) for due in (last_run, never))


@pytest.fixture
def place():
    return factories.make_installation()


def held(place, state, *, problem="", **token):
    """What `place` is known to hold of a token of its environment."""
    return TokenInstall.objects.create(
        token=factories.make_token(place.environment, **token), installation=place, state=state,
        problem=problem)


ENDS = {"revoked_at": timezone.now(), "expires_at": timezone.now() - timedelta(seconds=1)}


@pytest.mark.parametrize("is_active", [True, False], ids=["in use", "left out"])
@pytest.mark.parametrize("state", [TokenInstall.INSTALLED, TokenInstall.PENDING])
@pytest.mark.parametrize("end", ENDS)
def test_servers_are_told_until_they_forgot_a_token_that_ended(
        end, state, is_active, place, queued):
    """Revoked or expired, in use or left out; what was never confirmed may be there too."""
    place.is_active = is_active
    place.save()
    row = held(place, state, **{end: ENDS[end]})

    tasks.send_unfinished_tokens()

    assert queued() == [("deployments.tasks.install_tokens", place.pk)]
    TokenInstall.objects.filter(pk=row.pk).update(state=TokenInstall.REMOVED)
    tasks.send_unfinished_tokens()
    assert len(queued()) == 1


def test_servers_are_sent_a_valid_token_until_they_have_it(place, queued):
    """Not while its first sending is under way, and never to a server that is left out."""
    row = held(place, TokenInstall.PENDING)
    held(factories.make_installation(), TokenInstall.INSTALLED)
    held(factories.make_installation(is_active=False), TokenInstall.PENDING, problem="gone")
    tasks.send_unfinished_tokens()
    assert queued() == []

    Token.objects.update(issued_at=timezone.now() - timedelta(minutes=16))
    tasks.send_unfinished_tokens()
    assert queued() == [("deployments.tasks.install_tokens", place.pk)]

    Token.objects.update(issued_at=timezone.now())
    TokenInstall.objects.filter(pk=row.pk).update(problem="web-1 cannot be reached.")
    tasks.send_unfinished_tokens()
    assert len(queued()) == 2


def test_a_server_is_told_once_whatever_it_lacks(place, queued):
    """One message brings all of it."""
    held(place, TokenInstall.PENDING, problem="web-1 cannot be reached.")
    held(place, TokenInstall.INSTALLED, revoked_at=timezone.now())
    held(place, TokenInstall.INSTALLED, revoked_at=timezone.now())

    tasks.send_unfinished_tokens()

    assert queued() == [("deployments.tasks.install_tokens", place.pk)]


def test_another_environments_token_is_forgotten_and_not_sent_again(place, queued):
    """An installation that was moved holds its new environment's tokens alone."""
    row = TokenInstall.objects.create(
        token=factories.make_token(), installation=place, state=TokenInstall.REMOVED)
    Token.objects.update(issued_at=timezone.now() - timedelta(days=1))
    tasks.send_unfinished_tokens()
    assert queued() == []

    Token.objects.filter(pk=row.token_id).update(revoked_at=timezone.now())
    tasks.send_unfinished_tokens()
    assert queued() == []
