"""`python -m tests.security.attacks` prints which test makes which attack, all over the tree.

Attacks whose test lives beside the code it attacks are not repeated in this folder; they are
named in `attacks_elsewhere`.
"""

import ast
from pathlib import Path

from .attacks_elsewhere import ELSEWHERE

ROOT = Path(__file__).resolve().parents[2]


def names_in(path):
    """{name: docstring} of a file's tests."""
    return {node.name: ast.get_docstring(node) or "" for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def attacks():
    """(attack, file, test) of the whole tree; this folder's own are called as their tests are."""
    here = Path(__file__).parent
    for path in (*sorted(here.glob("test_attacks_*.py")), here / "test_races.py"):
        for name in names_in(path):
            words = name.removeprefix("test_").replace("_", " ")
            yield words.capitalize(), str(path.relative_to(ROOT)), name
    for path, pairs in ELSEWHERE.items():
        yield from ((words, path, name) for words, name in pairs)


if __name__ == "__main__":
    found = list(attacks())
    for words, path, name in found:
        print(f"{words}\n    {path}::{name}")
    print(f"{len(found)} attacks")
