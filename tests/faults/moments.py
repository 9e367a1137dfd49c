"""Lets something happen at one moment of a real release: before or after a step on a server."""

import threading

from django.db import connection

from deployments.pipeline import flows
from deployments.pipeline.steps.prune import Prune
from deployments.pipeline.steps.put_back import PutBack
from deployments.pipeline.steps.take_away import TakeAway
from deployments.pipeline.steps.touch import Touch

FORWARD = (*flows.PREPARE, *flows.GO_LIVE, *flows.FINISH)
STEPS = {type(step) for step in FORWARD} | {PutBack, Prune, TakeAway, Touch}


def at(monkeypatch, moment, act, *, server="", times=1):
    """Call `act(ctx)` at `moment`, such as "before switch" or "after commands before".

    On every server, or on `server` alone; the first `times` times. It is called in the thread
    that works on that server.
    """
    when, name = moment.split(" ", 1)
    left, lock = [times], threading.Lock()

    def is_due(step, ctx):
        with lock:
            due = step.name == name and ctx.target.server == (server or ctx.target.server)
            left[0] -= due
            return due and left[0] >= 0

    def wrapped(run):
        def step_run(step, ctx):
            due = is_due(step, ctx)
            if due and when == "before":
                act(ctx)
            run(step, ctx)
            if due and when == "after":
                act(ctx)

        return step_run

    classes = [step for step in STEPS if getattr(step, "name", name) == name]
    assert classes, name
    for step in classes:
        monkeypatch.setattr(step, "run", wrapped(step.run))


def on_rows(act):
    """`act` for `at`: it may use the database, although a server's thread calls it."""

    def call(ctx):
        try:
            act(ctx)
        finally:
            connection.close()

    return call
