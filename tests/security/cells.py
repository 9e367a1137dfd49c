"""A door's cells: every person from both networks, and what is not as the oracle says."""

import gc

from django.test import TestCase
from django.test.client import ClientHandler

from . import oracle
from .people import INSIDE, OUTSIDE, PEOPLE
from .trying import browser_of, knock, without_drawing
from .world import make_world

NETWORKS = ((INSIDE, 1), (OUTSIDE, 2))
GARBAGE = 50_000
"""New objects between two searches for circles: with the usual 700 they take a tenth of it all."""


class Matrix(TestCase):
    """Tests that share one world, as every knock is taken back. All browsers share one server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world, handler = make_world(), ClientHandler(enforce_csrf_checks=False)
        cls.world.browsers = {
            name: browser_of(cls.world.people.get(name)) for name, *_ in PEOPLE}
        for browser in cls.world.browsers.values():
            browser.handler = handler

    def setUp(self):
        before = gc.get_threshold()
        gc.set_threshold(GARBAGE, *before[1:])
        self.addCleanup(gc.set_threshold, *before)
        self.enterContext(without_drawing())
        self.enterContext(self.settings(MAIL_IS_ON=True))  # who asks somebody by mail may do so
        self.wrong = []

    def tearDown(self):
        assert not self.wrong, "\n".join(self.wrong)

    def cells(self, url, method, power, fields, *, must_act, may_write=()):
        """Try a door, and note which of its cells are wrong."""
        self.wrong += cells(self.world, url, method, power, fields, must_act=must_act,
                            may_write=may_write)


def cells(world, url, method, power, fields, *, must_act, may_write=()):
    """Sentences about the cells of this door that are wrong.

    `must_act`: who gets in changes something; else it is enough that the page comes. `may_write`:
    tables that do not count as a change.
    """
    wrong = []
    for row in PEOPLE:
        browser = world.browsers[row[0]]
        for address, column in NETWORKS:
            found = knock(browser, method, url, address, fields)
            expected = oracle.lets_in(power, row[column])
            problem = problem_of(found, expected, method, row[column], must_act, may_write)
            if problem:
                wrong.append(f"{row[0]} from {address}, {method} {url}: {problem} ({found})")
    return wrong


def problem_of(found, expected, method, powers, must_act, may_write):
    stray = found.written - set(may_write)
    if found.status >= 500:
        return "our fault"
    if not expected and stray:
        return "refused, and yet it wrote"
    if method == "GET" and stray:
        return "a GET changes something"
    is_in = bool(stray) if must_act else found.is_let_in
    if is_in != expected:
        return "gets in and should not" if is_in else "is refused and should not be"
    if not expected and method == "POST" and "signed_in" in powers and found.status in (403, 409):
        return "" if found.refusals and all(row[2] for row in found.refusals) else \
            "refused without a reason in the audit log"
    return ""
