"""States of a page that no row makes: the connection is lost, the session is over, a form is too
old, something breaks. Each is a context manager over the open tab, and leaves it as it was."""

from contextlib import contextmanager
from unittest import mock

from django.conf import settings
from django.db import OperationalError


@contextmanager
def offline(tab):
    """The network is away, and the page has noticed."""
    tab.context.set_offline(True)
    tab.get_by_text("Lost the connection to Release manager.").wait_for()
    yield
    tab.context.set_offline(False)
    tab.get_by_text("Lost the connection to Release manager.").wait_for(state="hidden")


@contextmanager
def signed_out(tab):
    """The session is over, and the page has noticed."""
    kept = tab.context.cookies()
    tab.context.clear_cookies()
    tab.get_by_text("You were signed out.").wait_for()
    yield
    tab.context.add_cookies(kept)


@contextmanager
def too_old(tab):
    """A form is sent whose secret is gone."""
    kept = tab.context.cookies()
    tab.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    tab.locator("main form[method=post]").first.evaluate("form => form.submit()")
    tab.get_by_role("heading", name="This page was too old to be sent.").wait_for()
    yield
    tab.context.add_cookies(kept)


@contextmanager
def broken(tab):
    """The page meets a fault of ours."""
    with mock.patch("deployments.pages.numbers.numbers_of", side_effect=RuntimeError):
        tab.reload()
        yield


@contextmanager
def busy(tab):
    """The page meets a database that is away."""
    with mock.patch("deployments.pages.numbers.numbers_of", side_effect=OperationalError):
        tab.reload()
        yield


def pages_of(scene):
    """(name, person, path), and mostly a context manager."""
    anna, ines = scene["anna"], scene["ines"]
    running = f"/admin/progress/{scene['running'].pk}/"
    return [("offline", anna, running, offline), ("signed out", anna, running, signed_out),
            ("doctor asks", ines, "/admin/doctor/portal/silent/"),
            ("too old", anna, "/admin/access/ask/", too_old),
            ("broken", ines, "/admin/numbers/", broken), ("busy", ines, "/admin/numbers/", busy)]
