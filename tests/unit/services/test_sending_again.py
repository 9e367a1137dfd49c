"""*Send again*: a notice that was given up is tried anew, by whoever sets up who is told."""

import pytest

from deployments.errors import Refused
from deployments.models import AuditEntry, Notice
from deployments.services import notices
from tests import factories


@pytest.fixture(autouse=True)
def mail(settings):
    settings.MAIL_IS_ON = True


@pytest.fixture
def given_up(production):
    deployment = factories.make_deployment(production, status="failed")
    return Notice.objects.create(
        event="deployment.failed", address="ada@shop.example", deployment=deployment,
        environment=production, subject="Shop", text="…", status="given_up", tries=8,
        problem="550 no such user.")


def test_one_that_was_given_up_is_sent_again_from_the_first_try(given_up, admin, queued):
    """By whoever sets up, and it is in the log."""
    notices.send_again(factories.actor_for(admin), given_up)
    given_up.refresh_from_db()
    assert (given_up.status, given_up.tries, given_up.problem) == ("waiting", 0, "")
    assert queued() == [("deployments.tasks.send_notices", given_up.pk)]
    entry = AuditEntry.objects.get(action="notice.sent_again")
    assert entry.sentence == "admin had ada@shop.example told again: Shop"


@pytest.mark.parametrize(("who", "change", "reason"), [
    ("releaser", {}, "You may not set up Shop"),
    ("admin", {"status": "sent"}, "Only a notification that was given up can be sent again."),
    ("admin", {"status": "waiting"}, "Only a notification that was given up can be sent again."),
    ("admin", {"address": "nobody"}, "This is no mail address."),
])
def test_sending_again_is_refused_with_the_reason(given_up, request, who, change, reason, queued):
    """Nothing changes, and the refusal is in the log."""
    Notice.objects.update(**change)
    given_up.refresh_from_db()
    before = Notice.objects.values().get()
    with pytest.raises(Refused, match=reason):
        notices.send_again(factories.actor_for(request.getfixturevalue(who)), given_up)
    assert Notice.objects.values().get() == before
    assert queued() == []
    assert AuditEntry.objects.get(action="notice.sent_again").outcome == "refused"


def test_nothing_is_sent_again_without_a_mail_server(given_up, admin, settings):
    """It would be given up at once."""
    settings.MAIL_IS_ON = False
    with pytest.raises(Refused, match="Set EMAIL_URL"):
        notices.send_again(factories.actor_for(admin), given_up)
