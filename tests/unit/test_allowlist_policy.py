"""Entries of the allowlist: groups, second persons, set-up, emergencies, and every reason told."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from deployments import policy
from deployments.models import Environment, Grant
from deployments.policy import Actor
from tests.factories import (
    actor_for,
    make_deployment,
    make_environment,
    make_grant,
    make_project,
)

OFFICE, INSIDE, OUTSIDE = "10.1.0.0/16", "10.1.2.3", "192.0.2.7"
DAY = timedelta(days=1)


@pytest.fixture
def leads(outsider):
    """A group that the outsider is in."""
    group = Group.objects.create(name="Shop leads")
    outsider.groups.add(group)
    return group


def test_every_action_every_place_every_kind_of_entry(outsider, staging, production):
    """One entry at a time, against each action in two environments and another project: only its
    own action (and looking; a release entry stops, too), only where it leads."""
    shop, other = production.project, make_environment(slug="elsewhere")
    for action, _ in Grant.ACTIONS:
        for project, environment in ((None, None), (shop, None), (shop, production),
                                     (None, production)):
            grant = make_grant(outsider, action, project=project, environment=environment)
            for asked, _ in Grant.ACTIONS:
                serves = asked in (action, "look") or (action, asked) == ("release", "stop")
                if action in policy.WHOLE_PROJECT and environment and asked != "look":
                    serves = False  # set-up of half a project is none
                for where in (staging, production, other):
                    fits = environment in (None, where) and project in (None, where.project)
                    if asked in ("look", *policy.WHOLE_PROJECT):
                        fits = (project or (environment and shop)) in (None, where.project)
                    decision = policy.may(actor_for(outsider), asked, environment=where)
                    assert decision.allowed is (serves and fits), (grant, asked, where)
                    assert decision.reason.endswith(".")
            grant.delete()


def test_an_entry_of_a_group_counts_while_one_is_in_it(outsider, leads, production):
    """And the answer says which group it comes from."""
    Grant.objects.create(group=leads, action="release", project=production.project)
    actor = actor_for(outsider)
    assert ", as one of Shop leads" in policy.may_release(actor, production).reason
    outsider.groups.clear()
    assert not policy.may_release(actor, production)


@pytest.mark.parametrize(("fields", "reason", "remedy"), [
    ({"networks": OFFICE}, "counts only from certain networks; you are on 192.0.2.7", "VPN"),
    ({"needs_second": True}, "waits for a second person's yes", "another administrator"),
    ({"valid_from": timezone.now() + 3 * DAY}, "begins on", "Wait"),
    ({"valid_until": timezone.now() - DAY}, "ended on", "Ask for access again"),
    ({"valid_until": timezone.now() - DAY, "needs_second": True}, "ended on",
     "Ask for access again"),
])
def test_the_refusal_names_what_stands_in_the_way(fields, reason, remedy, outsider, production):
    """Of several entries the one that is nearest to counting; an entry that counts wins."""
    make_grant(outsider, valid_until=timezone.now() - DAY)
    make_grant(outsider, **fields)
    actor = Actor(outsider, OUTSIDE)
    decision = policy.may_release(actor, production)
    assert not decision
    assert reason in decision.reason
    assert remedy in decision.remedy
    make_grant(outsider, environment=production)
    assert policy.may_release(actor, production)


def test_what_weighs_counts_in_a_protected_environment_once_it_is_confirmed(
        outsider, staging, production):
    """However old the entry is; beside it, and for what does not weigh, nothing changes."""
    for action, _ in Grant.ACTIONS:
        make_grant(outsider, action)
    Environment.objects.filter(pk=production.pk).update(is_protected=True)
    production.refresh_from_db()
    for action, _ in Grant.ACTIONS:
        actor = actor_for(outsider)
        assert policy.may(actor, action, environment=staging)
        assert bool(policy.may(actor, action, environment=production)) is (
            action not in ("release", "approve", "emergency"))
    Grant.objects.update(confirmed_at=timezone.now())
    assert policy.may_release(actor_for(outsider), production)


def test_a_second_person_is_waited_for_even_where_nothing_is_protected_any_more(
        outsider, production):
    """Taking protection away gives nobody what was not agreed to."""
    make_grant(outsider, needs_second=True)
    assert not policy.may_release(actor_for(outsider), production)
    assert not policy.may_sign_in(outsider)


def test_stopping_is_for_who_may_stop_and_for_who_releases(outsider, production):
    """A stop entry alone releases nothing."""
    running = make_deployment(production, status="running")
    grant = make_grant(outsider, "stop", environment=production)
    assert policy.may_stop(actor_for(outsider), running)
    assert not policy.may_release(actor_for(outsider), production)
    Grant.objects.filter(pk=grant.pk).update(action="release")
    assert policy.may_stop(actor_for(outsider), running)


def test_an_emergency_has_an_entry_of_its_own(outsider, releaser, production):
    """It stands for releasing then, and at the start it is what is asked for again."""
    assert not policy.may_release_in_emergency(actor_for(releaser), production)
    make_grant(outsider, "emergency", environment=production)
    assert policy.may_release_in_emergency(actor_for(outsider), production)
    urgent = make_deployment(production, status="queued", requested_by=outsider,
                             emergency="The shop sells for nothing.")
    assert policy.requester_may(urgent)
    urgent.emergency = ""
    assert not policy.requester_may(urgent)


def test_who_asked_is_asked_for_again_at_the_start(outsider, leads, production):
    """Account, group, end, network of the request: each alone ends it."""
    Grant.objects.create(group=leads, action="release", networks=OFFICE)
    asked = make_deployment(production, status="queued", requested_by=outsider,
                            requested_address=INSIDE)
    assert policy.requester_may(asked)
    asked.requested_address = OUTSIDE
    assert not policy.requester_may(asked)
    asked.requested_address = f"::ffff:{INSIDE}"
    assert policy.requester_may(asked)
    Grant.objects.update(valid_until=timezone.now())
    assert not policy.requester_may(asked)
    Grant.objects.update(valid_until=None)
    outsider.groups.clear()
    assert not policy.requester_may(asked)
    outsider.groups.add(leads)
    outsider.is_active = False
    assert not policy.requester_may(asked)
    asked.requested_by = None  # deleted meanwhile
    assert not policy.requester_may(asked)


@pytest.mark.parametrize(("action", "may"), [
    ("set_up", policy.may_set_up), ("commands", policy.may_edit_commands)])
def test_set_up_is_for_superusers_and_entries_of_whole_projects(
        action, may, admin, outsider, shop, staging):
    """One project's opens neither another nor what belongs to all of them."""
    other = make_project()
    for actor, answers in ((actor_for(admin), (True, True, True)),
                           (actor_for(outsider), (False, False, False))):
        assert tuple(bool(may(actor, row)) for row in (shop, other, None)) == answers
    make_grant(outsider, action, environment=staging)
    assert not may(actor_for(outsider), shop)
    Grant.objects.update(environment=None, project=shop, networks=OFFICE)
    inside, outside = Actor(outsider, INSIDE), Actor(outsider, OUTSIDE)
    assert [bool(may(inside, row)) for row in (shop, other, None)] == [True, False, False]
    assert not may(outside, shop)
    reach = policy.reach(inside, action)
    assert (reach.is_everything, reach.projects) == (False, {shop.pk})
    assert not policy.reach(outside, action)
    Grant.objects.update(project=None)
    assert may(inside)
    assert policy.reach(inside, action).is_everything
    outsider.is_active = False
    assert not policy.reach(inside, action)


