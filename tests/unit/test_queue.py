"""Messages are wake-ups: a known task, a whole number, in the caller's transaction."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

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
