"""Messages are wake-ups: a known task, a whole number, in the caller's transaction."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from deployments import queue


@pytest.mark.parametrize("task", sorted(queue.KNOWN))
def test_a_message_names_a_task_and_a_row(queued, task):
    """Nothing else travels: whoever reads the database can read messages."""
    queue.wake(task, 7)
    assert queued() == [(task, 7)]


@pytest.mark.parametrize("task", ["os.system", "deployments.tasks.anything", ""])
def test_an_unknown_task_is_not_queued(queued, task):
    """The queue runs any dotted name, so ours are a closed list."""
    with pytest.raises(ValueError, match="no task of ours"):
        queue.wake(task, 7)
    assert queued() == []


@pytest.mark.parametrize("pk", ["7; drop", None, "", object()])
def test_only_whole_numbers_travel(queued, pk):
    """Messages are pickles: no object of ours is in one."""
    with pytest.raises((TypeError, ValueError)):
        queue.wake(queue.DEPLOY, pk)
    assert queued() == []


def test_a_message_is_undone_with_its_transaction(queued):
    """Rows and message: both or none."""
    with transaction.atomic():
        queue.wake(queue.DEPLOY, 7)
        transaction.set_rollback(True)
    assert queued() == []


@pytest.mark.parametrize("task", sorted(queue.KNOWN))
def test_each_task_goes_to_its_own_queue(db, task):
    """What may take long, builds and git hosts, never stands in the way of the rest."""
    queue.wake(task, 7)
    brief = {queue.DEPLOY, queue.CHECK_SERVER, queue.INSTALL_TOKENS, queue.EXAMINE}
    name = "release" if task in brief else "build"
    assert OrmQ.objects.get().key == name


def test_a_pulse_is_in_line_until_somebody_takes_it(db):
    """django-q2 locks a message that is taken, and removes it when it was answered."""
    number = queue.send_pulse("build", "host:1")
    message = OrmQ.objects.get(pk=number)
    assert (message.key, message.task["func"], message.task["save"]) == (
        "build@host:1", queue.PULSE, False)
    assert queue.is_in_line(number)
    OrmQ.objects.update(lock=timezone.now() + timedelta(hours=1))
    assert not queue.is_in_line(number)
    assert queue.take_back("build") == 0
    assert queue.take_back("build@host:1") == 1
    assert queue.is_in_line(number)
    queue.drop([number])
    assert not queue.is_in_line(number)


@pytest.fixture
def take(monkeypatch):
    """A function that takes messages as the `build` cluster of a machine does: their rows."""
    def taken(machine):
        monkeypatch.setattr(queue, "_ours", {})
        monkeypatch.setattr(queue, "sleep", lambda seconds: None)
        queue.work_for(machine)
        found = queue.Broker("build").dequeue()
        return [OrmQ.objects.get(pk=number).task["args"][0] for number, _ in found]

    return taken


def test_what_is_for_one_machine_is_taken_there_alone_and_first(db, take):
    """A pulse that another machine answers would say nothing of this one."""
    queue.wake(queue.BUILD, 1)
    queue.wake(queue.BUILD, 2, machine="host:1")
    queue.wake(queue.DEPLOY, 3, machine="host:1")
    assert [take("host:2"), take("host:2")] == [[1], []]
    queue.wake(queue.BUILD, 4)
    assert [take("host:1"), take("host:1"), take("host:1")] == [[2], [4], []]


def test_the_oldest_message_is_taken_first_and_once(db, take):
    """Who asked first is served first, and a message that is taken is nobody else's."""
    for number in (5, 3, 4):
        queue.wake(queue.BUILD, number)
    assert [take("host:1"), take("host:2"), take("host:1"), take("host:1")] == [[5], [3], [4], []]


@pytest.fixture
def clock(monkeypatch):
    """A function that puts this machine's clock wrong by so many hours."""
    real = timezone.now
    return lambda hours: monkeypatch.setattr(
        timezone, "now", lambda: real() + timedelta(hours=hours))


@pytest.mark.parametrize("hours", [-48, 48])
def test_no_message_waits_for_the_clock_of_whoever_sent_it(db, take, clock, hours):
    """A web server whose clock is ahead would delay every start by as much."""
    clock(hours)
    queue.wake(queue.BUILD, 1)
    clock(0)
    assert queue.is_in_line(OrmQ.objects.get().pk)
    assert take("host:1") == [1]


@pytest.mark.parametrize("hours", [-48, 48])
def test_no_clock_of_a_worker_keeps_it_from_a_message_or_gives_it_one_twice(
        db, take, clock, hours):
    """It takes what waits, and nothing that another one has; whose end is known it may take back.
    """
    queue.wake(queue.BUILD, 1)
    number = OrmQ.objects.get().pk
    clock(hours)
    assert queue.is_in_line(number)
    assert [take("host:1"), take("host:2")] == [[1], []]
    assert not queue.is_in_line(number)
    clock(0)
    assert [queue.is_in_line(number), take("host:2")] == [False, []]
    clock(hours)
    assert queue.take_back("build") == 1
    clock(0)
    assert take("host:2") == [1]


def test_a_message_can_be_taken_at_once(db, take):
    """Whatever the database rounds its clock to."""
    for number in range(20):
        queue.wake(queue.BUILD, number)
        assert take("host:1") == [number]


def test_what_is_for_a_machine_that_is_gone_is_removed(db):
    """Nobody would ever take it; who waits for it is woken by its row."""
    queue.wake(queue.BUILD, 1)
    for machine in ("host:1", "gone:1"):
        queue.wake(queue.DEPLOY, 2, machine=machine)
    queue.remove_lines_but({"host:1"})
    assert sorted(OrmQ.objects.values_list("key", flat=True)) == ["build", "release@host:1"]


def test_nobody_else_queues_anything():
    """`async_task` and `schedule` are called in queue.py and schedules.py alone."""
    callers = set()
    for path in (Path(settings.BASE_DIR) / "deployments").rglob("*.py"):
        names = {getattr(node, "id", getattr(node, "attr", ""))
                 for node in ast.walk(ast.parse(path.read_text()))
                 if isinstance(node, (ast.Name, ast.Attribute))}
        if names & {"async_task", "async_iter", "async_chain", "AsyncTask"}:
            callers.add(path.name)
    assert callers == {"queue.py"}
