"""Who may do what: closed by default, every verb for each of the cast."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from deployments import policy
from deployments.models import Grant
from deployments.policy import Actor
from deployments.policy.looking import visible
from tests.factories import (
    actor_for,
    make_deployment,
    make_environment,
    make_grant,
    make_project,
    make_rule,
    make_user,
)

OFFICE, INSIDE, OUTSIDE = "10.1.0.0/16\n2001:db8::/32", "10.1.2.3", "192.0.2.7"

MAY = {
    "look": {"releaser", "approver", "viewer", "admin"},
    "build": {"releaser"},
    "release": {"releaser"},
    "reload": {"releaser"},
    "stop": {"releaser"},
    "go_back": {"releaser"},
    "decide": {"approver"},
    "approve": {"approver"},
}
CAST = ("releaser", "approver", "viewer", "outsider", "admin")


@pytest.fixture
def cast(releaser, approver, viewer, outsider, admin):
    return dict(zip(CAST, (releaser, approver, viewer, outsider, admin), strict=True))


@pytest.fixture
def asked(production, approval_rule):
    """A deployment that somebody else asked for and that waits for approval."""
    return make_deployment(production, status="awaiting_approval")


def ask(verb, actor, deployment, **at):
    """The policy's answer about `verb` where the deployment is."""
    environment = deployment.environment
    where = {"look": environment.project, "build": environment.project,
             "stop": deployment, "decide": deployment, "approve": deployment}
    return getattr(policy, f"may_{verb}")(actor, where.get(verb, environment), **at)


@pytest.mark.parametrize("verb", MAY)
def test_each_of_the_cast_may_do_what_the_allowlist_says_and_nothing_else(verb, cast, asked):
    """The whole matrix, each answer with its reason."""
    for name, user in cast.items():
        decision = ask(verb, actor_for(user), asked)
        assert decision.allowed is (name in MAY[verb]), (name, decision.reason)
        assert decision.reason.endswith(".")


@pytest.mark.parametrize("verb", MAY)
def test_the_allowlist_counts_only_from_its_networks(verb, cast, asked):
    """Inside yes, outside no with the address that was seen; no address is outside."""
    Grant.objects.update(networks=OFFICE)
    for name in MAY[verb] - {"admin"}:
        assert ask(verb, actor_for(cast[name], INSIDE), asked)
        assert ask(verb, actor_for(cast[name], f"::ffff:{INSIDE}"), asked)
        assert ask(verb, actor_for(cast[name], "2001:db8::5"), asked)
        for address in (OUTSIDE, f"::ffff:{OUTSIDE}", "2001:db9::5", "", "somewhere"):
            decision = ask(verb, actor_for(cast[name], address), asked)
            assert not decision
            assert (address or "this machine's console") in decision.reason
            assert decision.remedy


@pytest.mark.parametrize("verb", MAY)
def test_the_allowlist_counts_only_between_its_dates(verb, cast, asked):
    """From its first moment on, and no longer at its last."""
    start = timezone.now() + timedelta(days=1)
    end = start + timedelta(days=1)
    Grant.objects.update(valid_from=start, valid_until=end)
    second = timedelta(seconds=1)
    for name in MAY[verb] - {"admin"}:
        actor = actor_for(cast[name])
        answers = [bool(ask(verb, actor, asked, at=at))
                   for at in (start - second, start, end - second, end)]
        assert answers == [False, True, True, False]


@pytest.mark.parametrize("verb", MAY)
def test_an_account_that_is_switched_off_may_nothing(verb, cast, asked):
    """Also when its allowlist entries are still there, and also for administrators."""
    for user in cast.values():
        user.is_active = False
        user.save()
        assert not ask(verb, actor_for(user), asked)
    assert not ask(verb, Actor(user=None), asked)


def test_a_superuser_releases_nothing_without_an_entry(admin, production):
    """Setting up is not releasing: even administrators need the allowlist."""
    decision = policy.may_release(actor_for(admin), production)
    assert "nobody gave you this right yet" in decision.reason
    make_grant(admin, "release")
    assert policy.may_release(actor_for(admin), production)


@pytest.mark.parametrize("verb", [verb for verb in MAY if verb != "look"])
def test_an_entry_for_one_environment_opens_no_other(verb, outsider, shop, staging, production):
    """Entries name an environment; the one beside it stays closed (building is the project's)."""
    make_rule(staging, outsider)
    make_rule(production, outsider)
    action = {"reload": "release", "stop": "release"}.get(verb, verb)
    make_grant(outsider, action, project=shop, environment=staging)
    there, elsewhere = (make_deployment(row, status="awaiting_approval")
                        for row in (staging, production))
    assert ask(verb, actor_for(outsider), there)
    assert bool(ask(verb, actor_for(outsider), elsewhere)) is (verb == "build")


@pytest.mark.parametrize("verb", MAY)
@pytest.mark.parametrize("names_project", [True, False])
def test_an_entry_opens_no_other_project(verb, names_project, outsider, production):
    """Neither when it names project and environment, nor when it names the environment alone."""
    other = make_environment(make_project(name="Blog"), slug="production")
    make_rule(production, outsider)
    for action, _ in Grant.ACTIONS:
        make_grant(outsider, action, environment=other,
                   project=other.project if names_project else None)
    asked = make_deployment(production, status="awaiting_approval")
    decision = ask(verb, actor_for(outsider), asked)
    assert not decision
    assert "nobody gave you this right yet" in decision.reason


