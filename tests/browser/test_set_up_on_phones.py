"""Set-up pages at 375 px: what stands beside a select box can be hit, tables become lists."""

from itertools import pairwise

import pytest

PHONE = {"viewport": {"width": 375, "height": 800}}
ICONS = """() => [...document.querySelectorAll(".form-row .related-widget-wrapper")]
  .filter((one) => one.querySelector(":scope > a")).map((one) => {
    const box = (part) => { const {x, y, width, height} = part.getBoundingClientRect();
      return {x, y, width, height}; };
    return {select: box(one.querySelector("select")),
            icons: [...one.querySelectorAll(":scope > a")].map(box)}; })"""
ROWS = """() => {
  const sheet = document.querySelector(".sheet"), box = (one) => one.getBoundingClientRect();
  return {heads: [...sheet.querySelectorAll("thead [role=columnheader]")].length,
          isWide: sheet.scrollWidth > sheet.clientWidth,
          rows: [...sheet.querySelectorAll("tbody tr")].map((row) =>
            ({width: box(row).width, last: box(row.lastElementChild).width}))}; }"""


@pytest.mark.parametrize("name", ["environment", "new entry"])
def test_icons_beside_a_select_box_stand_in_one_line_and_can_be_hit(every, name):
    """44 px each, below the box they belong to, none over another."""
    for _, tab in every((name,), **PHONE):
        fields = tab.evaluate(ICONS)
        assert fields
        for field in fields:
            icons = field["icons"]
            assert all(icon["width"] >= 44 and icon["height"] >= 44 for icon in icons), field
            assert len({round(icon["y"]) for icon in icons}) == 1, field
            assert icons[0]["y"] >= field["select"]["y"] + field["select"]["height"] - 1, field
            assert all(after["x"] >= before["x"] + before["width"] - 1
                       for before, after in pairwise(icons)), field


@pytest.mark.parametrize("name", ["CSV to save", "CSV to correct"])
def test_a_checked_table_is_a_list_on_a_phone(every, name):
    """What becomes of a row has the whole width; heads stay for who listens."""
    for _, tab in every((name,), **PHONE):
        found = tab.evaluate(ROWS)
        assert found["heads"] == 3
        assert not found["isWide"]
        assert all(row["last"] > row["width"] * 0.95 for row in found["rows"]), found
        assert tab.evaluate("document.documentElement.scrollWidth") <= 375
