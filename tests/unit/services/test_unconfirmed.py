"""Which entries wait for a second person, asked of many."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from deployments.models import Environment, Project
from deployments.services import grants
from tests import factories


def test_many_entries_for_everything_ask_the_database_as_often_as_two(
        admin, django_assert_num_queries, production):
    """Each might wait for a second person, and where nothing is protected none does."""
    actor = factories.actor_for(admin)
    for _ in range(2):
        factories.make_grant(factories.make_user(), "release")
    with CaptureQueriesContext(connection) as few:
        assert grants.unconfirmed(actor) == []
    for _ in range(10):
        factories.make_grant(factories.make_user(), "release")
    with django_assert_num_queries(len(few)):
        assert grants.unconfirmed(actor) == []


def test_what_is_asked_of_many_is_answered_as_of_one(admin, production):
    """For everything, for a project, for an environment; while something is protected, while edits
    wait for a second person, and while neither is so."""
    project, other = production.project, factories.make_environment()
    rows = [factories.make_grant(factories.make_user(), action, **where)
            for action in ("release", "commands", "look")
            for where in ({}, {"project": project}, {"project": other.project},
                          {"environment": production}, {"environment": other})
            if action != "commands" or "environment" not in where]
    found = {}
    for protected, second in ((False, False), (True, False), (False, True)):
        Environment.objects.filter(pk=production.pk).update(is_protected=protected)
        Project.objects.filter(pk=project.pk).update(commands_need_second=second)
        found[protected, second] = [row for row in rows if grants.waits(row)]
        assert grants.unconfirmed(factories.actor_for(admin)) == found[protected, second]
    assert found == {(False, False): [], (True, False): [rows[0], rows[1], rows[3]],
                     (False, True): [rows[5], rows[6]]}
