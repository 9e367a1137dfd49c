"""Who could approve today, said before somebody asks in vain."""

import sys

from django.core.checks import run_checks

from deployments import policy
from deployments.models import Authenticator, Environment, Project
from tests import factories
from tests.factories import make_user


def test_nobody_is_said_where_it_is_nobody(production, approval_rule, releaser, approver, shop):
    """For everybody, and for who asks: an approver's own releases need a second approver."""
    assert policy.unapprovable() == []
    factories.make_grant(approver, "release", project=shop)
    assert policy.unapprovable() == [
        "Nobody can approve Shop (Production) releases asked for by approver."]
    mia = make_user("mia", shop, "approve")
    approval_rule.users.add(mia)
    assert policy.unapprovable() == []
    Project.objects.update(commands_edited_by=mia)
    assert policy.unapprovable() == [
        "Nobody can approve Shop (Production) releases asked for by approver."]
    approver.grants.filter(action="approve").delete()
    assert policy.unapprovable() == ["Nobody can approve Shop (Production) releases."]


def test_too_few_are_counted_as_a_matching(production, approval_rule, approver):
    """Two rules that name the same person need two people."""
    factories.make_rule(production, approver)
    assert policy.unapprovable() == [
        "Too few people can approve Shop (Production) releases: 1 of 2 could agree, and one "
        "person counts once."]


def test_who_could_approve_today_is_named(production, staging, approval_rule, approver, releaser):
    """By name; and that nobody has to where there is no rule."""
    assert policy.today(staging) == ["Releases there need nobody's approval."]
    assert policy.today(production) == ["Today approver could approve Shop (Production) releases."]
    assert policy.who_could_approve(production, approver) == []


def test_who_cannot_sign_in_as_it_is_demanded_could_not_approve(
        production, approval_rule, approver, releaser):
    """A second step that was begun and never tried out is none."""
    Environment.objects.update(needs_two_step=True)
    step = Authenticator.objects.create(user=approver, name="phone", confirmed=False)
    assert policy.unapprovable() == ["Nobody can approve Shop (Production) releases."]
    step.confirmed = True
    step.save()
    assert policy.unapprovable() == []


def test_only_the_environments_that_are_asked_about(production, approval_rule, approver):
    """Home tells of projects one may look at."""
    approver.grants.all().delete()
    assert policy.unapprovable(Environment.objects.none()) == []
    assert len(policy.unapprovable(Environment.objects.filter(pk=production.pk))) == 1


def test_check_says_so(production, approval_rule, approver, monkeypatch):
    """`manage.py check` warns; every other command is silent."""
    def found():
        return [row.msg for row in run_checks() if row.id == "releasemgr.W061"]

    monkeypatch.setattr(sys, "argv", ["manage.py", "check"])
    assert found() == []
    approver.grants.all().delete()
    assert found() == ["Nobody can approve Shop (Production) releases."]
    monkeypatch.setattr(sys, "argv", ["manage.py", "migrate"])
    assert found() == []
