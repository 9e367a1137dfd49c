"""The doctor's page: what it shows, who may press its button, and where it is linked."""

import re

import pytest
from django.utils import timezone

from deployments.models import AuditEntry, Checkup, Deployment, Installation
from tests import factories
from tests.unit.pages.test_release_pages import text_of

PAGE = "/admin/doctor/shop/staging/"
FINDINGS = [
    {"code": "sudo", "level": "blocks", "title": "deploy may not reload", "why": "It is needed.",
     "todo": "Run visudo and paste:", "lines": ["deploy ALL=(root) NOPASSWD: /x reload y"]},
    {"code": "timestamps", "level": "fine", "title": "PHP looks at files", "why": "No harm.",
     "todo": "", "lines": []},
]


@pytest.fixture
def seen(staging):
    """The doctor has found something that blocks."""
    return Checkup.objects.create(
        installation=Installation.objects.get(), answered_at=timezone.now(), findings=FINDINGS,
        choice="reset", reason="OPcache can be reset here.", facts={"server": "web-1"},
        verdicts={"reset": "", "realpath": "It is handed current."},
        changes=["PHP pool www: opcache.jit was off, is on"])


def test_it_shows_findings_lines_choice_and_changes(staging, seen, viewer, sign_in):
    """Icon and word, why it matters, what to do, lines to copy, each strategy, the difference."""
    text = text_of(sign_in(viewer).get(PAGE))
    for words in ("Something blocks releases", "deploy may not reload", "Blocks a release",
                  "Run visudo and paste:", "OPcache can be reset here.", "It is handed current.",
                  "PHP pool www: opcache.jit was off, is on", "Examined just now"):
        assert words in text
    assert "<pre tabindex=\"0\" aria-label=\"Lines to copy\">deploy ALL=(root)" in text
    assert "You can’t examine: You may not release" in text


def test_a_change_that_nobody_accepted_is_not_called_well(
        staging, seen, viewer, releaser, sign_in):
    """The page and the rules of a release say what the release would be refused by."""
    Checkup.objects.update(findings=FINDINGS[1:])
    text = text_of(sign_in(viewer).get(PAGE))
    assert "Changed: a release is refused until somebody presses Examine again" in text
    assert "All is well" not in text
    name = factories.make_release(staging.project).name
    review = f"/admin/release/shop/staging/rules/?version={name}"
    assert ("A server changed since it was last examined for somebody - web-1: PHP pool www: "
            "opcache.jit was off, is on.") in text_of(sign_in(releaser).get(review))
    Checkup.objects.update(asked_by_name="releaser")
    assert "All is well" in text_of(sign_in(viewer).get(PAGE))


def test_without_an_answer_it_says_so(staging, viewer, sign_in):
    """Nobody has asked yet; then it is under way and the page reloads itself; then it is lost."""
    client = sign_in(viewer)
    assert "Not examined yet." in text_of(client.get(PAGE))
    Checkup.objects.create(installation=Installation.objects.get())
    text = text_of(client.get(PAGE))
    assert "Being examined now." in text
    assert 'http-equiv="refresh"' in text
    Checkup.objects.update(asked_at=timezone.now() - timezone.timedelta(hours=1))
    text = text_of(client.get(PAGE))
    assert "no worker has answered" in text
    assert 'http-equiv="refresh"' not in text


def test_a_server_that_cannot_be_examined_says_why(staging, viewer, sign_in):
    """The sentence is the answer."""
    Checkup.objects.create(installation=Installation.objects.get(), answered_at=timezone.now(),
                           problem="web-1 refuses connections.")
    text = text_of(sign_in(viewer).get(PAGE))
    assert "It could not be examined." in text
    assert "web-1 refuses connections." in text


def test_examine_again_asks_and_shows_the_page_again(staging, releaser, sign_in, queued):
    """POST, audited, one question per installation."""
    answer = sign_in(releaser).post(f"{PAGE}examine/", follow=True)
    assert answer.redirect_chain == [(PAGE, 303)]
    assert "1 installation is being examined." in text_of(answer)
    assert queued() == [("deployments.tasks.examine", Checkup.objects.get().pk)]
    assert AuditEntry.objects.order_by("-seq").first().action == "doctor.asked"


