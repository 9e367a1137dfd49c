"""Who asks for access, and who answers, reads whether a mail goes out: nobody waits for none."""

import pytest
from django.utils import timezone

from deployments.models import AccessRequest
from tests.factories import make_user


@pytest.fixture
def people(shop, production):
    """A function that gives who asks and who answers, with or without addresses."""
    def make(address):
        return (make_user("asker", shop, "look", email=address and f"asker@{address}"),
                make_user("keeper", shop, "set_up", email=address and f"keeper@{address}"))

    return make


@pytest.mark.parametrize(("is_on", "address", "asked", "answered"), [
    (True, "shop.example", "Whoever may answer gets a mail. You get a mail when they answer.",
     "Declined. asker gets a mail."),
    (False, "shop.example", "No mail was sent: tell an administrator that it waits. The answer will"
     " stand here.", "Declined. No mail goes to asker: tell them."),
    (True, "", "No mail was sent: tell an administrator that it waits. The answer will stand here.",
     "Declined. No mail goes to asker: tell them."),
])
def test_the_sentence_promises_no_mail_that_goes_to_nobody(
        people, sign_in, settings, is_on, address, asked, answered):
    """Where no mail server is set up, or an account has no address."""
    settings.MAIL_IS_ON = is_on
    asker, keeper = people(address)
    said = sign_in(asker).post("/admin/access/ask/", {
        "place": "shop/production", "action": "release", "reason": "Sale"}, follow=True).text
    assert f"You asked for access. {asked}" in said
    row = AccessRequest.objects.get()
    said = sign_in(keeper).post(f"/admin/access/requests/{row.pk}/", {
        "answer": "decline", "comment": "No", "until": f"{timezone.localdate()}"}, follow=True).text
    assert answered in said
