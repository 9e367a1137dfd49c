"""The throwaway web server is what it claims to be: a Debian host, in two kinds."""

import json
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from http.client import HTTPConnection, HTTPSConnection

import pytest

from tests.sandbox.placement import place, share, switch
from tests.sandbox.webhost import WebHost


@pytest.fixture(params=["realpath", "stale"])
def host(request, site_repository):
    """Each kind in turn, with versions 1 and 2 placed and the first one live."""
    with WebHost("web-1", kind=request.param, https=True) as host:
        share(host)
        for number in "12":
            place(host, repository=site_repository, ref=f"v{number}.0", release=number)
        switch(host, release="1")
        yield host


def ask(host, path="/version", *, method="GET", body=None):
    """Return (status, text) of one request under the site's name."""
    connection = HTTPConnection(host.http_address, timeout=10)
    connection.request(method, path, body=body, headers={"Host": host.site_name})
    response = connection.getresponse()
    return response.status, response.read().decode()


def release(host, path="/version"):
    return json.loads(ask(host, path)[1])["classes"]


def test_a_bare_switch_reaches_visitors_only_where_nginx_resolves_the_link(host):
    """After one rename the realpath kind serves version 2, the stale kind goes on with 1."""
    assert (release(host), release(host, "/api/")) == (["1"], ["1"])
    switch(host, release="2")
    expected = ["2"] if host.kind == "realpath" else ["1"]
    time.sleep(2.5)  # longer than opcache.revalidate_freq: no file check comes to the rescue
    assert (release(host), release(host, "/api/")) == (expected, expected)


def test_each_pool_answers_its_own_part_of_the_site(host):
    """Pages come from pool www, everything below /api/ from pool api, files from nginx."""
    assert json.loads(ask(host)[1])["pool"] == "www"
    assert json.loads(ask(host, "/api/")[1])["pool"] == "api"
    assert ask(host, "/robots.txt") == (200, "User-agent: *\nDisallow: /api/\n")
    assert [name for name, _ in host.pools] == ["www", "api"]


def test_the_page_uses_what_the_server_shares_and_lets_it_write(host):
    """The shared file is read, the shared folder and the writable folder take what PHP writes."""
    assert "Open today until six" in ask(host, "/")[1]
    assert list((host.root / "releases/1/var/cache").iterdir())
    body = "address=a%40b.example"
    connection = HTTPConnection(host.http_address, timeout=10)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/api/letters", body=body, headers=form)
    assert connection.getresponse().status == 201
    assert (host.root / "shared/storage/letters.txt").read_text() == "a@b.example\n"


def test_the_doors_run_the_endpoint_outside_the_releases_one_per_pool(host):
    """Each /_releasemgr/ address runs root/.releasemgr/endpoint.php in its own pool."""
    folder = host.root / ".releasemgr"
    folder.mkdir()
    (folder / "endpoint.php").write_text("<?php echo $_SERVER['POOL'], ' ', __FILE__;")
    for pool, _ in host.pools:
        assert ask(host, f"/_releasemgr/{pool}") == (200, f"{pool} {folder}/endpoint.php")
    assert ask(host, "/_releasemgr/other")[0] == 404


def test_https_is_trusted_only_with_the_private_authority(host):
    """The certificate holds for the site's name under `ca`, and for nobody else."""
    for context, trusted in (
        (ssl.create_default_context(cafile=host.ca), True),
        (ssl.create_default_context(), False),
    ):
        with socket.create_connection(host.https_address.split(":")) as plain:
            try:
                context.wrap_socket(plain, server_hostname=host.site_name).close()
            except ssl.SSLCertVerificationError:
                assert not trusted
            else:
                assert trusted
    insecure = ssl._create_unverified_context()
    connection = HTTPSConnection(host.https_address, context=insecure, timeout=10)
    connection.request("GET", "/version", headers={"Host": host.site_name})
    assert connection.getresponse().status == 200


def test_the_ssh_user_owns_the_root_and_may_use_the_sockets(host, tmp_path):
    """Logged in with the host's key: the root can be written, each pool's socket be opened."""
    key, known = tmp_path / "key", tmp_path / "known"
    key.touch(mode=0o600)
    key.write_text(host.private_key)
    known.write_text(f"[127.0.0.1]:{host.ssh_port} {host.host_key}\n")
    tests = " && ".join(f"test -w '{socket}'" for _, socket in host.pools)
    options = ["-oBatchMode=yes", "-oIdentitiesOnly=yes", f"-oUserKnownHostsFile={known}"]
    who, command = f"{host.ssh_user}@127.0.0.1", f"touch '{host.root}/mine' && {tests} && id -un"
    done = subprocess.run(
        ["ssh", "-F", "none", "-i", key, "-p", str(host.ssh_port), *options, who, command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == (host.ssh_user, 0), done.stderr
    if os.getuid() == 0:
        assert host.ssh_user.startswith("relmgr-")


def test_php_can_be_stopped_killed_and_started_again(host):
    """Without PHP visitors get 502; started again it serves what `current` points at."""
    switch(host, release="2")
    for end in (host.stop_fpm, host.kill_fpm):
        end()
        assert ask(host)[0] == 502
        host.start_fpm()
        assert release(host) == ["2"]


def test_the_access_log_tells_who_asked_for_what(host):
    """Each request is one visit with its method, address and status, in order."""
    ask(host, "/version?x=1")
    ask(host, "/nowhere", method="POST")
    until = time.monotonic() + 5  # nginx writes the line after the answer has gone out
    while len(host.visits()) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    asked = [(visit.method, visit.address, visit.status) for visit in host.visits()]
    assert asked == [("GET", "/version?x=1", 200), ("POST", "/nowhere", 404)]


def test_a_server_starts_within_two_seconds(site_repository):
    """What tests pay for a server of their own; the fastest of three, others use the machine."""
    took = []
    for _ in range(3):
        began = time.monotonic()
        with WebHost("web-9", https=True):
            took.append(time.monotonic() - began)
    assert min(took) < 2


def test_a_broken_page_answers_500_and_the_rest_of_the_site_works(host, site_repository):
    """The variant `broken-page` is broken where only a check of the page itself looks."""
    site_repository.add_variant("broken-page")
    place(host, repository=site_repository, ref="broken-page", release="3")
    switch(host, release="3")
    host.stop_fpm()
    host.start_fpm()
    assert ask(host, "/")[0] == 500
    assert release(host) == ["3"]


def test_nothing_is_listening_once_the_block_ends():
    """The address that answered a moment ago refuses connections."""
    with WebHost("web-1") as host:
        url = host.url
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=2)