def test_a_viewer_may_not_press_it(staging, viewer, sign_in):
    """Refused with its reason, audited, nothing asked."""
    answer = sign_in(viewer).post(f"{PAGE}examine/", follow=True)
    assert "You may not release Shop (Staging)" in text_of(answer)
    entry = AuditEntry.objects.order_by("-seq").first()
    assert (entry.action, entry.outcome) == ("doctor.asked", "refused")
    assert not Checkup.objects.exists()


def test_a_link_examines_nothing(staging, releaser, sign_in):
    """Servers are asked by a form alone."""
    assert sign_in(releaser).get(f"{PAGE}examine/").status_code == 405
    assert sign_in(releaser).post(PAGE).status_code == 405


def test_a_missing_environment_is_a_page_with_words(staging, releaser, sign_in):
    """404, for the page and its button."""
    client = sign_in(releaser)
    assert client.get("/admin/doctor/shop/nothing/").status_code == 404
    assert client.post("/admin/doctor/shop/nothing/examine/").status_code == 404


def test_a_stranger_and_a_neighbour_see_nothing(staging, client, outsider, sign_in):
    """Sign in first; and only with an entry for this project."""
    assert client.get(PAGE).status_code == 302
    assert sign_in(outsider).get(PAGE).status_code in (302, 403)


def test_home_and_the_rules_warn_of_what_blocks(staging, seen, releaser, sign_in):
    """Nobody should be surprised by a release that stops."""
    client = sign_in(releaser)
    home = text_of(client.get("/admin/"))
    assert "web-1: deploy may not reload" in home
    assert f'href="{PAGE}"' in home
    from tests import factories

    release = factories.make_release(staging.project)
    rules = text_of(client.get(
        f"/admin/release/shop/staging/rules/?version={release.name}"))
    assert "The doctor found what blocks a release - web-1: deploy may not reload." in rules


def test_whoever_may_release_restarts_php_from_here(staging, releaser, viewer, sign_in):
    """The installation's own page is for those who set it up; here the releaser finds the form."""
    client = sign_in(releaser)
    assert "Restart PHP" not in text_of(client.get(PAGE))  # nothing is live
    factories.make_deployment(staging)
    text = text_of(client.get(PAGE))
    url = f"/admin/deployments/installation/{Installation.objects.get().pk}/restart-php/"
    assert f'action="{url}"' in text
    assert "visitors may see errors for" in text
    key = re.search(r'name="request_key" value="([0-9a-f]{32})"', text)[1]
    client.post(url, {"request_key": key, "sure": "on"})
    assert Deployment.objects.get(request_key=key).strategy == "fpm-restart"
    assert "Restart PHP" not in text_of(sign_in(viewer).get(PAGE))


def test_saving_an_installation_has_it_examined(staging, admin, sign_in, queued):
    """The form's own button leads to the page."""
    place = Installation.objects.get()
    client = sign_in(admin)
    url = f"/admin/deployments/installation/{place.pk}/change/"
    form = text_of(client.get(url))
    assert f'href="{PAGE}"' in form
    use = place.pool_uses.get()
    sent = {
        "environment": place.environment_id, "server": place.server_id, "root": place.root,
        "web_group": "www-data", "strategy": "reset", "php_door": "fastcgi", "is_active": "on",
        "ask_address": place.ask_address, "is_https": "on", "asked_over": "ssh",
        "web_server": "nginx", "web_service": "", "web_test": "", "pool_uses-TOTAL_FORMS": 1,
        "pool_uses-INITIAL_FORMS": 1, "pool_uses-0-id": use.pk,
        "pool_uses-0-installation": place.pk, "pool_uses-0-pool": use.pool_id,
        "pool_uses-0-page_path": "/", "pool_uses-0-endpoint_path": "/_releasemgr/www"}
    assert client.post(url, sent).status_code == 302
    assert queued() == [("deployments.tasks.examine", Checkup.objects.get().pk)]
