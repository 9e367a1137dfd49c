"""Adding a site: the steps of its server and of how PHP is served there."""

import pytest
from django.utils import timezone

from deployments.models import Environment, Installation, PhpPool, Project, Server, ServerCheck
from tests import factories
from tests.unit.pages.test_release_pages import text_of

from .steps import KEY, REACH, SERVED, SITE, step_of


def test_a_server_is_added_with_a_key_of_its_own_and_asked_at_once(ines, read, queued):
    """Environment, server, key and installation by one form; the lines to paste name them."""
    assert step_of(ines, "Server")[0] == "To do next"
    answer = ines.post(f"{SITE}server/", REACH)
    assert (answer.status_code, answer["Location"]) == (303, f"{SITE}server/")
    place = Installation.objects.get()
    assert (place.root, place.strategy, place.environment.site_host) == (
        "/srv/shop", "auto", "shop.example")
    assert queued() == [("deployments.tasks.answer_check", ServerCheck.objects.get().pk)]
    text = text_of(ines.get(f"{SITE}server/"))
    assert place.server.ssh_key.public_key in text
    assert "install -d -o deploy -m 0755 /srv/shop" in text
    assert "PRIVATE KEY" not in text


def test_files_that_stay_and_lines_for_nginx_are_told(ines, reached):
    """What a first release would miss is said before it; nginx's lines name this very site."""
    Project.objects.update(shared_files=".env", public_folder="web")
    assert "<li><code>.env</code></li>" in text_of(ines.get(f"{SITE}server/"))
    text = text_of(ines.get(f"{SITE}php/"))
    assert f"root {reached.root}/current/web;" in text
    assert "SCRIPT_FILENAME $realpath_root$fastcgi_script_name;" in text


@pytest.mark.parametrize(("wrong", "words"), [
    ({"root": "shop"}, "Write the whole path of the site"),
    ({"address": "169.254.169.254"}, "This address is never asked"),
    ({"address": ""}, "A new server needs this."),
    ({"user": "ALL"}, "capitals alone are an alias"),
    ({"port": 70000}, "A port is a number from 1 to 65535."),
    ({"site_host": "https://shop.example"}, "Write only the name"),
])
def test_a_server_that_cannot_be_is_refused_in_words_and_nothing_is_made(
        ines, read, wrong, words):
    """By the form or by the service; what was typed stands there again."""
    answer = ines.post(f"{SITE}server/", REACH | wrong)
    text = text_of(answer)
    assert answer.status_code in (409, 422)
    assert words in text
    assert not Server.objects.exists()
    assert not Environment.objects.exists()
    assert 'value="web-1"' in text


def test_the_servers_identity_is_compared_confirmed_and_signing_in_tried(ines, place, queued):
    """What it showed, the command to compare with, and at once the next question."""
    Server.objects.update(host_key_seen=KEY)
    text = text_of(ines.get(f"{SITE}server/"))
    assert "Is this your server?" in text
    assert "ssh-keygen -lf" in text
    assert ines.post(f"{SITE}server/", {"confirm": "ssh-ed25519 other"}).status_code == 409
    assert Server.objects.get().host_key == ""
    assert ines.post(f"{SITE}server/", {"confirm": KEY}).status_code == 303
    check = ServerCheck.objects.get()
    assert (check.question, Server.objects.get().host_key) == ("connection", KEY)
    assert step_of(ines, "Server") == ("Waiting", "Signing in on web-1 is being tried.")
    ServerCheck.objects.update(answered_at=timezone.now(), is_good=False, answer="It refuses.")
    assert step_of(ines, "Server") == ("Problem", "It refuses.")
    assert "Try again" in text_of(ines.get(f"{SITE}server/"))


def test_another_address_is_another_machine(ines, reached):
    """Its identity is to be confirmed anew; a server that carries other sites is left alone."""
    sent = REACH | {"address": "web-9.example"}
    assert ines.post(f"{SITE}server/", sent).status_code == 303
    assert Server.objects.get().host_key == ""
    factories.make_installation(server=Server.objects.get())
    answer = ines.post(f"{SITE}server/", REACH)
    assert answer.status_code == 409
    assert "Other sites lie on web-1, too." in text_of(answer)


def test_pools_that_run_there_are_offered_and_the_doctor_looks_at_once(ines, reached, queued):
    """Ticked with a page each; nobody types a socket."""
    assert step_of(ines, "PHP") == ("To do next", "Say which PHP serves the site.")
    text = text_of(ines.get(f"{SITE}php/"))
    assert "php8.2-fpm, pool www, at /run/php/www.sock" in text
    pool = "api | php8.2-fpm | /run/php/api.sock"
    answer = ines.post(f"{SITE}php/", SERVED | {
        "pools": pool, "page /run/php/api.sock": "/api/", "is_https": "on"})
    assert answer.status_code == 303
    use = reached.pool_uses.get()
    assert (use.pool.name, use.pool.master, use.page_path) == ("api", "php8.2-fpm", "/api/")
    checkup = reached.checkups.get()
    assert checkup.asked_by_name
    assert queued() == [("deployments.tasks.examine", checkup.pk)]
    assert step_of(ines, "PHP")[0] == "Waiting"


def test_php_is_not_asked_about_before_somebody_could_sign_in(ines, place):
    """Nobody looked, so nothing is said to be missing: one sentence and the way to step 2."""
    text = text_of(ines.get(f"{SITE}php/"))
    assert "Nobody could sign in on web-1 yet." in text
    assert f'<a class="button main" href="{SITE}server/">Go to step 2: Server</a>' in text
    assert "No PHP-FPM was found" not in text
    assert "Save and examine" not in text


@pytest.mark.parametrize("sent", [
    {}, {"has_no_php": "on", "pools": "www | php8.2-fpm | /run/php/www.sock"},
    {"socket": "php"}, {"pools": "evil | php-fpm | /etc/shadow"}])
def test_php_that_cannot_be_is_refused_in_words(ines, reached, sent):
    """Nothing or both, what is no socket, and what was not offered."""
    answer = ines.post(f"{SITE}php/", SERVED | sent)
    assert answer.status_code == 422
    assert "Nothing was saved yet." in text_of(answer)
    assert not PhpPool.objects.exists()


def test_what_the_doctor_found_is_a_checklist_with_lines_to_paste(ines, reached):
    """A problem while something blocks, with its lines; done once nothing does."""
    pool = factories.make_pool(reached.server)
    reached.pool_uses.create(pool=pool)
    finding = {"level": "blocks", "title": "deploy may not reload.", "why": "It is needed.",
               "todo": "Paste:", "lines": ["deploy ALL=(root) NOPASSWD: /x reload y"]}
    checkup = reached.checkups.create(answered_at=timezone.now(), findings=[finding],
                                      choice="reset", reason="OPcache can be reset.")
    assert step_of(ines, "PHP") == ("Problem", "deploy may not reload.")
    assert "NOPASSWD: /x reload y" in text_of(ines.get(f"{SITE}php/"))
    checkup.findings = []
    checkup.save()
    assert step_of(ines, "PHP") == ("Done", "OPcache can be reset.")
    assert text_of(ines.get(f"{SITE}php/")).count("OPcache can be reset.") == 1