def test_an_entry_without_project_counts_everywhere(outsider, production):
    """The widest entry, given on purpose."""
    make_grant(outsider, "release")
    assert policy.may_release(actor_for(outsider), production)
    assert policy.may_release(actor_for(outsider), make_environment())


def test_the_answer_names_who_granted_it_and_until_when(outsider, production):
    """Yes has a reason too."""
    make_grant(outsider, "release", granted_by_name="Grace",
               valid_until=timezone.now() + timedelta(days=400))
    reason = policy.may_release(actor_for(outsider), production).reason
    assert "granted by Grace" in reason
    assert ", until " in reason


def test_an_entrys_end_is_told_in_the_sites_own_time(outsider, production, settings):
    """An entry that ends on the evening of the 31st in UTC ends on the 1st in Auckland."""
    make_grant(outsider, valid_until=datetime(2099, 12, 31, 20, tzinfo=UTC))
    assert "until 31 Dec 2099, 20:00" in policy.may_release(actor_for(outsider), production).reason
    settings.TIME_ZONE = "Pacific/Auckland"
    assert "until 01 Jan 2100, 09:00" in policy.may_release(actor_for(outsider), production).reason


def test_nobody_approves_what_they_asked_for(approver, production, approval_rule):
    """Four eyes: being an approver with an entry does not help."""
    mine = make_deployment(production, status="awaiting_approval", requested_by=approver)
    decision = policy.may_approve(actor_for(approver), mine)
    assert (bool(decision), decision.reason) == (
        False, "You asked for this, so somebody else must approve.")


def test_an_entry_alone_makes_no_approver(asked):
    """The environment's rule names its approvers; the entry opens the door to them only."""
    stranger = make_user("stranger", asked.environment.project, "approve")
    assert "not one of the approvers" in policy.may_approve(actor_for(stranger), asked).reason


def test_the_rule_alone_makes_no_approver(asked, outsider):
    """Named by the rule, but without an entry: closed."""
    asked.environment.approval_rules.get().users.add(outsider)
    assert "nobody gave you this right yet" in policy.may_approve(actor_for(outsider), asked).reason


def test_approvals_are_not_given_by_command(approver, asked):
    """A command speaks for somebody who may not be there."""
    by_command = Actor(user=approver, system_account="root")
    assert "by command" in policy.may_approve(by_command, asked).reason


@pytest.mark.parametrize(("address", "networks", "inside"), [
    ("10.0.0.1", "", True),
    ("", "", True),
    ("10.0.0.1", "  \n ", True),
    ("10.0.0.1", "10.0.0.1", True),
    ("10.0.0.2", "10.0.0.1", False),
    ("10.9.9.9", "192.168.0.0/16\n10.0.0.0/8", True),
    ("::ffff:10.9.9.9", "10.0.0.0/8", True),
    ("10.9.9.9", "::/0", False),
    ("::1", "0.0.0.0/0", False),
    ("2001:db8::1", "2001:db8::/32", True),
    ("10.9.9.9, 10.0.0.1", "10.0.0.0/8", False),
    ("10.9.9.9:443", "10.0.0.0/8", False),
    ("010.0.0.1", "10.0.0.0/8", False),
    ("", "10.0.0.0/8", False),
])
def test_an_address_is_inside_or_not(address, networks, inside):
    """Plain addresses only: whatever is not exactly one address is outside."""
    assert policy.is_inside(address, networks) is inside


def test_whoever_has_an_entry_in_force_may_sign_in(cast):
    """Entries and set-up accounts; an entry that has ended does not count."""
    assert {name for name, user in cast.items() if policy.may_sign_in(user)} == {
        "releaser", "approver", "viewer", "admin"}
    Grant.objects.update(valid_until=timezone.now())
    assert {name for name, user in cast.items() if policy.may_sign_in(user)} == {"admin"}
    cast["admin"].is_active = False
    assert not policy.may_sign_in(cast["admin"])


def test_a_person_on_a_console_is_named_with_the_account_that_speaks(releaser):
    """The log must not say that Ada did what root did in her name."""
    releaser.first_name, releaser.last_name = "Ada", "L" * 150
    name = Actor(user=releaser, system_account="deploy").name
    assert name.startswith("system account deploy for Ada LLL")
    assert len(name) == 150


def test_the_answer_is_a_sentence_for_every_verb(cast, asked):
    """“go back in Shop (Production)”: each verb has the words that go before a place."""
    place = "Shop (Production)"
    said = {verb: ask(verb, actor_for(cast["viewer"]), asked).reason
            for verb in ("go_back", "decide", "release")}
    assert said["go_back"].startswith(f"You may not go back in {place}:")
    assert said["decide"].startswith(f"You may not decide about {place}:")
    assert said["release"].startswith(f"You may not release {place}:")
    allowed = ask("approve", actor_for(cast["approver"]), asked)
    assert allowed.reason.startswith(f"You may approve releases of {place}")


def test_only_looking_is_told_from_having_more_to_do(cast):
    """The home page asks it: an approver and a releaser do more than look."""
    assert {name: policy.only_looks(cast[name]) for name in ("releaser", "approver", "viewer")} \
        == {"releaser": False, "approver": False, "viewer": True}


def test_whoever_may_look_at_one_sees_it_among_many(shop, viewer, outsider, admin):
    """The list of what one may look at is one reading of what `may_look` says of each."""
    other = make_project()
    make_grant(viewer, "look", project=other, networks="10.0.0.0/8")
    for user in (viewer, outsider, admin):
        actor = actor_for(user)
        assert visible(actor, [shop, other]) == [
            row for row in (shop, other) if policy.may_look(actor, row)]
