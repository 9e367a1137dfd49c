"""Notifications as a list for those who set up, and the addresses an environment names."""

import pytest

from deployments.models import AuditEntry, Environment, Notice
from tests import factories

from .conftest import form_of, listing, page


@pytest.fixture(autouse=True)
def mail(settings):
    settings.MAIL_IS_ON = True


@pytest.fixture
def row(production):
    """One that was given up."""
    deployment = factories.make_deployment(production)
    return Notice.objects.create(
        event="deployment.succeeded", address="ada@shop.example", deployment=deployment,
        environment=production, subject="Shop 2.9.1 to Production: Live", text="<b>It is live.",
        status="given_up", tries=8, problem="The mail server refused the address: 550 no.")


def test_the_list_says_who_was_told_what_and_filters_by_state(row, admin, browse):
    """Given up, and why."""
    Notice.objects.create(event="drift.found", address="ops@shop.example", subject="s", text="t")
    client = browse(admin)
    text = client.get(listing(Notice)).text
    assert "Shop 2.9.1 to Production: Live" in text
    assert "550 no." in text
    assert "Given up" in text
    for state, address in (("given_up", "ada@shop.example"), ("waiting", "ops@shop.example")):
        found = client.get(f"{listing(Notice)}?status__exact={state}").context["cl"].result_list
        assert [each.address for each in found] == [address]


def test_a_notification_shows_its_text_and_leads_to_its_deployment(row, admin, browse):
    """Markup is text."""
    text = browse(admin).get(page(row)).text
    assert "&lt;b&gt;It is live." in text
    assert f'/admin/progress/{row.deployment_id}/">R-{row.deployment_id}<' in text
    assert "ada@shop.example was not told." in text
    assert "Send again" in text


@pytest.mark.parametrize("status", ["waiting", "sent"])
def test_only_what_was_given_up_has_the_button(row, admin, browse, status):
    """What was sent is not sent twice."""
    Notice.objects.update(status=status, sent_at=row.written_at)
    assert "Send again" not in browse(admin).get(page(row)).text


def test_whoever_sets_up_another_project_does_not_find_it(row, setter_up, browse):
    """The list is there, without the notifications of others."""
    client = browse(setter_up("set_up", project=factories.make_project()))
    assert "ada@shop.example" not in client.get(listing(Notice)).text
    assert client.get(page(row)).status_code == 302
    mine = browse(setter_up("set_up", name="mine", project=row.environment.project))
    assert "Send again" in mine.get(page(row)).text


def test_people_without_the_permission_see_no_addresses(row, releaser, browse):
    """Their deployments' pages tell them what concerns them."""
    client = browse(releaser)
    assert client.get(listing(Notice)).status_code == 403
    assert client.get(page(row)).status_code in (302, 403)
    assert client.post(listing(Notice, "export")).status_code == 403


def test_nobody_writes_or_deletes_one(row, admin, browse):
    """They are what happened, superusers included."""
    client, before = browse(admin), Notice.objects.values().get()
    assert client.post(page(row), {"address": "eve@shop.example"}).status_code == 403
    assert client.post(page(row, "delete"), {"post": "yes"}).status_code == 403
    assert client.get(listing(Notice, "add")).status_code == 403
    assert Notice.objects.values().get() == before


def test_the_list_says_when_no_mail_server_is_configured(row, admin, browse, settings):
    """Where somebody looks who wonders."""
    words = "No mail server is configured. Set EMAIL_URL to have one."
    assert words not in browse(admin).get(listing(Notice)).text
    settings.MAIL_IS_ON = False
    assert words in browse(admin).get(listing(Notice)).text


def test_send_again_makes_it_wait_and_wakes_a_worker(row, admin, browse, queued, audited):
    """One POST, one message, one audit entry."""
    answer = browse(admin).post(page(row, "send_again"), follow=True)
    assert "It is sent to ada@shop.example again." in answer.text
    row.refresh_from_db()
    assert (row.status, row.tries) == ("waiting", 0)
    assert queued() == [("deployments.tasks.send_notices", row.pk)]
    assert audited("notice.sent_again")[0][0] == "done"


def test_send_again_answers_only_to_post(row, admin, browse, queued):
    """A link sends nothing."""
    assert browse(admin).get(page(row, "send_again")).status_code == 405
    assert queued() == []


@pytest.mark.parametrize("who", ["setter-up", "releaser"])
def test_send_again_is_refused_to_who_does_not_set_up(
        row, setter_up, releaser, browse, queued, audited, who):
    """Nor from outside the networks of who does; the door is shut, and the reason in the log."""
    before = Notice.objects.values().get()
    user = releaser if who == "releaser" else setter_up(
        "look", project=row.environment.project)
    factories.make_grant(user, "set_up", project=row.environment.project, networks="10.0.0.0/8")
    assert browse(user).post(page(row, "send_again")).status_code == 403
    assert Notice.objects.values().get() == before
    assert queued() == []
    (outcome, sentence), = audited("notice.sent_again")
    assert outcome == "refused"
    assert sentence.startswith(f"Refused for {user}: You may not set up Shop")


def test_send_again_of_one_that_is_not_there_is_not_found(row, admin, browse):
    """404."""
    row.pk += 1
    assert browse(admin).post(page(row, "send_again")).status_code == 404


def save(client, environment, text):
    sent = form_of(client.get(page(environment))) | {"notify_addresses": text}
    return client.post(page(environment), sent)


def test_an_environment_names_whom_to_tell(production, admin, browse, audited):
    """One address per line."""
    answer = save(browse(admin), production, "ada@shop.example\r\nops@shöp.example")
    assert answer.status_code == 302
    production.refresh_from_db()
    assert production.notify_addresses.split() == ["ada@shop.example", "ops@shöp.example"]
    assert audited("environment.changed")


@pytest.mark.parametrize(("text", "sentence"), [
    ("ada", "“ada” is no mail address; write it like anna@shop.example."),
    ("ops@shop.example\nAda <ada@shop.example>", "“Ada &lt;ada@shop.example&gt;” is no mail "
     "address; write it like anna@shop.example."),
    ("ada@shop.example, ops@shop.example", "is no mail address"),
    ("ada@shop.example\x0bBcc: x@shop.example", "is no mail address"),
    ("a" * 250 + "@shop.example", "is no mail address"),
    ("\n".join(f"a{number}@shop.example" for number in range(51)),
     "At most 50 addresses can be told; use a mailing list for more."),
])
def test_what_is_no_address_is_refused_in_one_sentence(
        production, admin, browse, text, sentence):
    """And nothing is saved."""
    answer = save(browse(admin), production, text)
    assert sentence in answer.text
    assert Environment.objects.get(pk=production.pk).notify_addresses == ""
    assert not AuditEntry.objects.filter(action="environment.changed").exists()
