"""The house keeps its plan: who may import whom, and the rules on size and names."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "deployments"

# Design 2, but for schedules: pure data about the queue, which the worker command writes.
FLOORS = {
    5: {"site", "admin", "pages", "templatetags", "api", "management",
        "apps"},
    4: {"tasks", "notify", "pipeline", "coherence", "artifacts"},
    3: {"services", "policy", "plan", "plan_words", "audit", "queue", "schedules", "checks",
        "explained", "zones"},
    2: {"models", "crypto"},
    1: {"remote"},
    0: {"states", "paths", "errors", "clock", "waves", "sudoers", "strategy_words",
        "witness_words", "drift_words", "bound", "freeze_windows", "slots", "code_hosts",
        "risk_words"},
}
MAY_IMPORT = {5: {5, 3, 2, 0}, 4: {4, 3, 2, 1, 0}, 3: {3, 2, 0}, 2: {2, 0}, 1: {1}, 0: set()}
GETTEXT = {"django.utils.translation", "django.utils.dates", "django.utils.dateformat"}
REMOTE_LIBRARIES = {"paramiko", "requests", "urllib3"}  # urllib3 is requests' own


@cache
def tree_of(path):
    """The parsed file; parsing takes most of this file's time."""
    return ast.parse(path.read_text())


def floor_of(module):
    """The floor of a dotted module of ours, by its room."""
    room = module.split(".")[1]
    return next(floor for floor, rooms in FLOORS.items() if room in rooms)


@cache
def modules():
    """{dotted name: path} of all our modules, migrations excepted."""
    found = {}
    for path in APP.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name != "deployments" and "migrations" not in parts:
            found[name] = path
    return found


@cache
def imports_of(name):
    """Dotted names that a module imports, wherever in the file; ours down to the module."""
    path, found = modules()[name], set()
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[:len(package.split(".")) - node.level + 1]
            base = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                found.add(inner if inner in modules() else base)
    return frozenset(found)


def ours(name):
    return {other for other in imports_of(name) if other in modules()}


def test_every_module_stands_on_a_floor():
    """A new room needs its place in the plan first."""
    rooms = {name.split(".")[1] for name in modules()}
    assert rooms <= set().union(*FLOORS.values())


def test_imports_go_downwards_only():
    """Design 2's table; siblings on one floor may know each other, except the words."""
    wrong = [f"{name} -> {other}" for name in modules() for other in ours(name)
             if floor_of(other) not in MAY_IMPORT[floor_of(name)]]
    assert wrong == []


def test_doors_reach_servers_and_git_through_rows_only():
    """Said again by name, for it is the rule that is easiest to break."""
    behind = {"pipeline", "coherence", "artifacts", "remote"}
    wrong = [f"{name} -> {other}" for name in modules() if floor_of(name) == 5
             for other in imports_of(name)
             if other.startswith("deployments.") and other.split(".")[1] in behind]
    assert wrong == []


def test_other_machines_need_no_django():
    """remote/: the standard library, paramiko, requests and gettext; nothing else of ours."""
    allowed = REMOTE_LIBRARIES | set(sys.stdlib_module_names)
    wrong = [f"{name} -> {other}" for name in modules() if floor_of(name) == 1
             for other in imports_of(name) - GETTEXT
             if not other.startswith("deployments.remote") and other.split(".")[0] not in allowed]
    assert wrong == []


def test_only_remote_speaks_ssh_and_http():
    """One place for pinned keys, deadlines and caps."""
    wrong = [f"{name} -> {other}" for name in modules() if floor_of(name) != 1
             for other in imports_of(name) if other.split(".")[0] in REMOTE_LIBRARIES]
    assert wrong == []


def test_words_are_pure():
    """states, paths and errors: the standard library and gettext, with its names of days, alone."""
    wrong = [f"{name} -> {other}" for name in modules() if floor_of(name) == 0
             for other in imports_of(name) - GETTEXT
             if other.split(".")[0] not in sys.stdlib_module_names]
    assert wrong == []


def test_the_queue_library_is_known_in_few_places():
    """wake() queues; schedules and the worker command set it up."""
    callers = {name for name in modules()
               for other in imports_of(name) if other.split(".")[0] == "django_q"}
    assert callers <= {"deployments.queue", "deployments.schedules", "deployments.tasks",
                       "deployments.management.commands.worker"} | {
        name for name in modules() if name.startswith("deployments.management.")}


def test_no_imports_go_in_a_circle():
    """Also none that an import inside a function would hide."""
    done, path = set(), []

    def visit(name):
        if name in path:
            pytest.fail(" -> ".join([*path[path.index(name):], name]))
        if name in done:
            return
        path.append(name)
        for other in sorted(ours(name) - {name}):
            visit(other)
        done.add(path.pop())

    for name in sorted(modules()):
        visit(name)


def test_the_product_never_imports_its_tests():
    """The sandbox is theirs and the demo's."""
    wrong = [name for name in modules()
             for other in imports_of(name) if other.split(".")[0] == "tests"]
    assert wrong == []


def sources(*suffixes):
    """Files that people write, in every room; migrations are written by Django."""
    for room in ("deployments", "releasemgr", "templates", "tests"):
        for path in (ROOT / room).rglob("*"):
            if path.suffix in suffixes and "migrations" not in path.parts:
                yield path


def test_no_file_is_over_300_lines():
    """A concern that grows so long has three natural parts."""
    long = {str(path.relative_to(ROOT)): lines
            for path in sources(".py", ".sh", ".php", ".js", ".css", ".html")
            if (lines := len(path.read_bytes().splitlines())) > 300}
    assert long == {}


def test_no_function_is_over_40_lines():
    """From its `def` to its last line."""
    long = {}
    for path in sources(".py"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = node.end_lineno - node.lineno + 1
                if lines > 40:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert long == {}


def test_every_module_says_what_it_is_for():
    """A docstring on top, result first; empty package files have nothing to say."""
    silent = [str(path.relative_to(ROOT)) for path in sources(".py")
              if path.read_text().strip() and not ast.get_docstring(tree_of(path))]
    assert silent == []


def test_no_room_is_called_by_what_everything_is():
    """A name that fits everything tells nothing."""
    banned = {"utils", "util", "helpers", "helper", "common", "manager", "handler", "handlers"}
    assert [str(path) for path in sources(".py", ".sh", ".php", ".js", ".css", ".html")
            if banned & {part.removesuffix(path.suffix) for part in path.relative_to(ROOT).parts}
            ] == []


def test_every_command_has_a_test():
    """The terminal is a door too: some test calls each command by its name."""
    texts = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    commands = {path.stem for path in (APP / "management" / "commands").glob("*.py")} - {"__init__"}
    assert {name for name in commands if f'"{name}"' not in texts} == set()


def test_every_test_says_what_must_be_true():
    """A sentence as a name, and a docstring with the reason."""
    silent = [f"{path.relative_to(ROOT)}:{node.name}" for path in sources(".py")
              if "tests" in path.parts and path.name.startswith("test_")
              for node in ast.walk(tree_of(path))
              if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
              and not ast.get_docstring(node)]
    assert silent == []
