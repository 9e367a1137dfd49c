"""README and docs tell all there is, and nothing that is not: compared with the code itself."""

import ast
import itertools
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from deployments import checks, states
from deployments.management import speaking
from deployments.models.installation import STRATEGIES
from deployments.pages.urls import urlpatterns
from deployments.services import asking, notices

ROOT = Path(__file__).resolve().parents[2]
README, DOCS = ROOT / "README.md", ROOT / "docs"
SCRIPTS = ROOT / "deployments" / "remote" / "scripts"
PAPERS = (README, *sorted(DOCS.glob("*.md")))
LARGEST_PICTURE = 200_000
DJANGOS_COMMANDS = {"check", "migrate", "collectstatic", "createsuperuser", "changepassword",
                    "makemessages", "compilemessages", "shell"}
OWN_COMMANDS = sorted(name for name, app in get_commands().items() if app == "deployments"
                      and name not in DJANGOS_COMMANDS)


def everything():
    return "\n".join(path.read_text() for path in PAPERS)


def section(path, heading):
    """The text below one heading of a paper, up to the next of the same level."""
    level = heading.split(" ")[0]
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^{level} |\Z)", path.read_text(),
                      re.MULTILINE | re.DOTALL)
    assert found, f"{path.name} has no “{heading}”"
    return found[1]


def rows(text):
    """The cells of every table row in a text, without the backquotes around a whole cell."""
    lines = re.findall(r"^\| ?(.*) ?\|$", text, re.MULTILINE)
    cells = [[cell.strip() for cell in line.split(" |")] for line in lines]
    return [[re.sub(r"^`([^`]*)`$", r"\1", cell) for cell in row]
            for row in cells if not set("".join(row)) <= set("-| ")]


def tables(text):
    """Groups of rows that belong to one table, each without its heading."""
    parts = re.findall(r"(?:^\|.*\n)+", text + "\n", re.MULTILINE)
    return [rows(part)[1:] for part in parts]


# -- commands ------------------------------------------------------------------------------------

def options_of(name):
    """Each option of a command that is not every Django command's, as a set of its spellings."""
    parser = load_command_class("deployments", name).create_parser("manage.py", name)
    plain = BaseCommand().create_parser("manage.py", name)
    usual = {string for action in plain._actions for string in action.option_strings}
    return [set(action.option_strings) for action in parser._actions
            if action.option_strings and not set(action.option_strings) & usual]


@pytest.mark.parametrize("name", OWN_COMMANDS)
def test_each_command_is_shown_with_all_its_options(name):
    """One usage line per command; no option is missing from it, none is made up."""
    usage = re.findall(rf"^manage\.py {name}\b.*$", section(README, "## Commands"), re.MULTILINE)
    assert len(usage) == 1
    shown = set(re.findall(r"--[a-z-]+", usage[0]))
    real = options_of(name)
    assert shown <= set().union(*real)
    assert [option for option in real if not option & shown] == []


def test_no_other_command_is_told_of():
    """Whatever stands behind manage.py is a command of ours or a common one of Django's."""
    told = set(re.findall(r"manage\.py ([a-z_]+)", everything()))
    assert set(OWN_COMMANDS) <= told <= set(OWN_COMMANDS) | DJANGOS_COMMANDS


def test_exit_codes_of_commands_are_told_in_their_own_words():
    """The table says what the module that exits says."""
    told = {int(code): text.replace("`", "") for code, text in
            rows(section(README, "## Commands")) if code.isdigit()}
    real = dict(re.findall(r"^ {4}(\d)  (.*)$", speaking.__doc__.replace("|", " or "),
                           re.MULTILINE))
    real = {int(code): text.replace("`", "").replace(" or put-back", " or put-back")
            for code, text in real.items()}
    assert told == real
    assert set(told) == {speaking.DONE, speaking.FAILED, speaking.WRONG, speaking.REFUSED,
                         speaking.NEEDS_DECISION, speaking.TIMED_OUT}


