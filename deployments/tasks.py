"""The queue's door: each task takes a row's number and calls one function."""

from datetime import timedelta

from .models import Project
from .pipeline import building, endpoints, questions, runner, sources
from .services import setup, tokens

# Less than the time between two runs: the last reading ended a little after the last run began.
SCHEDULED_AGE = timedelta(minutes=4)


def build_release(pk):
    building.build_release(pk)


def run_deployment(pk):
    runner.run_deployment(pk)


def read_source(pk):
    sources.read_source(pk)


def answer_check(pk):
    questions.answer_check(pk)


def install_tokens(pk):
    endpoints.install_tokens(pk)


def read_sources():
    for project in Project.objects.all():
        setup.refresh_source(project, if_older_than=SCHEDULED_AGE)


def send_unfinished_tokens():
    tokens.send_unfinished()
