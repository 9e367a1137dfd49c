"""What is run for a project stands in two other forms, too: whoever wrote it there edited last."""

import pytest

from deployments.models import Project
from deployments.services import approvals
from deployments.services.deployments import request_deployment
from tests import factories

from .conftest import form_of, page


@pytest.fixture
def asked(releaser, production, approval_rule, shop):
    return request_deployment(
        factories.actor_for(releaser), production, release=factories.make_release(shop),
        request_key="click")


@pytest.fixture
def editing_approver(approver):
    """Somebody who approves, and has the right to edit what is run everywhere."""
    factories.make_grant(approver, "commands")
    return approver


@pytest.mark.parametrize(("where", "field", "value"), [
    ("installation", "web_test", "/usr/local/sbin/nginx -t"),
    ("server", "service_manager", "/usr/local/bin/systemctl"),
])
def test_whoever_writes_what_is_run_as_root_does_not_approve(
        asked, shop, editing_approver, browse, where, field, value):
    """Their yes to a release that runs it counts for nothing, as with the project's commands."""
    row = asked.environment.installations.first()
    row = row.server if where == "server" else row
    client = browse(editing_approver)
    answer = client.post(page(row), form_of(client.get(page(row))) | {field: value})
    assert answer.status_code == 302, answer.context["errors"]
    assert Project.objects.get().commands_edited_by == editing_approver
    asked.refresh_from_db()
    assert asked.status == "voided"
    assert "servers or their settings" in asked.result
    assert approvals.waiting_for(factories.actor_for(editing_approver)) == []


def test_another_field_of_these_forms_is_no_command(asked, shop, editing_approver, browse):
    """Or whoever adds a server to a site could approve nothing for it any more."""
    row = asked.environment.installations.first()
    client = browse(editing_approver)
    client.post(page(row), form_of(client.get(page(row))) | {"web_service": "nginx-2"})
    row.refresh_from_db()
    assert row.web_service == "nginx-2"
    assert Project.objects.get().commands_edited_by is None
