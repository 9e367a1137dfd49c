"""Waiting for what workers do, by reading rows: for commands, which have nothing else to do."""

import time
from datetime import timedelta

from django.utils import timezone

from .setup import refresh_source

POLL_S = 0.5
ASK_AGAIN_S = 60
pause = time.sleep


def wait_for_end(deployment, *, limit_s, on_line=None):
    """Read the deployment again until it has ended or needs a person; False when time is up.

    `on_line` is given each new line of its log.
    """
    until, cursor = time.monotonic() + limit_s, -1
    while True:
        deployment.refresh_from_db()
        for line in deployment.log.filter(number__gt=cursor).order_by("number"):
            cursor = line.number
            if on_line:
                on_line(line)
        if deployment.needs_a_person or not deployment.is_open:
            return True
        if time.monotonic() >= until:
            return False
        pause(POLL_S)


def wait_for_source(project, *, limit_s):
    """Have a worker read the git host now; False when none did in time.

    Afterwards `project.source_problem` says why it could not be read, or nothing. No row says
    that a reading is under way, so a worker that is lost over it is followed by asking again.
    """
    asked_at, ask_at = timezone.now(), time.monotonic()
    until = ask_at + limit_s
    while True:
        if time.monotonic() >= ask_at:
            refresh_source(project, if_older_than=timedelta(0))
            ask_at += ASK_AGAIN_S
        project.refresh_from_db(fields=["source_read_at", "source_problem"])
        if project.source_read_at is not None and project.source_read_at >= asked_at:
            return True
        if time.monotonic() >= until:
            return False
        pause(POLL_S)


def wait_for_answers(checkups, *, limit_s):
    """Read the doctor's Checkups again until all are answered; return them, with what is
    unanswered at the limit as it is."""
    until = time.monotonic() + limit_s
    while True:
        for checkup in checkups:
            if checkup.answered_at is None:
                checkup.refresh_from_db()
        if all(row.answered_at for row in checkups) or time.monotonic() >= until:
            return checkups
        pause(POLL_S)
