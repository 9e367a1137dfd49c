"""*Restart PHP* on an installation: audited, by whoever may make PHP reload, with what it costs."""

import pytest
from django.urls import reverse

from deployments.models import Deployment
from tests import factories

from .conftest import page

KEY = "k" * 32
SENT = {"request_key": KEY, "sure": "on"}


@pytest.fixture
def live(production):
    return factories.make_deployment(production)


@pytest.fixture
def place(production, live):
    return production.installations.get(server__name="web-2")


def test_it_restarts_php_on_that_server_alone(place, live, releaser, browse, queued, audited):
    """Through the ordinary engine and its proof; a second click is the same deployment."""
    client, url = browse(releaser), page(place, "restart_php")
    answer = client.post(url, SENT)
    row = Deployment.objects.order_by("-pk").first()
    assert (answer.status_code, answer["Location"]) == (
        303, reverse("admin:deployment-progress", args=[row.pk]))
    assert (row.kind, row.strategy, row.release, row.status) == (
        "reload", "fpm-restart", live.release, "queued")
    assert [target["server"] for target in row.plan["targets"]] == ["web-2"]
    assert row.plan["targets"][0]["strategy"] == "fpm-restart"
    assert queued() == [("deployments.tasks.run_deployment", row.pk)]
    assert client.post(url, SENT)["Location"] == answer["Location"]
    (outcome, sentence), = audited("deployment.requested")
    assert outcome == "done"
    assert "asked to restart PHP of Shop" in sentence
    progress = client.get(answer["Location"]).content.decode()
    assert "PHP restart of Shop" in progress


def test_opening_its_address_does_nothing(place, releaser, browse, queued):
    """GET is answered 405."""
    assert browse(releaser).get(page(place, "restart_php")).status_code == 405
    assert queued() == []


def test_a_person_without_the_right_is_refused(place, viewer, browse, queued, audited):
    """As for making PHP reload; the refusal is in the log."""
    assert browse(viewer).post(page(place, "restart_php"), SENT).status_code == 403
    (outcome, sentence), = audited("deployment.requested")
    assert outcome == "refused"
    assert "nobody gave you this right yet" in sentence
    assert Deployment.objects.count() == 1
    assert queued() == []


def test_a_missing_installation_is_404(releaser, browse):
    """Nothing else is looked for."""
    url = reverse("admin:deployments_installation_restart_php", args=[4711])
    assert browse(releaser).post(url, SENT).status_code == 404


def test_it_is_not_done_before_its_cost_was_ticked(place, admin, shop, browse, queued):
    """Visitors may see errors: the form carries the sentence, the service's door asks for it."""
    factories.make_grant(admin, "release", project=shop)
    client = browse(admin)
    shown = client.get(page(place)).content.decode()
    assert 'value="Restart PHP"' in shown
    assert ("On web-2 visitors may see errors for a few seconds (not measured there yet)."
            in shown)
    assert 'type="checkbox" name="sure" required' in shown
    answer = client.post(page(place, "restart_php"), {"request_key": KEY}, follow=True)
    assert "Tick that visitors may see errors" in answer.content.decode()
    assert queued() == []


@pytest.mark.parametrize(("over", "words"), [
    ({"php_door": "none", "strategy": "none"}, "No PHP runs for web-2"),
    ({"is_active": False}, "is not active"),
])
def test_where_no_php_is_to_be_restarted_there_is_no_button(
        place, admin, shop, browse, over, words):
    """And its address says why."""
    factories.make_grant(admin, "release", project=shop)
    type(place).objects.filter(pk=place.pk).update(**over)
    client = browse(admin)
    assert 'value="Restart PHP"' not in client.get(page(place)).content.decode()
    answer = client.post(page(place, "restart_php"), SENT, follow=True)
    assert words in answer.content.decode()


def test_php_inside_apache_has_no_service_of_its_own_to_restart(place, admin, shop, browse, queued):
    """No button; its address says what to press instead."""
    factories.make_grant(admin, "release", project=shop)
    place.pools.update(socket="", master="apache2")
    client = browse(admin)
    assert 'value="Restart PHP"' not in client.get(page(place)).content.decode()
    answer = client.post(page(place, "restart_php"), SENT, follow=True).content.decode()
    assert "it runs inside Apache (mod_php), and there is no PHP-FPM to restart" in answer
    assert "Make PHP reload" in answer
    assert queued() == []


def test_the_page_tells_what_its_strategy_needs_and_the_lines_that_root_must_allow(
        place, admin, browse):
    """Exactly those that the scripts run."""
    place.pools.update(master="php8.2-fpm")
    type(place).objects.update(strategy="fpm-reload")
    shown = browse(admin).get(page(place)).content.decode()
    assert "Needs: process_control_timeout longer than the longest request; the right" in shown
    assert "Other sites of the same PHP service: PHP-FPM is reloaded" in shown
    for verb in ("reload", "restart"):
        assert f"deploy ALL=(root) NOPASSWD: /usr/bin/systemctl {verb} php8.2-fpm" in shown


def test_a_master_that_is_no_name_of_a_service_has_no_line(place, admin, browse):
    """sudo would read a blank or a comma in its own way."""
    place.pools.update(master="php, ALL")
    assert "No command for sudo" in browse(admin).get(page(place)).content.decode()


def test_where_nothing_is_live_yet_it_is_refused(production, releaser, browse, audited):
    """Nothing could be proved afterwards."""
    place = production.installations.first()
    browse(releaser).post(page(place, "restart_php"), SENT)
    assert "Nothing is live" in audited("deployment.requested")[0][1]
