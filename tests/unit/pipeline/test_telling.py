"""An answer says itself which version it is of, or nobody says it."""

import hashlib

import pytest

from deployments.pipeline.context import Release
from deployments.pipeline.telling import Telling, Version, assets_of, version_of
from deployments.remote.http import HttpAnswer
from deployments.witness_words import BOTH, NEW, OLD, UNTOLD

OLD_NAME, NEW_NAME, ELDER = "20261101T080000Z-7", "20261102T080000Z-8", "20261001T080000Z-6"
OLD_SHA, NEW_SHA = "ab" * 20, "cd" * 20


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def version(name, files, *more):
    return Version(frozenset({name, *more}), {path: digest(text) for path, text in files.items()},
                   frozenset(files))


OLD_FILES = {"app.css": "old", "same.css": "same", "build/a.111.js": "a1", "build/b.111.css": "b1",
             "gone.png": "picture"}
NEW_FILES = {"app.css": "new", "same.css": "same", "build/a.222.js": "a2", "new.png": "picture"}


@pytest.fixture
def telling():
    return Telling(version(NEW_NAME, NEW_FILES, NEW_SHA), version(OLD_NAME, OLD_FILES, OLD_SHA),
                   mark="X-Version")


def answer(body="", status=200, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpAnswer(status, names, body.encode(), 1.0)


def page(*addresses):
    tags = "".join(f'<link href="{address}"><script src=x>' for address in addresses)
    return answer(f"<html>{tags}</html>", content_type="text/html; charset=utf-8")


@pytest.mark.parametrize(("value", "told"), [
    (NEW_NAME, NEW), (OLD_NAME, OLD), (f"index={NEW_NAME}; class={NEW_NAME}", NEW),
    (f"{NEW_NAME} {OLD_NAME}", BOTH), (f"{NEW_NAME}%2C{OLD_NAME}", BOTH), (NEW_SHA[:10], NEW),
    (OLD_SHA, OLD), ("", UNTOLD), ("8", UNTOLD), (NEW_NAME[:-1], UNTOLD), (f"x{NEW_NAME}", UNTOLD),
    (NEW_SHA[:6], UNTOLD)])
def test_the_sites_header_names_its_version(telling, value, told):
    """Whole words only; two names are two versions."""
    assert telling.version("/", answer(x_version=value)) == told


def test_a_version_older_than_the_old_one_is_no_new_one(telling):
    """Its name looks like all of ours."""
    assert telling.version("/", answer(x_version=ELDER)) == OLD
    assert telling.version("/", answer(x_version=f"{NEW_NAME} {ELDER}")) == BOTH


def test_without_a_header_to_look_at_none_is_read():
    """The site's owner did not say that this header names a version."""
    telling = Telling(version(NEW_NAME, {}), version(OLD_NAME, {}))
    assert telling.version("/", answer(x_version=NEW_NAME)) == UNTOLD


@pytest.mark.parametrize(("path", "text", "told"), [
    ("/app.css", "new", NEW), ("/app.css?v=3", "old", OLD), ("/app.css", "rewritten", UNTOLD),
    ("/same.css", "same", UNTOLD), ("/build/a.111.js", "a1", UNTOLD),
    ("/build/a.222.js", "a2", UNTOLD)])
def test_a_file_that_both_have_is_known_by_its_bytes(telling, path, text, told):
    """One that only the old version has must stay for pages loaded before: it is not old."""
    assert telling.version(path, answer(text)) == told


def test_an_error_page_is_no_file(telling):
    """Whatever its bytes are."""
    assert telling.version("/app.css", answer("old", status=404)) == UNTOLD


@pytest.mark.parametrize(("addresses", "told"), [
    (["/build/a.222.js"], NEW), (["build/a.111.js"], OLD), (["/build/a.222.js?x=1"], NEW),
    (["/build/a.222.js", "/build/b.111.css"], BOTH), (["/app.css", "/same.css"], UNTOLD),
    (["/new.png"], UNTOLD), (["/gone.png"], UNTOLD), (["/elsewhere.js"], UNTOLD)])
def test_a_page_is_known_by_scripts_and_styles_of_one_build_alone(telling, addresses, told):
    """Pictures tell nothing: an old one may stand in a new page's text."""
    assert telling.version("/", page(*addresses)) == told


def test_header_and_page_that_disagree_are_mixed(telling):
    """The header is of new code, the body of old code."""
    mixed = page("/build/a.111.js")
    mixed.headers["x-version"] = NEW_NAME
    assert telling.version("/", mixed) == BOTH


@pytest.mark.parametrize("names", [(None, frozenset()), (frozenset(), None)])
def test_where_a_build_did_not_name_all_its_files_pages_tell_nothing(names):
    """A file that is missing in a list may exist all the same."""
    old, new = (Version(frozenset({name}), {}, files)
                for name, files in zip((OLD_NAME, NEW_NAME), names, strict=True))
    telling = Telling(new, old)
    assert telling.version("/", page("/build/a.222.js", "/build/a.111.js")) == UNTOLD


def test_the_same_version_twice_tells_nothing():
    """Making PHP reload releases nothing."""
    same = version(NEW_NAME, NEW_FILES)
    telling = Telling(same, same, mark="X-Version")
    assert telling.version("/", answer(x_version=NEW_NAME)) == UNTOLD
    assert telling.version("/", answer(x_version=ELDER)) == UNTOLD


def test_what_shared_and_writable_entries_put_there_is_not_the_builds():
    """Their contents are the server's own; asset folders only add files."""
    release = Release("r", static_files={"up/a.js": "1", "cache/b.js": "2", "build/c.js": "3"},
                      static_names=frozenset({"up/a.js", "cache/b.js", "build/c.js"}))
    entries = (("dir", "public/up"), ("writable", "public/cache"), ("asset", "public/build"))
    found = version_of(release, entries=entries, public_folder="public")
    assert set(found.files) == found.all_files == {"build/c.js"}


def test_assets_are_of_the_same_host_each_once_and_in_order():
    """What a browser would ask this site for."""
    body = ('<a href="/shop"><img src=/a.png><script src="b.js?v=1&amp;w=2"></script>'
            '<link href="https://shop.example/c.css"><link href="https://cdn.example/d.css">'
            '<img src="/a.png"><img src="data:image/png;base64,x.png"><img src="/ü.png">'
            '<img src="//[broken"><link href="/e.css#top">')
    found = assets_of("/one/two", answer(body, content_type="text/html"), "shop.example")
    assert found == ("/a.png", "/one/b.js?v=1&w=2", "/c.css", "/e.css")


def test_what_is_no_page_names_no_assets():
    """JSON may hold addresses too."""
    assert assets_of("/", answer('src="/a.js"', content_type="application/json")) == ()
