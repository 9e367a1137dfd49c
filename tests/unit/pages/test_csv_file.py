"""Whatever is downloaded as CSV: no cell of it is calculated."""

import pytest

from deployments.pages.csv_file import safe_cell


@pytest.mark.parametrize("text", [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "=cmd|' /C calc'!A0",
    "＝1", "＋1", "－1", "＠SUM(A1)"])
def test_a_cell_never_begins_a_formula(text):
    """A reason written by a requester must not run in the auditor's spreadsheet."""
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(("value", "cell"), [("plain", "plain"), (7, "7"), (None, ""),
                                             ("a=b", "a=b")])
def test_other_cells_stay_as_they_are(value, cell):
    """Words, numbers and nothing at all are written plainly."""
    assert safe_cell(value) == cell
