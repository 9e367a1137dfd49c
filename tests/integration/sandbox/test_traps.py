"""Each trap is a server that serves the site, and goes wrong as it says."""

from urllib.request import Request, urlopen

import pytest

from tests.sandbox.placement import place, share, switch
from tests.sandbox.traps import TRAPS, preload, second_master

FOLLOWS = ("realpath", "open_file_cache", "preload_realpath", "small_opcache")
"""PHP follows the link by itself there; of those with an entry or an included file see others."""


def release_of(host, path):
    with urlopen(Request(host.url + path, headers={"Host": host.site_name})) as answer:
        return answer.headers["Shop-Release"].split(" ")


@pytest.mark.parametrize("name", [
    name for name, trap in TRAPS.items() if trap.options["kind"] in ("stale", "realpath")
    and name != "revalidate_path"])  # there it depends on what each worker remembers
def test_it_serves_the_site_and_follows_the_link_or_not(site_repository, name):
    """After a bare switch: the new release, the old one, or with preloaded classes both at once."""
    trap = TRAPS[name]
    with trap.host() as host:
        share(host)
        folders = [place(host, repository=site_repository, ref=ref, release=release)
                   for ref, release in (("v1.0", "one"), ("v2.0", "two"))]
        switch(host, release="one")
        if trap.preloads:
            preload(host, folders)
        assert [set(release_of(host, path)) for path in ("version", "api/")] == [{"one"}] * 2
        switch(host, release="two")
        index, _, every = release_of(host, "version")
    assert index == ("two" if name in FOLLOWS else "one")
    assert every == ("one" if trap.preloads or name not in FOLLOWS else "two")


def test_a_second_master_is_another_php(site_repository):
    """Its own process, its own memory: a reset of the first does not reach it."""
    with TRAPS["document_root"].host() as host, second_master(host) as second:
        assert second.pid != host.fpm.pid
        assert len(second.workers("batch")) == 2
