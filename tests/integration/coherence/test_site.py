"""What the web server itself is asked: no cache answers for it, and no unchanged file."""

from hashlib import sha256

import pytest

from deployments.coherence.site import check_page, check_static
from deployments.errors import NotConfirmed
from deployments.plan import PagePlan

from .conftest import NEW, OLD

MEBIBYTE = 1024 * 1024


def _file(it, release, name, text):
    path = it.host.root / "releases" / release / "public" / name
    path.write_text(text)
    return {name: sha256(text.encode()).hexdigest()}


def _both(it, name, old, new):
    """The file as both releases were built; returns ({name: new digest}, {name: old digest})."""
    return _file(it, NEW, name, new), _file(it, OLD, name, old)


def test_a_new_file_that_is_not_served_is_not_made_up_for_by_an_old_one(rig):
    """The web server still shows the old release's folder: hashed names exist only in the new."""
    with rig(kind="realpath") as it:
        same = _file(it, OLD, "same.css", "a {}")
        new = _file(it, NEW, "app-2.css", "b {}") | same

        with pytest.raises(NotConfirmed, match=r"not /app-2\.css"):
            check_static(it.site, new, same, say=it.say)
        it.switch(NEW)
        _file(it, NEW, "same.css", "a {}")
        assert check_static(it.site, new, same, say=it.say)["path"] == "app-2.css"


def test_a_file_that_changed_is_asked_for_before_one_that_is_new(rig):
    """A web server may keep the old content open; a new name could never show that."""
    with rig(kind="realpath") as it:
        old = _file(it, OLD, "shop.css", "old {}")
        new = _file(it, NEW, "a-new.css", "n {}") | _file(it, NEW, "shop.css", "new {}")
        _file(it, OLD, "a-new.css", "n {}")

        with pytest.raises(NotConfirmed, match=r"not serve the new /shop\.css"):
            check_static(it.site, new, old, say=it.say)


def test_a_file_that_the_web_server_keeps_open_is_not_the_new_one(rig):
    """open_file_cache: visitors get the old content for as long as it is told to."""
    with rig(kind="realpath") as it:
        it.host.nginx.http += "\nopen_file_cache max=100 inactive=1h;\nopen_file_cache_valid 1h;\n"
        it.host.nginx.reload()
        new, old = _both(it, "shop.css", "old {}", "new {}")
        for _ in range(20):  # both of nginx's workers have opened it
            assert it.site.get("/shop.css").body == b"old {}"
        it.switch(NEW)

        with pytest.raises(NotConfirmed, match="open_file_cache"):
            check_static(it.site, new, old, say=it.say)


def test_a_file_that_a_command_rewrote_tells_nothing(rig):
    """Neither the built content nor the old one: the next file is asked for."""
    with rig(kind="realpath") as it:
        it.switch(NEW)
        new, old = _both(it, "app.css", "old {}", "new {}")
        next_new, next_old = _both(it, "next.css", "old next {}", "new next {}")
        _file(it, NEW, "app.css", "minified on the server {}")

        assert check_static(it.site, new, old, say=it.say) == {}
        found = check_static(it.site, new | next_new, old | next_old, say=it.say)
        assert found["path"] == "next.css"
        _file(it, NEW, "next.css", "old next {}")
        with pytest.raises(NotConfirmed, match=r"not serve the new /next\.css"):
            check_static(it.site, new | next_new, old | next_old, say=it.say)


@pytest.mark.parametrize("entry", [
    ("file", "public/app.css"), ("create", "public/app.css"), ("dir", "public/files"),
    ("writable", "public/files")])
def test_a_file_that_lies_in_shared_is_not_compared_with_the_built_one(rig, entry):
    """The server's own stands there, and it may well be what the version before was built with."""
    with rig(kind="realpath") as it:
        it.switch(NEW)
        name = "files/app.css" if entry[0] in ("dir", "writable") else "app.css"
        for release in (OLD, NEW):
            (it.host.root / "releases" / release / "public/files").mkdir()
        new, old = _both(it, name, "old {}", "new {}")
        _file(it, NEW, name, "old {}")

        assert check_static(it.site, new, old, say=it.say, entries=[entry]) == {}
        beside = _file(it, NEW, "app.css.map", "map")
        assert check_static(it.site, new | beside, old, say=it.say, entries=[entry])
        with pytest.raises(NotConfirmed, match="not serve the new"):
            check_static(it.site, new, old, say=it.say, entries=[("asset", "public")])


def test_a_file_may_have_any_name(rig):
    """Spaces, umlauts, percent and question marks: the address asked for is the file's own."""
    with rig(kind="realpath") as it:
        name = "Preisliste 2024 ü %41?#.pdf"
        new, old = _both(it, name, "old", "new")
        it.switch(NEW)
        assert check_static(it.site, new, old, say=it.say) == {"path": name, "status": 200}


def test_a_large_file_stops_nothing(rig):
    """A build of an earlier time wrote down large files too; they are more than we read."""
    with rig(kind="realpath") as it:
        it.switch(NEW)
        new, old = _both(it, "film.txt", "old" * MEBIBYTE, "new" * MEBIBYTE)

        assert check_static(it.site, new, old, say=it.say) == {}


def test_a_page_out_of_a_cache_is_not_taken_for_the_sites_answer(rig):
    """Visitors would meet the error as soon as the cache lets go of the page."""
    with rig(kind="realpath") as it:
        _cache_pages(it)
        assert check_page(it.site, PagePlan())["problem"] == ""
        cached = it.site.get("/").status
        hero = it.host.root / "releases" / OLD / "public/index.php"
        hero.write_text("<?php http_response_code(500);")
        it.host.stop_fpm()
        it.host.start_fpm()

        assert (cached, it.site.get("/").status) == (200, 200)
        assert "answered 500" in check_page(it.site, PagePlan())["problem"]
        assert "answered 500" in check_page(it.site, PagePlan(path="/?a=b"))["problem"]


def _cache_pages(it):
    """nginx keeps every page for an hour, as a shop before a sale may want it."""
    nginx = it.host.nginx
    nginx.http += (
        f"\nfastcgi_cache_path {nginx.folder}/pages keys_zone=pages:1m;\n"
        "fastcgi_cache pages;\nfastcgi_cache_valid 200 1h;\nfastcgi_cache_key $request_uri;\n"
        "fastcgi_ignore_headers Cache-Control Expires Set-Cookie;\n")
    nginx.reload()
