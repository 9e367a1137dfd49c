"""Every service: nothing is done without its entry in the audit log, and nothing is refused without
its reason and its entry. The tables are written by hand; the services are found in the code."""

import pytest

from deployments.errors import Refused

from .services_without_verb import PARTS, READS, make_rows
from .verbs import found_services, watched
from .verbs_of_exceptions import VERBS as OF_EXCEPTIONS
from .verbs_of_first_run import VERBS as OF_FIRST_RUN
from .verbs_of_forms import VERBS as OF_FORMS
from .verbs_of_imports import VERBS as OF_IMPORTS
from .verbs_of_people import VERBS as OF_PEOPLE
from .verbs_of_releasing import VERBS as OF_RELEASING
from .verbs_of_setting_up import VERBS as OF_SETTING_UP
from .verbs_of_signing_in import VERBS as OF_SIGNING_IN

pytestmark = pytest.mark.django_db
VERBS = (*OF_RELEASING, *OF_EXCEPTIONS, *OF_PEOPLE, *OF_SIGNING_IN, *OF_SETTING_UP,
         *OF_FORMS, *OF_FIRST_RUN, *OF_IMPORTS)
REFUSING = [verb for verb in VERBS if not verb.never]
SERVICES = found_services()


@pytest.fixture(autouse=True)
def quickly(settings):
    """Passwords are hashed quickly, and there is somebody to hand mails to."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MAIL_IS_ON = True


def refused(verb, call, actor):
    """Sentences on what is missing where a call is refused: reason, one entry, no other row."""
    with watched() as left, pytest.raises(Refused) as raised:
        call(actor)
    reason, entries = raised.value.reason, left.entries
    assert reason.strip()[-1] in ".?!"
    assert [(row.action, row.outcome, row.details["reason"]) for row in entries] == [
        (verb.refused_as or verb.actions.split()[0], "refused", reason)]
    assert reason in entries[0].sentence
    assert entries[0].actor_name == actor.name
    assert left.tables == []
    assert left.went_through(SERVICES[verb.service])


def test_the_tables_name_every_service_and_no_other():
    """A service that nobody thought of is noticed, and so is a row whose service is gone."""
    named = [*{verb.service for verb in VERBS}, *READS, *PARTS]
    assert len(named) == len(set(named))
    assert set(SERVICES) - set(named) == set()
    assert set(named) - set(SERVICES) == set()
    assert {*PARTS.values()} <= {str(verb) for verb in VERBS}


@pytest.mark.parametrize("verb", VERBS, ids=str)
def test_what_is_done_has_its_entries_with_who_did_it(verb):
    """Exactly the expected ones, and rows have changed; what the table calls a part of it ran
    within it. Where it can be done once, the second try is refused with its entry."""
    scene = verb.stage()
    with watched() as left:
        scene.call(scene.actor)
    assert [(row.action, row.outcome) for row in left.entries] == [
        (action, "done") for action in verb.actions.split()]
    user = scene.actor.user
    assert {(row.actor_name, row.actor_id) for row in left.entries} == {
        (scene.actor.name, user and user.pk)}
    assert all(row.sentence for row in left.entries)
    assert bool(left.tables) == scene.changes_rows
    parts = [part for part, whole in PARTS.items() if whole == str(verb)]
    for service in (verb.service, *parts):
        assert left.went_through(SERVICES[service]), service
    if scene.is_once:
        refused(verb, scene.call, scene.actor)


@pytest.mark.parametrize("verb", REFUSING, ids=str)
def test_what_is_refused_has_its_reason_and_its_entry_and_changes_nothing(verb):
    """To somebody without an entry, and to who may, where something else is wrong."""
    scene = verb.stage()
    assert scene.stranger or scene.wrong
    if scene.stranger:
        refused(verb, scene.call, scene.stranger)
    if scene.wrong:
        refused(verb, scene.wrong, scene.actor)


def test_who_only_reads_writes_nothing():
    """Neither rows nor entries, for a person who may do everything."""
    rows = make_rows()
    for service, read in READS.items():
        with watched() as left:
            read(rows)
        assert (service, left.tables, left.entries) == (service, [], [])
        assert left.went_through(SERVICES[service])