def test_make_targets_are_all_told_and_no_other():
    """Words after `make` in code are targets of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = re.findall(r"```sh\n(.*?)```|(`make [^`\n]*`)", everything(), re.DOTALL)
    told = set(re.findall(r"\bmake ([a-z]+)", "\n".join("".join(pair) for pair in code)))
    assert told == targets


# -- settings ------------------------------------------------------------------------------------

def test_settings_are_all_told_with_their_true_defaults():
    """.env.example is compared with settings.py elsewhere; here the table with .env.example."""
    lines = re.findall(r"^(#?)([A-Z][A-Z0-9_]*)=(.*)$", (ROOT / ".env.example").read_text(),
                       re.MULTILINE)
    real = {name: value if mark else "needed" for mark, name, value in lines}
    told = {row[0]: row[1] for row in rows(section(DOCS / "operating.md", "## Settings"))[1:]}
    assert told == real


def test_system_checks_are_all_told():
    """Each id that `manage.py check` may print is explained."""
    files = Path(checks.__file__).parent.glob("*.py")
    text = re.sub(r"\bwarning\(\"", "releasemgr.", "".join(path.read_text() for path in files))
    real = set(re.findall(r"releasemgr\.[EW]\d+", text))
    assert set(re.findall(r"releasemgr\.[EW]\d+", everything())) == real


# -- states --------------------------------------------------------------------------------------

def deployment_words():
    """(status, words) for every status and everything that can be known beside it."""
    planned = datetime(2026, 11, 24, 6, tzinfo=UTC)
    for status in states.DEPLOYMENT_MOVES:
        yes_or_no = (False, True)
        for switched, reverted, lost, reloads, decided, back, previous, at in itertools.product(
                *[yes_or_no] * 6, ("", "2.8.1"), (None, planned)):
            yield status, str(states.deployment_words(
                status, switched=switched, previous=previous, reverted=reverted,
                worker_lost=lost, planned_for=at, reloads=reloads, decided=decided,
                going_back=back, approved=decided, yes_lost=back))
    yield "succeeded", str(states.adopted_words())
    yield "succeeded", str(states.replaced_words())


def told_words():
    """The three tables of the README, each as a set of (status, words)."""
    found = tables(section(README, "## What each state means"))
    return [{(row[0], words) for row in table for words in row[1].split("; ")} for table in found]


def test_every_state_is_told_in_the_words_that_pages_use():
    """Deployments, versions, servers: all states, all wordings, no other."""
    deployments, versions, servers = told_words()
    assert deployments == set(deployment_words())
    assert versions == {(s, str(states.release_words(s))) for s in states.RELEASE_MOVES}
    assert servers == {(s, str(states.target_words(s))) for s in states.TARGET_MOVES}


def test_strategies_are_all_told():
    """Each has a column and a chapter."""
    names = [name for name, _ in STRATEGIES]
    heading = re.search(r"^\| \| (.*) \|$", (DOCS / "strategies.md").read_text(), re.MULTILINE)
    assert heading[1].replace("`", "").split(" | ") == names
    for name in names:
        section(DOCS / "strategies.md", f"## {name}")


# -- pages, scripts, the endpoint ----------------------------------------------------------------

def test_pages_are_all_told():
    """The task pages by address; what only answers a page's own scripts and forms is left out."""
    routes = {str(item.pattern) for item in urlpatterns}
    inner = {route for route in routes if route.endswith(
        ("rows/", "stop/", "turn-back/", "decide/", "examine/", "look/", "build/", "end/",
         "answer/", "read/", "discard/", "take-in/", "take-over/"))}
    real = {re.sub(r"<(?:slug|str):(\w+)>", lambda found: found[1].upper(),
                   route.replace("<int:pk>", "NUMBER")) for route in routes - inner}
    assert {row[0] for row in rows(section(DOCS / "pages.md", "# Pages"))[1:]} == real


