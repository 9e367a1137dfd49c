"""Periodic work: what the worker makes sure is scheduled, and what each run queues."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import Schedule

from deployments import schedules, tasks
from deployments.models import Project, TokenInstall
from tests import factories

pytestmark = pytest.mark.django_db


def test_ensure_writes_exactly_the_list_and_removes_what_is_no_longer_in_it():
    """Twice changes nothing; every task exists."""
    Schedule.objects.create(name="Planted", func="os.getpid")

    schedules.ensure()
    schedules.ensure()

    rows = Schedule.objects.values_list("name", "func", "minutes")
    assert sorted(rows) == sorted(schedules.SCHEDULES)
    assert all(callable(import_string(task)) for _, task, _ in schedules.SCHEDULES)


def test_sources_are_read_again_only_when_their_age_asks_for_it(queued):
    """A source read just now is left alone."""
    old, new = factories.make_project(), factories.make_project()
    Project.objects.filter(pk=new.pk).update(source_read_at=timezone.now())

    tasks.read_sources()

    assert queued() == [("deployments.tasks.read_source", old.pk)]


def test_servers_are_told_to_forget_expired_tokens(queued):
    """Only those that still hold one."""
    place = factories.make_installation()
    token = factories.make_token(place.environment)
    TokenInstall.objects.all().delete()
    TokenInstall.objects.create(token=token, installation=place, state=TokenInstall.INSTALLED)
    tasks.forget_expired_tokens()
    assert queued() == []

    token.expires_at = timezone.now() - timedelta(seconds=1)
    token.save()
    tasks.forget_expired_tokens()

    assert queued() == [("deployments.tasks.install_tokens", place.pk)]
