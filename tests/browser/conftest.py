"""Debian's Chromium, driven by Playwright against Django's live server."""

import os
import shutil
from contextlib import nullcontext

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from playwright.sync_api import expect, sync_playwright

from deployments.models.session_store import SessionStore
from deployments.pages import session_limits
from deployments.services import sessions

from . import scene as scenes
from .pages import pages_of

expect.set_options(timeout=30_000)
"""As long as all else of Playwright waits; its own 5 s are less than a busy machine may take."""
STAYS = "window.setInterval = () => 0"
"""What loads a page again that waits for an answer (`reload.js`) is the only one to use it."""


@pytest.fixture(scope="session")
def chromium():
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert program, "chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[
            "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def scene(transactional_db, django_db_serialized_rollback):
    """The rows of `scene.build`, and the people in them by first name."""
    return scenes.build()


@pytest.fixture
def visit(chromium, live_server):
    """A function that gives a person's tab: `visit(user, path)`; without a user, a stranger's.

    Every tab collects what its console complains about in `tab.complaints`. One that `stays` does
    not load itself again, in the middle of what is asked of it.
    """
    contexts = []

    def open_tab(user=None, path="/admin/", *, stays=False, **options):
        context = chromium.new_context(base_url=live_server.url, **options)
        if stays:
            context.add_init_script(STAYS)
        contexts.append(context)
        if user is not None:
            context.add_cookies([session_cookie(user, live_server.url)])
        tab = context.new_page()
        tab.complaints = []
        tab.on("console", lambda said: tab.complaints.append(said.text)
               if said.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.goto(path)
        return tab

    yield open_tab
    for context in contexts:
        context.close()


@pytest.fixture
def every(scene, visit):
    """A function that opens each page in its person's tab and gives (name, tab)."""

    def walk(names=None, **options):
        tabs = {}
        for name, person, path, *brought_about in pages_of(scene):
            if names is not None and name not in names:
                continue
            if person not in tabs:
                tabs[person] = visit(person, path, stays=True, **options)
            else:
                tabs[person].complaints.clear()
                tabs[person].goto(path)
            with brought_about[0](tabs[person]) if brought_about else nullcontext():
                yield name, tabs[person]

    return walk


def session_cookie(user, url):
    """The cookie of a session in which `user` has signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    session[session_limits.KEY] = sessions.begin(user, session.session_key).pk
    session.save()
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": url}
