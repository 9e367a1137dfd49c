"""The queue's door: each task takes a row's number and calls one function."""

from .models import Project
from .pipeline import building, endpoints, questions, runner, sources
from .services import setup, tokens


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
        setup.refresh_source(project)


def send_unfinished_tokens():
    tokens.send_unfinished()
