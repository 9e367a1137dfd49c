"""A command that cannot be undone is named before anybody says yes to it."""

import pytest

from tests import factories
from tests.unit.pages.test_release_pages import text_of

SENTENCE = ("“bin/migrate” is run, and cannot be undone: once it has begun, nothing goes back by "
            "itself.")


@pytest.fixture
def commands(shop):
    shop.server_commands.create(moment="before", command="bin/check")
    return shop.server_commands.create(
        moment="before", command="bin/migrate", is_irreversible=True)


def test_who_asks_reads_what_cannot_be_undone(production, commands, releaser, sign_in):
    """Where one releases and where one goes back, in the open and not among the plan's lines."""
    earlier = factories.make_deployment(production)
    factories.make_deployment(production)
    client = sign_in(releaser)
    pages = ("/admin/go-back/shop/production/",
             f"/admin/release/shop/production/review/?version={earlier.release.name}")
    for page in pages:
        answer = text_of(client.get(page))
        assert SENTENCE in answer
        assert "“bin/check” is run" not in answer
    commands.delete()
    assert all("cannot be undone" not in text_of(client.get(page)) for page in pages)


def test_who_approves_reads_it_of_the_plan_they_approve(
        production, commands, approval_rule, approver, sign_in):
    """What was asked for stays so, whatever an administrator changes afterwards."""
    waiting = factories.make_deployment(production, status="awaiting_approval")
    commands.delete()
    assert SENTENCE in text_of(sign_in(approver).get(f"/admin/approvals/{waiting.pk}/"))
