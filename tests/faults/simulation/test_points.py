"""No side effect without a point at which it may go wrong, and no way out around the ports."""

import ast
from pathlib import Path

import pytest

import deployments
from deployments.pipeline import claim, locks, record

from .faults import KILL, LOST_AFTER, LOST_BEFORE, TERM, Named
from .scenes import CALLS

HERE = Path(deployments.__file__).parent
ENGINE = sorted([*(HERE / "pipeline/steps").glob("*.py"), *(HERE / "coherence").glob("*.py")])
ELSEWHERE = {
    "refusals.sh",  # asked for at the guarded endpoint alone, which has a door of its own
    "processes.sh",  # only reads, for commands that restart queue workers
    "entry.sh", "web.sh", "webconf.sh",  # Apache, entry and web-config run on real daemons alone
}
OUTSIDE = {"paramiko", "requests", "socket", "subprocess", "urllib", "http", "ssl", "os"}
PORTS = {"deployments.remote.ssh", "deployments.remote.local", "deployments.remote.doors",
         "deployments.remote.fastcgi"}
TROUBLE = (
    ("none", (), 0), ("db record.ended", (TERM,), 0), ("switch.sh", (KILL,), 0),
    ("switch.sh", (LOST_BEFORE, LOST_BEFORE, LOST_AFTER), 0), ("inspect.sh", (KILL,), 0),
    ("unpack.sh", (LOST_BEFORE,) * 4, 0), ("switch.sh", (LOST_BEFORE,) * 8, 2),
)
"""Runs that reach what a good one does not: names of effects, faults there, from the n-th on."""


@pytest.fixture(scope="module")
def met(scenes):
    """Names of all effects that some runs met, the machine left out."""
    names = set()
    for name in CALLS:
        for at, kinds, nth in TROUBLE:
            world, _ = scenes(name).run(Named(at, kinds, nth=nth))
            names |= {effect.name.partition(":")[0] for effect in world.faults.effects}
    return names


def test_every_script_that_a_step_runs_is_a_point(met):
    """A script that no fault ever hits is one whose crash nobody has tried."""
    used = {node.value for path in ENGINE for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            and node.value.endswith(".sh") and " " not in node.value}

    assert used - ELSEWHERE <= met
    assert len(used) > 5


def test_every_question_to_php_and_to_the_site_is_a_point(met):
    """Resetting a cache is a side effect like any other."""
    assert {"page", "ask status", "ask probe", "ask reset", "ask warm", "ask scripts"} <= met


@pytest.mark.parametrize(("module", "kind"), [
    (record, "Record"), (claim, "Claim"), (locks, None)])
def test_every_write_of_rows_is_a_point(met, module, kind):
    """Of the record, the claim and the locks: whatever function reaches the database to write."""
    tree = ast.parse(Path(module.__file__).read_text())
    holder = next((node for node in tree.body if isinstance(node, ast.ClassDef)
                   and node.name == kind), tree)
    short = module.__name__.rpartition(".")[2]
    public = {f"db {short}.{node.name}" for node in holder.body
              if isinstance(node, ast.FunctionDef) and _writes(node)}

    assert public - NOT_ALONE <= met
    assert public


NOT_ALONE = {
    "db claim.beat",  # through `update`
    "db locks.give_back",  # within the end, or in a pause between waves
    "db locks.extend",  # with the heartbeat, in a wave's long step
    "db record._note_token",  # within `ended`, where the guarded endpoint is the door
    "db record._write", "db record._end", "db record._together",  # within the others
}


def _writes(function):
    calls = {node.func.attr for node in ast.walk(function)
             if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
    return bool(calls & {"update", "create", "get_or_create", "bulk_create", "atomic",
                         "_together"})


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_step_reaches_other_machines_through_its_context_alone(path):
    """A way out around the ports would have no point at which it may go wrong."""
    tree = ast.parse(path.read_text())
    absolute = {name.name.partition(".")[0] for node in ast.walk(tree)
                if isinstance(node, ast.Import) for name in node.names}
    absolute |= {node.module.partition(".")[0] for node in ast.walk(tree)
                 if isinstance(node, ast.ImportFrom) and not node.level and node.module}
    ours = {_absolute(path, node) for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.level}

    assert not absolute & (OUTSIDE - {"urllib"})
    assert not ours & PORTS


def _absolute(path, node):
    parts = ["deployments", *path.relative_to(HERE).parts[:-1]]
    return ".".join([*parts[:len(parts) - node.level + 1], *filter(None, [node.module])])
