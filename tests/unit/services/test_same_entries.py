"""An entry that says what another one says already is refused, and the sentence says what helps."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import Environment, Grant
from deployments.services import grants
from tests.factories import actor_for, make_grant, make_user


def give(admin, user, **over):
    return grants.grant(actor_for(admin), **{
        "action": "release", "user": user, "reason": "She sells.", **over})


@pytest.fixture
def guarded(production):
    """Production, protected: what is granted there waits for a second person."""
    Environment.objects.filter(pk=production.pk).update(is_protected=True)
    production.refresh_from_db()
    return production


def test_an_entry_in_force_is_not_written_twice(admin, outsider, production, refusal):
    """Another reason makes it no other entry; another end or network does."""
    give(admin, outsider, environment=production, networks="10.0.0.0/8")
    with refusal("grant.added", "is there already"):
        give(admin, outsider, environment=production, networks="10.0.0.0/8", reason="Again.")
    give(admin, outsider, environment=production)
    give(admin, outsider, environment=production, valid_until=timezone.now() + timedelta(days=1))


def test_naming_the_project_besides_the_environment_makes_no_other_entry(
        admin, outsider, production, refusal):
    """It says the same of the same place."""
    give(admin, outsider, environment=production)
    with refusal("grant.added", "is there already"):
        give(admin, outsider, environment=production, project=production.project)


def test_an_entry_that_waits_is_confirmed_not_repeated(admin, outsider, guarded, refusal):
    """The sentence says so."""
    give(admin, outsider, environment=guarded)
    with refusal("grant.added", "waits for a second person") as raised:
        give(make_user("second", is_superuser=True), outsider, environment=guarded)
    assert raised.value.remedy == "Let somebody confirm it."


def test_an_entry_that_nobody_can_confirm_is_written_again(admin, outsider, guarded):
    """Its author's own right to set up was never confirmed."""
    author = make_user("author")
    make_grant(author, "set_up", needs_second=True)
    make_grant(outsider, "release", environment=guarded, needs_second=True, granted_by=author)
    assert grants.waits(give(admin, outsider, environment=guarded))


def test_an_entry_that_has_ended_may_be_given_again(admin, outsider, production):
    """It says something of the past only."""
    grants.end(actor_for(admin), give(admin, outsider, environment=production))
    assert give(admin, outsider, environment=production).pk


def test_an_entry_is_not_changed_into_one_there_is(admin, outsider, production, refusal):
    """A new reason for an entry is no other entry."""
    give(admin, outsider, environment=production)
    row = give(admin, outsider, environment=production, action="build")
    with refusal("grant.changed", "is there already"):
        grants.change(actor_for(admin), Grant.objects.get(pk=row.pk), action="release")
    row.refresh_from_db()
    assert grants.change(actor_for(admin), row, reason="She builds.").reason == "She builds."
