"""What a door refuses by itself, read from the code: never outside of what records it."""

import ast
from pathlib import Path

import deployments

ROOT = Path(deployments.__file__).parent
DOORS = ("pages", "admin", "management")
RECORDING = {"recording_refusals", "acting", "recording"}
# door, function: what works something out and may refuse; it is called while that is recorded
WORKING_OUT = {
    ("pages/release_confirm.py", "_demand_named"),
    ("pages/release_steps.py", "demand_unmoved"), ("pages/second_step.py", "_pressed"),
    ("pages/terms.py", "asked_terms"), ("pages/terms.py", "_slot"),
    ("pages/times.py", "moment_of"), ("pages/times.py", "_zone"),
    ("pages/versions.py", "choose"), ("management/commands/deploy.py", "_built"),
    ("management/commands/deploy.py", "_unbuilt"), ("management/commands/deploy.py", "_slot"),
}
OF_SERVICES = {"resolve", "slot", "demand", "pass_through"}
RECORDS_ITSELF = {("management/speaking.py", "speaker")}


def _loose(door, tree):
    """(door, function, line) of what may refuse, and is neither recorded nor worked out for it."""
    names = {name for _, name in WORKING_OUT} | OF_SERVICES | {"Refused"}
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        recorded = {inner for block in ast.walk(function) if isinstance(block, ast.With)
                    if any(_called(part) in RECORDING for item in block.items
                           for part in ast.walk(item.context_expr))
                    for statement in block.body for inner in ast.walk(statement)}
        for node in ast.walk(function):
            if isinstance(node, ast.Raise):
                node = node.exc
            elif _called(node) == "Refused":
                continue  # shown, not raised
            if _called(node) in names and node not in recorded:
                yield door, function.name, node.lineno


def _called(node):
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def test_no_door_refuses_without_recording_it():
    """A page or a command that says no by itself does so in `recording_refusals`, or in a function
    that is named here and called in it."""
    found = [row for room in DOORS for path in sorted((ROOT / room).rglob("*.py"))
             for row in _loose(str(path.relative_to(ROOT)), ast.parse(path.read_text()))]
    known = WORKING_OUT | RECORDS_ITSELF
    assert [row for row in found if row[:2] not in known] == []
    assert known - {row[:2] for row in found} == set()
