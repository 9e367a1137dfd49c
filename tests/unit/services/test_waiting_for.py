"""What waits for somebody's answer is asked of many at once, and answered as of one."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from deployments import policy
from deployments.models import Account, Approval, Environment
from deployments.services.approvals import waiting_for
from tests import factories


def asked_in(shop, number, *approvers, **over):
    """A request in an environment of its own, in which one of these people must agree."""
    place = factories.make_environment(shop, slug=f"place-{number}")
    factories.make_installation(place, server=factories.make_server("web-1"))
    rule = factories.make_rule(place, *(who for who in approvers if not isinstance(who, Group)))
    rule.groups.set(who for who in approvers if isinstance(who, Group))
    return factories.make_deployment(place, **{"status": "awaiting_approval"} | over)


def back_in(shop, number, approver, *, change=False):
    """The same of a return, which the rule spares as long as it runs what was run before."""
    place = factories.make_environment(shop, slug=f"back-{number}")
    factories.make_installation(place, server=factories.make_server("web-1"))
    factories.make_rule(place, approver)
    place.approval_rules.update(spares_going_back=True)
    before = factories.make_deployment(place, fence=1).release
    factories.make_deployment(place, fence=2)
    row = factories.make_deployment(place, release=before, kind="rollback",
                                    status="awaiting_approval")
    if change:
        type(row).objects.filter(pk=row.pk).update(plan=row.plan | {"before": ["rm -rf cache"]})
        row.refresh_from_db()
    return row


@pytest.fixture
def leads(approver):
    """A group, and the approver in it."""
    group = Group.objects.create(name="Shop leads")
    approver.groups.add(group)
    return group


def test_many_at_once_are_answered_as_one_by_one(shop, approver, releaser, leads):
    """By name, by group, in a return that is spared and in one that is not, one's own, somebody
    else's, an emergency, in an environment that asks for a second step."""
    rows = [
        asked_in(shop, 1, approver), asked_in(shop, 2, leads), asked_in(shop, 3, releaser),
        asked_in(shop, 4, approver, requested_by=approver), back_in(shop, 5, approver),
        back_in(shop, 6, approver, change=True), asked_in(shop, 7, approver, emergency="Down"),
        asked_in(shop, 8, approver)]
    Environment.objects.filter(slug="place-8").update(needs_two_step=True)
    rows[-1].environment.refresh_from_db()
    for user in (approver, releaser):
        actor, crowd = factories.actor_for(user), policy.Approver(user, rows)
        for row in rows:
            assert policy.may_approve(actor, row, crowd=crowd) == policy.may_approve(actor, row)
        assert waiting_for(actor) == [row for row in rows if policy.may_approve(actor, row)]
    waiting = waiting_for(factories.actor_for(approver))
    assert waiting == [rows[0], rows[1], rows[5]]


def test_who_had_the_password_set_anew_is_asked_nothing(shop, approver):
    """Until the day is over; and nobody whose account is switched off."""
    row = asked_in(shop, 1, approver)
    account, _ = Account.objects.get_or_create(user=approver)
    for hours, found in ((1, []), (-1, [row])):
        account.approvals_void_until = timezone.now() + timedelta(hours=hours)
        account.save()
        assert waiting_for(factories.actor_for(approver)) == found
    approver.is_active = False
    assert waiting_for(factories.actor_for(approver)) == []


def test_who_took_the_yes_back_is_asked_again(shop, approver):
    """The newest vote counts, of this person and of this request."""
    row, other = asked_in(shop, 1, approver), asked_in(shop, 2, approver)
    actor = factories.actor_for(approver)
    for answer, found in ((Approval.YES, [other]), (Approval.WITHDRAWN, [row, other]),
                          (Approval.NO, [other])):
        row.approvals.create(user=approver, user_name="Ben", answer=answer)
        assert waiting_for(actor) == found
