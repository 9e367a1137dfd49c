"""The drift watch and PHP itself: services that ended, web servers that hand something else."""

import pytest

from deployments import tasks
from deployments.coherence import web_config
from deployments.models import Environment, Notice
from deployments.services import drift
from tests.integration.test_web_servers import staged
from tests.sandbox.webhost import WebHost
from tests.show import story


def look(show):
    """Look now; return {server: its answer}."""
    drift.ask(show.admin, show.environment)
    tasks.look_for_drift(show.environment.pk)
    rows = [drift.answered(place).first() for place in show.environment.installations.all()]
    assert [row.problem for row in rows] == [""] * len(rows)
    return {row.installation.server.name: row for row in rows}


def texts(row):
    return [found["text"] for found in row.findings]


def test_php_that_ended_is_told_in_one_sentence_on_two_servers(show):
    """By its socket, or by what visitors get where PHP is asked through the guarded endpoint."""
    with WebHost("web-1", kind="realpath") as direct, WebHost("web-2", kind="stale") as guarded:
        show.on(direct, guarded)
        Environment.objects.update(notify_addresses="ops@tidewater.test")
        show.environment.refresh_from_db()
        done = show.release("v1.0")
        assert done.status == "succeeded", story(done)
        assert all(row.is_good for row in look(show).values())
        direct.kill_fpm()
        guarded.stop_fpm()

        seen = look(show)

        first, second = texts(seen["web-1"]), texts(seen["web-2"])
        socket = direct.pools[0][1]
        assert first[1] == (
            f"PHP pool www does not run: web-1 cannot open {socket}: nothing listens on it; start "
            "PHP-FPM. Start it on web-1, and look into its log why it ended.")
        assert second[1] == (
            "PHP pool www does not run: visitors get 502 for /. Start it on web-2, and look into "
            "its log why it ended.")
        assert drift.sentence(seen["web-1"]) == (
            "web-1 is not as it was released: 2 PHP pools do not run")
        assert not any(row.facts["notes"] for row in seen.values())
        direct.start_fpm()
        guarded.start_fpm()
        assert all(row.is_good for row in look(show).values())
    notices = Notice.objects.filter(event="drift.found")
    assert notices.count() == 2
    assert "/admin/drift/tidewater/production/" in notices[0].text


def test_mod_php_that_ended_is_told(show):
    """The web server is gone with it."""
    with WebHost("web-3", kind="stale", server="apache") as host:
        show.on(host)
        done = show.release("v1.0")
        assert done.status == "succeeded", story(done)
        host.apache.stop()
        found = texts(look(show)["web-3"])
    assert found == [
        f"PHP pool www does not run: web-3 cannot open {host.http_address}: nothing answers "
        "there; start the service or correct the address. Start it on web-3, and look into its "
        "log why it ended."]


@pytest.mark.parametrize("server", ["nginx", "apache-fpm"])
def test_a_web_server_that_hands_php_another_version_is_found(show, server):
    """Where the folder is written into its configuration, the link alone says nothing."""
    with staged(show, kind="web-config", server=server) as (host, _):
        before = show.release("v1.0")
        done = show.release("v2.0")
        assert done.status == "succeeded", story(done)
        assert look(show)["web-1"].is_good
        config = host.root / ".releasemgr/web.conf"
        config.write_text(config.read_text().replace(done.release.name, before.release.name))
        (host.nginx or host.apache).reload()

        found = texts(look(show)["web-1"])

    assert f"is handed {host.root}/releases/{before.release.name} by the web server" in found[1]
    assert f"but {done.release.name} is live." in found[1]
    assert "web.conf is not as we wrote it" in found[0]


@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_the_file_that_the_web_server_reads_as_root_is_ours_to_the_byte(show, server):
    """One more line, another folder or no file at all is told; each release makes it good."""
    with staged(show, kind="web-config", server=server) as (host, _):
        done = show.release("v1.0")
        assert done.status == "succeeded", story(done)
        file = host.root / ".releasemgr/web.conf"
        for ref in ("", "v2.0"):
            assert not ref or show.release(ref).status == "succeeded"
            (row,) = look(show).values()
            assert row.is_good, texts(row)
        ours = file.read_text()
        edits = (ours + "include /tmp/own.conf;\n", ours.replace("/releases/", "/other/"), None)
        for text in edits:
            file.unlink() if text is None else file.write_text(text)
            (row,) = look(show).values()
            (told,) = [text for text in texts(row) if "web.conf" in text]
            assert "the web server reads it as root" in told
            assert ("is not there any more" in told) == (text is None)
        file.write_text(ours)
        assert next(iter(look(show).values())).is_good


def test_a_file_that_an_earlier_strategy_left_is_no_drift(show):
    """It names an older version of ours and is not written any more; another text is told."""
    with staged(show, kind="realpath", server="nginx") as (host, _):
        first = show.release("v1.0").release.name
        assert show.release("v2.0").status == "succeeded"
        file = host.root / ".releasemgr/web.conf"
        file.write_text(web_config.text_for("nginx", f"{host.root}/releases/{first}"))
        (row,) = look(show).values()
        assert row.is_good, texts(row)
        file.write_text("include /tmp/own.conf;\n")
        (row,) = look(show).values()
        assert ["web.conf is not as we wrote it" in text for text in texts(row)] == [True]
