"""The permission matrix: every person of `people` at every door of `oracle`, from the office and
from outside; what must be is in the oracle's rows, what is comes from a request."""

from urllib.parse import urlencode

from django.urls import reverse

from . import forms, oracle
from .cells import Matrix
from .doors import addresses


class TestPages(Matrix):
    """Task pages, and the buttons of rows in lists."""

    def test_every_page_opens_and_acts_for_exactly_those_the_oracle_names(self):
        """By GET and by POST."""
        for name, about, opens, presses in oracle.PAGES:
            url = reverse(f"admin:{name}", kwargs=forms.where(self.world, about))
            fields = forms.fields_of(self.world, name)
            self.cells(f"{url}?{urlencode(fields)}", "GET", opens, None, must_act=False,
                       may_write=("django_q_ormq",))
            self.cells(url, "POST", presses, fields, must_act=True)

    def test_every_button_of_a_list_acts_for_exactly_those_the_oracle_names(self):
        """By POST; by GET nobody gets anything done."""
        for name, label, power in oracle.BUTTONS:
            url = reverse(f"admin:{name}", args=[self.world.rows[label].pk])
            self.cells(url, "GET", None, None, must_act=False)
            self.cells(url, "POST", power, forms.pressed(self.world, name), must_act=True)

    def test_every_list_is_exported_for_exactly_those_the_oracle_names(self):
        """And the audit log is checked for them; by GET nobody gets anything."""
        for name, power in oracle.WHOLE_LISTS:
            url = reverse(f"admin:{name}")
            self.cells(url, "GET", None, None, must_act=False)
            self.cells(url, "POST", power, {}, must_act=False)


def test_a_door_that_nobody_listed_is_noticed():
    """And so is a row of the oracle whose door is gone."""
    lists = {f"{row[0].replace('.', '_').lower()}_{name}" for row in oracle.LISTS
             for name in ("changelist", "add", "change", "delete", "history")}
    walked = (*oracle.PAGES, *oracle.BUTTONS, *oracle.WHOLE_LISTS)
    known = {row[0] for row in walked} | lists | {*oracle.NOT_WALKED}
    found = {name for name, pattern in addresses() if "(?P" not in name and "<" not in name}
    assert found - known == set()
    assert known - found == set()