def test_events_of_mails_are_all_told():
    """What stands in the code as an event's name; where a part of it is filled in, the noun."""
    source = "".join(path.read_text() for path in (ROOT / "deployments" / "services").glob("*.py"))
    names = set(re.findall(r'(?:event=|_tell\([\w.]+, )"([a-z_]+\.[a-z_]+)"', source))
    names |= {*notices.TOLD.values(), asking.ASKED, asking.REMINDED, asking.AGREED}
    nouns = set(re.findall(r'event=f"([a-z_]+)\.\{', source))
    table = rows(section(DOCS / "notifications.md", "## Who is told what"))
    told = {name for row in table for name in re.findall(r"[a-z_]+\.[a-z_]+", row[0])}
    assert len(names) > 20
    assert names - told == set()
    assert nouns - {name.partition(".")[0] for name in told} == set()


def test_scripts_are_all_told_with_their_exit_codes():
    """The header of each script is the truth; the prelude lists what codes mean."""
    scripts, codes = tables(section(DOCS / "server-layout.md", "## Scripts"))
    told = {row[0]: set(row[2].split()) for row in scripts}
    real = {}
    for path in SCRIPTS.glob("*.sh"):
        head = "".join(itertools.takewhile(lambda line: line.startswith("#"),
                                           path.read_text().splitlines(keepends=True)))
        lines = re.findall(r"^# exits .*|stderr is ours: .*", head, re.MULTILINE)
        real[path.name] = set(re.findall(r"\b\d\d\b", str(lines)))
    assert told == real
    prelude = (SCRIPTS / "prelude.sh").read_text().split("set -u")[0]
    assert {row[0] for row in codes} == set(re.findall(r"\b\d\d\b", prelude))


def test_reasons_of_the_endpoint_are_all_told():
    """What may stand in refusals.log, as endpoint.php writes it."""
    source = (SCRIPTS.parent / "php" / "endpoint.php").read_text()
    real = set(re.findall(r"Refused\('(\w+)'\)|return '(\w+)';|'(\w+)' : '(\w+)'\)|: '(\w+)'\)"
                          r"|\$reason = '(\w+)'|null : '(\w+)';", source))
    real = {word for words in real for word in words if word}
    told = {row[0] for row in rows(section(DOCS / "endpoint.md", "## What is refused"))[1:]}
    assert told == real


# -- sentences -----------------------------------------------------------------------------------

@cache
def spoken():
    """Everything the product can say: Python's strings with their gaps, scripts and PHP whole."""
    texts = []
    for path in (ROOT / "deployments").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                texts.append("".join(part.value if isinstance(part, ast.Constant) else "…"
                                     for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    for kind in ("*.sh", "*.php"):
        texts += [path.read_text().replace("\\\n", "")
                  for path in (ROOT / "deployments").rglob(kind)]
    return "\n".join(texts)


def quoted_sentences():
    cells = [line.split(" | ")[0] for line in (DOCS / "faults.md").read_text().splitlines()
             if line.startswith("| `")]
    return [cell.strip("| `") for cell in cells]


@pytest.mark.parametrize("sentence", quoted_sentences())
def test_each_quoted_sentence_can_be_said(sentence):
    """Every piece of it between the gaps stands somewhere in the code."""
    pieces = [piece.strip(" .:;,“”’()") for piece in sentence.split("…")]
    missing = [piece for piece in pieces if piece and piece not in spoken()]
    assert missing == []


# -- links and pictures --------------------------------------------------------------------------

def anchors(path):
    """The anchors of a paper's headings, as git hosts make them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_links_lead_somewhere(paper):
    """Relative links name files and headings that are there; pictures are not too heavy."""
    for target in re.findall(r"\]\(([^)\s]+)\)", paper.read_text()):
        name, _, anchor = target.partition("#")
        there = (paper.parent / name).resolve() if name else paper
        assert there.is_file(), target
        assert not anchor or anchor in anchors(there), target
        if there.suffix == ".png":
            assert 1000 < there.stat().st_size < LARGEST_PICTURE, target


def test_every_paper_and_picture_is_reached_from_the_readme():
    """Nobody reads what nothing points at."""
    linked = {(README.parent / target.partition("#")[0]).resolve()
              for target in re.findall(r"\]\(([^)\s]+)\)", README.read_text())}
    assert {*DOCS.rglob("*.md"), *DOCS.rglob("*.png")} <= linked


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_papers_stay_short_enough_to_be_read(paper):
    """As the house rule for code."""
    assert len(paper.read_text().splitlines()) <= 300
