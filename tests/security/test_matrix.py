"""The permission matrix: every person of `people` at every door of `oracle`, from the office and
from outside; what must be is in the oracle's rows, what is comes from a request."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from . import forms, oracle
from .doors import addresses
from .people import INSIDE, OUTSIDE, PEOPLE
from .trying import browser_of, knock, without_drawing
from .world import make_world

pytestmark = pytest.mark.django_db
ADDRESSES = ((INSIDE, 1), (OUTSIDE, 2))


def _cells(world, url, method, power, fields, *, must_act, may_write=()):
    """Sentences about cells that are not what the oracle says, and how many were tried."""
    wrong = []
    for row in PEOPLE:
        browser = world.browsers[row[0]]
        for address, column in ADDRESSES:
            found = knock(browser, method, url, address, fields)
            expected = oracle.lets_in(power, row[column])
            problem = _problem(found, expected, method, row[column], must_act, may_write)
            if problem:
                wrong.append(f"{row[0]} from {address}, {method} {url}: {problem} ({found})")
    return wrong


def _problem(found, expected, method, powers, must_act, may_write):
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


@pytest.fixture
def world():
    made = make_world()
    made.browsers = {name: browser_of(made.people.get(name)) for name, *_ in PEOPLE}
    return made


@pytest.mark.parametrize("part", range(4))
def test_every_page_opens_and_acts_for_exactly_those_the_oracle_names(world, part):
    """A quarter of the task pages, by GET and by POST."""
    wrong = []
    with without_drawing():
        for name, about, opens, presses in oracle.PAGES[part::4]:
            url = reverse(f"admin:{name}", kwargs=forms.where(world, about))
            fields = forms.fields_of(world, name)
            asked = f"{url}?{urlencode(fields)}"
            wrong += _cells(world, asked, "GET", opens, None, must_act=False,
                            may_write=("django_q_ormq",))
            wrong += _cells(world, url, "POST", presses, fields, must_act=True)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("row", oracle.LISTS, ids=[row[0] for row in oracle.LISTS])
def test_every_list_of_the_admin_is_for_exactly_those_the_oracle_names(world, row):
    """List, forms and history; crafted POSTs to actions and editable columns."""
    label, lists, opens, adds, changes, deletes = row
    model, pk = label.replace(".", "_").lower(), world.rows[label].pk
    plain = reverse(f"admin:{model}_changelist")
    body = forms.sent_by(world, reverse(f"admin:{model}_change", args=[pk]))
    wrong = []
    with without_drawing():
        wrong += _cells(world, plain, "GET", lists, None, must_act=False)
        for crafted in forms.CRAFTED:
            wrong += _cells(world, plain, "POST", None, crafted | {"_selected_action": pk},
                            must_act=True)
        for name, method, power, fields in (
            ("add", "GET", adds, None), ("change", "GET", opens, None),
            ("change", "POST", changes, body), ("delete", "GET", deletes, None),
            ("history", "GET", opens, None),
        ):
            args = [] if name == "add" else [pk]
            url = reverse(f"admin:{model}_{name}", args=args)
            wrong += _cells(world, url, method, power, fields, must_act=False,
                            may_write=forms.FOLLOWS if method == "POST" else ())
    assert not wrong, "\n".join(wrong)


def test_every_button_of_a_list_acts_for_exactly_those_the_oracle_names(world):
    """By POST; by GET nobody gets anything done."""
    wrong = []
    with without_drawing():
        for name, label, power in oracle.BUTTONS:
            url = reverse(f"admin:{name}", args=[world.rows[label].pk])
            wrong += _cells(world, url, "GET", None, None, must_act=False)
            wrong += _cells(world, url, "POST", power, {}, must_act=True)
    assert not wrong, "\n".join(wrong)


def test_a_door_that_nobody_listed_is_noticed():
    """And so is a row of the oracle whose door is gone."""
    lists = {f"{row[0].replace('.', '_').lower()}_{name}" for row in oracle.LISTS
             for name in ("changelist", "add", "change", "delete", "history")}
    known = {row[0] for row in (*oracle.PAGES, *oracle.BUTTONS)} | lists | {*oracle.NOT_WALKED}
    found = {name for name, pattern in addresses() if "(?P" not in name and "<" not in name}
    assert found - known == set()
    assert known - found == set()
