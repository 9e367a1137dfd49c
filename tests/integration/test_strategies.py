"""Other ways than the usual one: HTTPS, asked directly, through a jump host, built elsewhere."""

import tarfile
from pathlib import Path

import pytest

from deployments.models import Environment, Installation, Project, Server
from deployments.pipeline.contexts import store
from tests import stage
from tests.sandbox.nginx import make_certificate
from tests.sandbox.webhost import WebHost
from tests.show import story

NO_TUNNELS = ("AllowTcpForwarding no", "AllowStreamLocalForwarding no")


@pytest.fixture
def https(show, settings):
    """The stale server, asked over HTTPS alone; its certificate is of a private authority.

    Whoever does not name the site in TLS gets another site's certificate.
    """
    with WebHost("web-2", kind="stale", https=True) as host:
        other = make_certificate(host.folder / "other-tls", names=["other.test"])
        host.nginx.servers.append(
            f"server {{\nlisten {host.https_address} ssl default_server;\nserver_name other.test;\n"
            f"{other.directives}return 421;\n}}\n")
        host.nginx.reload()
        settings.SITE_CA_FILE = str(host.ca)
        show.on(host, ask_address=host.https_address, is_https=True)
        yield host


def test_a_site_with_https_alone_is_asked_by_its_name(show, https):
    """SNI, certificate and Host are the site's, although the address is 127.0.0.1's."""
    first = show.release("v1.0")
    assert first.status == "succeeded", story(first)

    second = show.release("v2.0")

    assert second.status == "succeeded", story(second)
    evidence = second.targets.get().evidence
    assert {row["sapi"] for row in evidence["pools"]} == {"fpm-fcgi"}
    assert evidence["pages"][0]["status"] == 200
    assert not [visit for visit in https.visits() if visit.status == 421]


@pytest.mark.parametrize(("site_host", "has_authority"), [
    ("elsewhere.test", True), ("other.test", True), ("tidewater.test", False)])
def test_a_certificate_that_is_not_the_sites_is_refused(
        show, https, settings, site_host, has_authority):
    """Another name, another site's certificate, or an unknown authority: nothing is sent there."""
    release = show.build("v1.0")
    Environment.objects.update(site_host=site_host)
    if not has_authority:
        settings.SITE_CA_FILE = ""

    deployment = show.release(release)

    assert deployment.status == "failed", story(deployment)
    assert "has no certificate that is valid for this name" in deployment.result
    assert deployment.result.endswith("Nothing was changed.")
    assert ".." not in deployment.result
    assert not (https.root / "current").is_symlink()
    assert not (https.root / "releases").exists()


def test_a_site_is_asked_directly_where_ssh_forwards_nothing(show, settings):
    """The endpoint and the pages are asked over the network; SSH carries commands alone."""
    with WebHost("web-2", kind="stale", https=True, ssh_options=NO_TUNNELS) as host:
        settings.SITE_CA_FILE = str(host.ca)
        show.on(host, ask_address=host.https_address, is_https=True, asked_over="direct")

        directly = [show.release("v1.0"), show.release("v2.0")]
        Installation.objects.update(asked_over="ssh")
        through_ssh = show.release("v1.0")

        for deployment in directly:
            assert deployment.status == "succeeded", story(deployment)
        assert through_ssh.status == "failed", story(through_ssh)
        assert "set AllowTcpForwarding" in through_ssh.result
        assert "Visitors still see v2.0" in through_ssh.result


def test_a_server_is_reached_through_another_one(show):
    """One login on the way; without it the server cannot be reached any more."""
    with WebHost("web-1", kind="realpath") as inner, WebHost("gate", kind="stale") as gate:
        show.on(inner)
        Server.objects.filter(name="web-1").update(jump=stage.make_server(gate))
        first = show.release("v1.0")
        assert first.status == "succeeded", story(first)
        assert gate.sshd.log().count("Accepted publickey") == 1
        assert first.targets.get().commands <= 8

        gate.sshd.stop()
        second = show.release("v2.0")

        assert second.status == "failed", story(second)
        assert "gate" in second.result
        assert (inner.root / "current").readlink().name == first.release.name


def test_what_a_build_on_a_server_keeps_lies_outside_its_tree(show):
    """Its home and its cache are the builder's: nothing of them is released, the cache stays."""
    Project.objects.update(build_commands="\n".join([
        "php bin/build.php", 'test -d "$CACHE_DIR"', 'mkdir "$HOME/.composer"',
        'echo secret > "$HOME/.composer/auth.json"', 'cat "$CACHE_DIR/kept" || echo nothing kept',
        'echo from the build before > "$CACHE_DIR/kept"']))
    with WebHost("web-1", kind="realpath") as host:
        show.on(host)
        Project.objects.update(builder=Server.objects.get(name="web-1"))
        show.project.refresh_from_db()
        first, second = show.build("v2.0"), show.build("v2.0")

        assert (first.status, second.status) == ("ready", "ready"), (first.problem, second.problem)
        assert first.log.filter(text="nothing kept").exists()
        assert second.log.filter(text="from the build before").exists()
        assert second.digest == first.digest
        with tarfile.open(store().path(show.project.slug, second.name)) as archive:
            names = "\n".join(archive.getnames())
        assert "public/index.php" in names
        assert not any(word in names for word in ("auth.json", ".composer", "releasemgr-build"))
        home = host.folder / "home" if host.account else Path.home()
        kept = home / ".releasemgr-build/tidewater/cache/kept"
        assert kept.read_text() == "from the build before\n"


def test_a_server_builds_as_its_own_user_what_this_machine_would(show):
    """The same content by the same interface; afterwards it is released from our store."""
    Project.objects.update(build_commands="php bin/build.php\nid -un")
    here = show.build("v2.0")
    with WebHost("web-1", kind="realpath") as host:
        show.on(host)
        Project.objects.update(builder=Server.objects.get(name="web-1"))
        show.project.refresh_from_db()
        there = show.build("v2.0")

        assert (here.status, there.status) == ("ready", "ready"), there.problem
        assert there.digest == here.digest
        assert there.log.filter(text=host.ssh_user).exists()
        assert not here.log.filter(text=host.ssh_user).exists()
        deployment = show.release(there)
        assert deployment.status == "succeeded", story(deployment)
        assert not list((host.folder / "home/.releasemgr-build").rglob("index.php"))
