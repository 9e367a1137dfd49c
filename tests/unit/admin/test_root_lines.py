"""The lines of sudoers on an installation's page: to reload and restart its PHP services, whatever
its strategy is, and with “web-config” those of the web server as well."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from deployments.models import Checkup
from tests import factories


@pytest.fixture
def page(admin, staging, client):
    client.force_login(admin)
    place = staging.installations.get()

    def opened(**changes):
        type(place).objects.filter(pk=place.pk).update(**changes)
        return client.get(reverse("admin:deployments_installation_change", args=[place.pk])).text

    return opened


@pytest.mark.parametrize(("changes", "lines"), [
    ({"web_server": "nginx"}, ("reload nginx", "/usr/sbin/nginx -t")),
    ({"web_server": "apache", "web_service": "httpd", "web_test": "/usr/sbin/httpd -t"},
     ("reload httpd", "/usr/sbin/httpd -t"))])
def test_web_config_shows_the_web_servers_lines(page, changes, lines):
    """Its service and its test, as the plan resolves them."""
    shown = page(strategy="web-config", **changes)
    assert all(f"NOPASSWD: {line}" in shown.replace("/usr/bin/systemctl ", "") for line in lines)


def test_other_strategies_do_not_touch_the_web_server(page):
    """PHP's service alone."""
    shown = page(strategy="reset")
    assert "NOPASSWD: /usr/bin/systemctl reload php" in shown
    assert "NOPASSWD: /usr/sbin/nginx" not in shown


def test_a_pool_without_a_socket_is_refused_where_php_is_asked_over_its_socket(staging):
    """mod_php has none: the form says which door it needs."""
    place = staging.installations.get()
    pool = factories.make_pool(place.server, name="apache", master="apache2", socket="")
    use = place.pool_uses.model(installation=place, pool=pool)
    with pytest.raises(ValidationError, match="has no socket: with mod_php, PHP is reached by the"):
        use.clean()
    place.php_door = "endpoint"
    use.clean()


def test_the_doctors_word_on_the_strategy_stands_beside_it(page, staging):
    """Whoever chooses one reads there whether it is safe on that very server."""
    assert "The doctor: has not been here yet" in page(strategy="reset")
    Checkup.objects.create(
        installation=staging.installations.get(), answered_at=timezone.now(), choice="realpath",
        reason="PHP is handed each folder.", verdicts={"realpath": "", "reset": "Not allowed."})
    assert "The doctor: Not allowed." in page(strategy="reset")
    assert "The doctor: realpath is safe here" in page(strategy="realpath")
    assert "The doctor: chooses realpath: PHP is handed each folder." in page(strategy="auto")
