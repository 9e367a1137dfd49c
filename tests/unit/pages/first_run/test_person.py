"""Adding a site: an account for a colleague, and the way back to the step of people."""

import pytest
from django.contrib.auth import get_user_model

from deployments.models import AuditEntry
from tests import factories
from tests.unit.pages.test_release_pages import text_of

from .steps import NEW as START_NEW
from .steps import SITE

PEOPLE, NEW = f"{SITE}people/", f"{SITE}people/new/"


def test_a_colleague_gets_an_account_and_a_link_and_the_way_leads_back(ines, reached):
    """Three pages: the account, its link shown once, and the tick."""
    assert f'href="{NEW}"' in text_of(ines.get(PEOPLE))
    answer = ines.post(NEW, {"username": "anna", "first_name": "Anna"})
    anna = get_user_model().objects.get(username="anna")
    assert (answer.status_code, answer["Location"]) == (
        303, f"/admin/access/link/{anna.pk}/?site=shop")
    assert not anna.has_usable_password()
    for page in (ines.get(answer["Location"]), ines.post(answer["Location"])):
        assert f'href="{PEOPLE}"' in text_of(page)
    assert "Anna (anna)" in text_of(ines.get(PEOPLE))
    assert AuditEntry.objects.filter(action="person.added", outcome="done").count() == 1


@pytest.mark.parametrize(("wrong", "words", "status"), [
    ({"username": ""}, "This field is required.", 422),
    ({"email": "anna"}, "Enter a valid email address.", 422),
    ({"username": "taken"}, "already exists", 409),
])
def test_what_is_wrong_is_said_and_nothing_is_lost(ines, reached, wrong, words, status):
    """No account is made."""
    factories.make_user("taken")
    count = get_user_model().objects.count()
    answer = ines.post(NEW, {"username": "anna", "first_name": "Anna-Lena"} | wrong)
    assert answer.status_code == status
    assert words in text_of(answer)
    assert 'value="Anna-Lena"' in text_of(answer)
    assert get_user_model().objects.count() == count


def test_who_may_not_is_told_so_whatever_was_typed(reached, outsider, sign_in):
    """Not what is wrong with it; the refusal stands in the log."""
    factories.make_grant(outsider, "set_up", project=reached.environment.project)
    client = sign_in(outsider)
    for path, sent, action in ((NEW, {"email": "x"}, "person.added"),
                               (START_NEW, {"name": ""}, "project.added")):
        answer = client.post(path, sent)
        assert answer.status_code == 409
        assert AuditEntry.objects.get(action=action).outcome == "refused"


def test_who_sets_up_one_project_makes_no_accounts(reached, outsider, sign_in):
    """Words instead of the form; a crafted request is refused in the log."""
    factories.make_grant(outsider, "set_up", project=reached.environment.project)
    client = sign_in(outsider)
    assert "You can’t add a person: Only who sets everything up" in text_of(client.get(NEW))
    assert client.post(NEW, {"username": "anna"}).status_code == 409
    assert AuditEntry.objects.get(action="person.added").outcome == "refused"
    assert not get_user_model().objects.filter(username="anna").exists()


def test_a_link_page_leads_to_no_site_that_is_not_there(ines, reached, outsider):
    """Back to the account, as from anywhere else."""
    text = text_of(ines.get(f"/admin/access/link/{outsider.pk}/?site=nothing"))
    assert f'href="/admin/auth/user/{outsider.pk}/change/"' in text
