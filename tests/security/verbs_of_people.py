"""Scenes of people: what they are allowed, their groups and accounts, who is a superuser."""

from datetime import timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from deployments.models import AccessRequest, MembershipRequest
from deployments.policy import Actor
from deployments.services import (
    access,
    grants,
    groups,
    memberships,
    password_links,
    people,
    superusers,
)
from tests import factories
from tests.unit.pages.phones import PASSWORD

from .verbs import Scene, Verb, administrator, person

ADDRESS = "ada@shop.example"


# -- what they are allowed -----------------------------------------------------------------------

def _ask_for_access():
    project = factories.make_project()

    def call(actor, reason="I take over from Ada"):
        return access.ask_for_access(actor, action="build", project=project, reason=reason)

    return Scene(person(project, "look"), call, is_once=True,
                 wrong=lambda actor: call(actor, reason=""))


def _answer(is_granted):
    def stage():
        project = factories.make_project()
        row = AccessRequest.objects.create(
            user=person(project, "look").user, project=project, action="build",
            reason="I take over")
        good = {"valid_until": timezone.now() + timedelta(days=1), "comment": "Ask Ada first"}

        def call(actor, **answer):
            return access.answer_access(actor, row, is_granted=is_granted, **answer or good)

        return Scene(person(project, "set_up"), call, is_once=True,
                     wrong=lambda actor: call(actor, valid_until=None, comment=""))

    return stage


def _grant():
    project, user = factories.make_project(), person().user

    def call(actor, reason="For the autumn"):
        return grants.grant(actor, action="build", user=user, project=project, reason=reason)

    return Scene(person(project, "set_up"), call, wrong=lambda actor: call(actor, reason=""))


def _change_grant():
    project = factories.make_project()
    row = factories.make_grant(person().user, "build", project=project, reason="For the autumn")

    def call(actor, networks="10.0.0.0/8"):
        return grants.change(actor, row, networks=networks)

    return Scene(person(project, "set_up"), call,
                 wrong=lambda actor: call(actor, networks="the office"))


def _end_grant():
    project = factories.make_project()
    row = factories.make_grant(person().user, "build", project=project)
    return Scene(person(project, "set_up"), lambda actor: grants.end(actor, row), is_once=True)


def _confirm_grant():
    project = factories.make_project()
    row = factories.make_grant(person().user, "release", project=project, needs_second=True,
                               granted_by=administrator().user)
    return Scene(administrator(), lambda actor: grants.confirm(actor, row), is_once=True)


# -- groups --------------------------------------------------------------------------------------

def _group(name):
    return Group.objects.create(name=name)


def _add_group():
    return Scene(administrator(), lambda actor: groups.add(actor, "Leads"), is_once=True)


def _rename_group():
    row = _group("Leads")
    return Scene(administrator(), lambda actor: groups.rename(actor, row, "Heads"),
                 wrong=lambda actor: groups.rename(actor, row, ""))


def _delete_group():
    empty, full = _group("Leads"), _group("Heads")
    person().user.groups.add(full)
    return Scene(administrator(), lambda actor: groups.delete(actor, empty),
                 wrong=lambda actor: groups.delete(actor, full))


def _heavy_group():
    """One whose people may release where an environment is protected."""
    environment, row = factories.make_environment(is_protected=True), _group("Leads")
    factories.make_grant(None, "release", group=row, environment=environment,
                         confirmed_at=timezone.now())
    return row


def _join(make_group):
    def stage():
        user, group = person().user, make_group()
        return Scene(administrator(), lambda actor: memberships.join(actor, user, group),
                     is_once=True)

    return stage


def _leave():
    user, group = person().user, _group("Leads")
    user.groups.add(group)
    return Scene(administrator(), lambda actor: memberships.leave(actor, user, group),
                 is_once=True)


def _answer_membership(answer):
    def stage():
        row = MembershipRequest.objects.create(
            user=person().user, group=_heavy_group(), asked_by=administrator().user)
        return Scene(administrator(), lambda actor: answer(actor, row), is_once=True)

    return stage


# -- accounts ------------------------------------------------------------------------------------

def _add_person():
    return Scene(administrator(), lambda actor: people.add(actor, username="ada"), is_once=True)


def _change_person():
    user = person(email=ADDRESS).user
    return Scene(administrator(),
                 lambda actor: people.change(actor, user, email="ada@work.example"),
                 wrong=lambda actor: people.change(actor, user, email="nowhere"))


def _send_link():
    user, gone = person(email=ADDRESS).user, person(is_active=False).user
    return Scene(administrator(), lambda actor: password_links.send(actor, user),
                 wrong=lambda actor: password_links.send(actor, gone))


def _use_link():
    user = person(email=ADDRESS).user
    password_links.send(administrator(), user)
    token = password_links.token_of(user.password_links.get())

    def call(actor, password=PASSWORD):
        return password_links.use(token, password, address=actor.address)

    return Scene(factories.actor_for(user), call, stranger=None,
                 wrong=lambda actor: call(actor, password="1234"))


def _make_superuser():
    return Scene(Actor(user=None, system_account="root"), is_once=True,
                 call=lambda actor: superusers.grant(actor, "ada", reason="She starts on Monday"),
                 stranger=administrator())


def _withdraw_superuser():
    user, other = administrator().user, administrator()
    return Scene(Actor(user=None, system_account="root"), is_once=True, stranger=other,
                 call=lambda actor: superusers.withdraw(actor, user, reason="She has left"))


VERBS = (
    Verb("access.ask_for_access", "access.requested", _ask_for_access),
    Verb("access.answer_access", "grant.added access.granted", _answer(True),
         refused_as="access.granted"),
    Verb("access.answer_access", "access.declined", _answer(False)),
    Verb("grants.grant", "grant.added", _grant),
    Verb("grants.change", "grant.changed", _change_grant),
    Verb("grants.end", "grant.ended", _end_grant),
    Verb("grants.confirm", "grant.confirmed", _confirm_grant),
    Verb("groups.add", "group.added", _add_group),
    Verb("groups.rename", "group.renamed", _rename_group),
    Verb("groups.delete", "group.deleted", _delete_group),
    Verb("memberships.join", "membership.added", _join(lambda: _group("Leads"))),
    Verb("memberships.join", "membership.requested", _join(_heavy_group),
         refused_as="membership.added"),
    Verb("memberships.leave", "membership.removed", _leave),
    Verb("memberships.confirm", "membership.confirmed membership.added",
         _answer_membership(memberships.confirm)),
    Verb("memberships.decline", "membership.declined", _answer_membership(memberships.decline)),
    Verb("people.add", "person.added", _add_person),
    Verb("people.change", "person.changed", _change_person),
    Verb("password_links.send", "password_link.sent", _send_link),
    Verb("password_links.use", "password.set", _use_link),
    Verb("superusers.grant", "person.added superuser.granted", _make_superuser,
         refused_as="superuser.granted"),
    Verb("superusers.withdraw", "superuser.withdrawn", _withdraw_superuser),
)