def test_the_rights_to_set_up_and_to_edit_commands_are_two(outsider, shop):
    """Neither gives the other, nor releases anything."""
    make_grant(outsider, "set_up")
    assert not policy.may_edit_commands(actor_for(outsider), shop)
    Grant.objects.update(action="commands")
    assert not policy.may_set_up(actor_for(outsider), shop)
    assert policy.may_edit_commands(actor_for(outsider), shop)


def told(lines):
    return "\n".join(f"{'+' if line.passed else '-'} {line.text}" for line in lines)


def test_why_not_is_explained_rule_by_rule(outsider, leads, staging, production):
    """Each entry that could say yes, with what keeps it from it; the last line is the answer."""
    shop, now = production.project, timezone.now()
    make_grant(outsider, project=shop, valid_until=now - DAY, granted_by_name="Grace")
    make_grant(outsider, project=shop, valid_from=now + DAY)
    make_grant(outsider, environment=staging)
    make_grant(outsider, networks=OFFICE)
    make_grant(outsider, project=make_project(name="Secret"))
    Grant.objects.create(group=leads, action="release", project=shop, needs_second=True)
    lines = policy.explain(Actor(outsider, OUTSIDE), "release", environment=production)
    text = told(lines)
    for words in ("+ The account is switched on.", "granted by Grace", ": ended on", ": begins on",
                  "is for Staging only.", "counts only from certain networks; you are on 192.0.2.7",
                  "as one of Shop leads", "waits for a second person's yes",
                  "- 1 more for other projects."):
        assert words in text, words
    assert "Secret" not in text
    assert all(line.remedy for line in lines if not line.passed)
    answer = policy.may_release(Actor(outsider, OUTSIDE), production)
    assert (lines[-1].text, lines[-1].passed) == (answer.reason, False)


def test_an_account_without_a_password_is_said_to_have_none(outsider, shop):
    """Whatever its entries say: nobody signs in with it."""
    make_grant(outsider, project=shop)
    said = "- The account has no password yet, so nobody can sign in with it."
    outsider.set_unusable_password()
    assert said in told(policy.explain(actor_for(outsider), "release", project=shop))
    outsider.set_password("one of its own")
    assert said not in told(policy.explain(actor_for(outsider), "release", project=shop))


def test_why_is_explained_too(outsider, releaser, admin, production):
    """What counts is said; a superuser learns what that status gives and what not."""
    lines = policy.explain(actor_for(releaser), "release", environment=production)
    assert "+ Entry “releaser may release: Shop”: counts." in told(lines)
    assert lines[-1].passed
    assert "- Being a superuser gives set-up, and nothing of this." in told(
        policy.explain(actor_for(admin), "release", environment=production))
    for action in ("look", "set_up", "commands"):
        for project in (production.project, None):
            assert policy.explain(actor_for(admin), action, project=project)[-1].passed
    nothing = policy.explain(actor_for(outsider), "approve", environment=production)
    assert "- No allowlist entry lets this person approve releases of Shop (Production)." in told(
        nothing)
    outsider.is_active = False
    assert "- The account is switched off." in told(
        policy.explain(actor_for(outsider), "look", project=production.project))
