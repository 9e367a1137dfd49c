"""Why can't …?: anybody's answer, rule by rule."""

import pytest

from deployments.models import Freeze
from tests.factories import make_grant, make_project
from tests.unit.pages.test_access_pages import address, keeper

__all__ = ["keeper"]


def test_why_cannot_says_each_rule_and_links_the_form_that_helps(
        viewer, keeper, production, sign_in):
    """The same sentence that the person is told; the link fills the form in."""
    page = sign_in(keeper).get(address("access-why"), {
        "person": viewer.pk, "action": "release", "place": "shop/production",
        "address": "10.0.0.1"}).text
    assert "You may not release Shop (Production): nobody gave you this right yet." in page
    assert "The account is switched on." in page
    assert (f"{address('deployments_grant_add')}?user={viewer.pk}&amp;action=release&amp;"
            f"project={production.project.pk}&amp;environment={production.pk}") in page
    make_grant(viewer, "release", environment=production, networks="10.0.0.0/8")
    for given, words in (("192.0.2.1", "They may not."), ("10.0.0.1", "They may."),
                         ("", "networks are left out")):
        assert words in sign_in(keeper).get(address("access-why"), {
            "person": viewer.pk, "action": "release", "place": "shop/production",
            "address": given}).text


def test_why_cannot_names_what_holds_releases_just_now(viewer, keeper, production, sign_in):
    """The allowlist says yes, and a freeze and a pause still stand in the way."""
    make_grant(viewer, "release", environment=production)
    asked = {"person": viewer.pk, "action": "release", "place": "shop/production"}
    assert "They may.</h2>" in sign_in(keeper).get(address("access-why"), asked).text
    Freeze.objects.create(
        project=production.project, reason="Sale", from_date="2020-01-01", from_time="00:00",
        until_date="2090-01-01", until_time="00:00")
    production.pauses.create(reason="Look first", paused_by_name="Ines Roth")
    page = sign_in(keeper).get(address("access-why"), asked).text
    assert "They may, but not now.</h2>" in page
    assert "(Sale)" in page
    assert "Ines Roth paused releases to Production: “Look first”" in page
    page = sign_in(keeper).get(address("access-why"), asked | {"action": "look"}).text
    assert "(Sale)" not in page
    Freeze.objects.get().may_override.add(viewer)
    assert "(Sale)" not in sign_in(keeper).get(address("access-why"), asked).text


@pytest.mark.parametrize("asked", [
    {"person": "x", "action": "release"}, {"person": "99999999999999999999", "action": "release"},
    {"person": "1", "action": "fly"}, {"address": "office"}, {"place": "hidden"},
    {"place": "shop/nowhere"}, {"place": ""}])
def test_why_cannot_asks_again_for_what_is_no_question(asked, viewer, keeper, production, sign_in):
    """With the word that is wrong; another project is no place for whoever sets this one up."""
    make_project(slug="hidden")
    sent = {"person": viewer.pk, "action": "release", "place": "shop/production"} | asked
    page = sign_in(keeper).get(address("access-why"), sent)
    assert page.status_code == 200
    assert 'role="alert"' in page.text
    assert "answer-title" not in page.text
