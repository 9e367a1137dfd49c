"""The queue's door: each task takes a row's number, or nothing, and calls one function."""

from datetime import timedelta
from functools import wraps

from . import audit
from .audit import request_ids
from .models import Project
from .notify import mail
from .pipeline import (
    adopting,
    building,
    drifting,
    endpoints,
    examining,
    handover,
    questions,
    runner,
    sources,
)
from .services import (
    anchors,
    checkups,
    clusters,
    drift,
    due,
    planned,
    sessions,
    setup,
    tokens,
)

# Less than the time between two runs: the last reading ended a little after the last run began.
SCHEDULED_AGE = timedelta(minutes=4)


def _leased(work):
    """A task that holds its row by a lease: told to end, it hands the row over first."""
    @wraps(work)
    def task(pk):
        clusters.mark_pulse()
        with request_ids.begun("task"), handover.heeding():
            audit.append_kept()
            work(pk)

    return task


def _brief(work):
    """A task without a lease; it may be cut off anywhere and is only asked for again."""
    @wraps(work)
    def task(*pk):
        clusters.mark_pulse()
        with request_ids.begun("task"), clusters.at_work(work.__name__):
            audit.append_kept()
            work(*pk)

    return task


@_leased
def build_release(pk):
    building.build_release(pk)


@_leased
def run_deployment(pk):
    runner.run_deployment(pk)
    checkups.ask_after_refusal(pk)


@_brief
def read_source(pk):
    sources.read_source(pk)


@_brief
def answer_check(pk):
    questions.answer_check(pk)


@_brief
def install_tokens(pk):
    endpoints.install_tokens(pk)


@_brief
def read_sources():
    for project in Project.objects.all():
        setup.refresh_source(project, if_older_than=SCHEDULED_AGE)


@_brief
def send_unfinished_tokens():
    tokens.send_unfinished()


@_brief
def examine(pk):
    examining.answer_checkup(pk)


@_brief
def examine_later(pk):
    """The same, asked for by no person: builds may come first."""
    examining.answer_checkup(pk)


@_brief
def examine_at_night():
    checkups.ask_at_night()


@_brief
def look_for_drift(pk):
    drifting.look(pk)


@_brief
def look_to_adopt(pk):
    adopting.look(pk)


@_brief
def take_in(pk):
    adopting.take_in(pk)


@_brief
def start_planned():
    planned.start_due()


@_brief
def watch_drift():
    drift.ask_due()


@_brief
def anchor_audit():
    anchors.check_daily()
    anchors.keep_anchored()


@_brief
def check_log(pk):
    """The one log there is."""
    anchors.answer()


@_brief
def look_after_requests():
    """Requests for approval: remind, let expire, void what no longer holds."""
    due.look_after_requests()


@_brief
def send_notices(pk=None):
    """Whatever is due: a notice's number only woke us."""
    mail.send_due()


@_brief
def tidy_sessions():
    sessions.tidy()


@_brief
def answer_pulse():
    """Nothing: that it runs at all is the answer, and is written for every task."""
