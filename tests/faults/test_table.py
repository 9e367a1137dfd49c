"""Every fault that docs/faults.md numbers has its tests, and its page says what is told there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.faults.table import FAULTS
from tests.unit.test_docs import DOCS, ROOT, section, spoken

HEADING = "## What goes wrong and what happens then"


def told():
    """What the page says at each fault, by its number."""
    found = re.findall(r"^\| (\d+) \|.*\| (.*) \|$", section(DOCS / "faults.md", HEADING),
                       re.MULTILINE)
    return {int(number): says for number, says in found}


@cache
def names_in(path):
    """The names of the test functions in a file that pytest collects."""
    assert Path(path).name.startswith("test_"), path
    body = ast.parse((ROOT / "tests" / path).read_text()).body
    return {node.name for node in body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@cache
def written():
    """What scripts, Python and the pages themselves can say."""
    return spoken() + "\n".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))


def test_every_fault_from_1_to_44_is_told_and_tested():
    """None is left out, none is made up."""
    assert sorted(told()) == sorted(FAULTS) == list(range(1, 45))


@pytest.mark.parametrize("number", FAULTS)
def test_the_tests_of_a_fault_are_there(number):
    """A test that is renamed or removed takes its fault with it."""
    assert FAULTS[number]
    for path, name in (each.split("::") for each in FAULTS[number]):
        assert name in names_in(path)


@pytest.mark.parametrize("number", FAULTS)
def test_what_a_page_says_of_a_fault_can_be_said(number):
    """Every piece of a quoted sentence between its gaps stands somewhere in the code."""
    quoted = re.findall(r"`([^`]+)`", told()[number])
    assert quoted
    pieces = [piece.strip(" .:;,“”’()") for text in quoted for piece in text.split("…")]
    assert [piece for piece in pieces if piece not in written()] == []
