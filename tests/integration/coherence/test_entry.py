"""The entry outside the releases on real nginx and PHP-FPM: what it runs, what it tells whom."""

import os
import secrets
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from deployments.coherence import front_controller, proof
from deployments.coherence.entry import HEADER, Questions
from deployments.errors import StepFailed
from tests.sandbox.traffic import Traffic

from .conftest import NEW, OLD


def asked(it, path="/", **headers):
    """Return (status, body, the release that the page names)."""
    question = Request(it.host.url.rstrip("/") + path, headers={
        "Host": it.host.site_name, **{name.replace("_", "-"): headers[name] for name in headers}})
    try:
        with urlopen(question) as answer:
            return answer.status, answer.read(), answer.headers.get("Shop-Release", "")[:len(OLD)]
    except HTTPError as answer:
        return answer.code, answer.read(), ""


@pytest.fixture
def entered(rig):
    """A rig whose web server leads to the entry, which is installed."""
    with rig(kind="entry") as it:
        it.context = it.ctx()
        it.site.questions = Questions(it.context)
        front_controller.check(it.context)
        yield it


def test_each_request_runs_what_the_link_names_then(entered):
    """Also where PHP never looks at a file again; for each entry of the site that has one."""
    for release in (OLD, NEW, OLD):
        entered.switch(release)
        for path in ("/", "/version", "/api/"):
            assert (asked(entered, path)[0], asked(entered, path)[2]) == (200, release)


def test_nothing_is_failed_old_or_mixed_under_traffic(entered):
    """Ten switches with nothing done after them; slow pages end in the version they began in."""
    with Traffic([entered.host], requests_per_s=60) as traffic:
        traffic.wait_for(20)
        for release in (NEW, OLD) * 5:
            traffic.unmark(entered.host.name)
            entered.switch(release)
            traffic.mark(entered.host.name, release)
            traffic.wait_for(15)
    counts = traffic.counts()
    assert counts.requests > 150
    assert (counts.failed, counts.stale, counts.mixed) == (0, 0, 0), list(traffic.troubles)[:5]


def test_the_folder_that_it_runs_is_learned_from_its_own_answer(entered):
    """The scoreboard shows the same script before and after a switch."""
    for release in (OLD, NEW):
        entered.switch(release)
        proof.learn(entered.site, entered.pools, entered.root)
        assert [pool.prefix for pool in entered.pools] == [f"{entered.root}/releases/{release}"] * 2
        assert all(pool.has_entry for pool in entered.pools)
    front_controller.check(entered.context)


def test_strangers_get_the_sites_own_pages(entered):
    """With no word, a wrong one, one that has been there for too long, or one that is a path."""
    ours = entered.host.root / ".releasemgr"
    word = entered.site.questions.ask()
    page = asked(entered, "/version")
    assert asked(entered, "/version", **{HEADER: word})[1].startswith(b'{"root":')
    os.utime(ours / "questions" / word, (time.time() - 301, time.time() - 301))
    for wrong in (word, secrets.token_hex(16), "", "../identity", word.upper(), f"{word}\x00"[:31]):
        assert asked(entered, "/version", **{HEADER: wrong})[2] == page[2], wrong
        assert b'"root"' not in asked(entered, "/version", **{HEADER: wrong})[1]


def test_strangers_find_nothing_of_ours(entered):
    """Each of our files is a page that does not exist."""
    missing = asked(entered, "/no-such-page")
    for path in ("/.releasemgr/entry/public/index.php", "/.releasemgr/web.conf",
                 "/.releasemgr/questions/", "/entry/public/index.php"):
        assert asked(entered, path)[:2] == missing[:2] or asked(entered, path)[0] == 404


def test_nobody_may_list_the_words(entered):
    """PHP and whoever else is on the server must know one to find it."""
    assert (entered.host.root / ".releasemgr/questions").stat().st_mode & 0o777 == 0o711


def test_without_a_release_it_is_a_missing_page(entered):
    """The link is gone: what PHP-FPM says of a missing script, and no word of ours."""
    (entered.host.root / "current").unlink()
    assert asked(entered)[:2] == (404, b"File not found.\n")


def test_a_web_server_that_leads_past_it_is_refused_with_the_line_to_write(rig):
    """Before the switch; the entry has been installed by then."""
    with rig(kind="stale") as it:
        ctx = it.ctx()
        it.site.questions = Questions(ctx)
        proof.learn(it.site, it.pools, it.root)
        with pytest.raises(StepFailed, match="not the entry: in nginx, write fastcgi_param") as no:
            front_controller.check(ctx)
        assert f"SCRIPT_FILENAME {it.root}/.releasemgr/entry/public/index.php;" in str(no.value)
        assert (it.host.root / ".releasemgr/entry/public/index.php").is_file()


def test_an_entry_that_may_not_see_its_words_is_told(entered):
    """It runs the site's page then, and nobody knows of which version."""
    (entered.host.root / ".releasemgr/questions").chmod(0o700)
    with pytest.raises(StepFailed, match=r"let PHP reach \.releasemgr/questions"):
        proof.learn(entered.site, entered.pools, entered.root)
