"""Help has an entry for every state, every kind of error, and every sentence that the paper on
faults tells of or a step ends with."""

import ast
import re
from pathlib import Path

import pytest

from deployments import errors, explained, states
from deployments.explained import kinds
from tests.languages import spoken

ROOT = Path(__file__).resolve().parents[2]
TABLES = ("Reaching the server", "The server's folder", "Asking PHP",
          "Making PHP follow, and the proof", "Building")


def all_entries():
    return [entry for group in explained.GROUPS for entry in group.entries]


def test_every_state_is_explained_in_the_order_of_its_life():
    """Deployments, versions, servers: each once, with what to do."""
    told = {of: {row.status for row in explained.STATES if row.of == of}
            for of in ("deployment", "release", "target")}
    assert told == {"deployment": set(states.DEPLOYMENT_MOVES),
                    "release": set(states.RELEASE_MOVES), "target": set(states.TARGET_MOVES)}
    assert len(explained.STATES) == sum(map(len, told.values()))
    assert all(row.means and row.do for row in explained.STATES)


def test_states_are_explained_in_the_words_of_the_readme():
    """Which is compared with the product's own words elsewhere."""
    text = (ROOT / "README.md").read_text().partition("## What each state means")[2]
    readme = {}
    for status, words in re.findall(r"^\| `(\w+)` \| ([^|]*) \|", text, re.MULTILINE):
        readme.setdefault(status, set()).update(words.split("; "))
    ours = {}
    for row in explained.STATES:
        ours.setdefault(row.status, set()).update(row.words)
    assert ours == readme


def test_every_kind_of_error_is_explained():
    """One for each class of errors.py."""
    assert set(kinds.KINDS) == {name for name, value in vars(errors).items()
                                if isinstance(value, type) and issubclass(value, Exception)}


def test_every_sentence_of_the_paper_on_faults_is_explained():
    """The tables of docs/faults.md and these groups hold the same sentences."""
    paper = (ROOT / "docs" / "faults.md").read_text()
    for title in TABLES:
        table = re.search(rf"^## {title}$(.*?)(?=^## )", paper, re.MULTILINE | re.DOTALL)[1]
        told = re.findall(r"^\| `([^`]*)`", table, re.MULTILINE)
        group = next(group for group in explained.GROUPS if group.title == title)
        assert [entry.says for entry in group.entries] == told


def test_each_entry_says_what_to_do_and_who_can_help():
    """And is found by an anchor of its own."""
    anchors = [row.anchor for row in (*explained.STATES, *all_entries())]
    assert len(set(anchors)) == len(anchors)
    assert all(re.fullmatch(r"[a-z0-9-]+", anchor) for anchor in anchors)
    assert all(entry.do.strip()[-1] in ".?”" for entry in all_entries())
    assert all(group.means and group.who for group in explained.GROUPS)


def raised(name):
    """The sentences that steps end with: literal parts, with … for what is filled in."""
    for folder in ("pipeline", "coherence"):
        for path in (ROOT / "deployments" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                is_call = isinstance(node, ast.Call) and getattr(node.func, "id", "") == name
                if is_call and node.args:
                    yield _said(node.args[0])


def _said(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "X"
                       for part in node.values)
    if isinstance(node, ast.BinOp):
        return _said(node.left) + _said(node.right)
    return ""


WITHOUT = {
    "the entry outside the versions is not asked by a look",  # nobody reads it: looks go on
}


@pytest.mark.parametrize("name", ["StepFailed", "NotConfirmed"])
def test_what_a_step_ends_with_is_explained(name):
    """Each sentence with words of its own; those that repeat what a server said have none."""
    missing = [said for said in raised(name) if len(said.replace("X", "").split()) > 4
               and said not in WITHOUT and not explained.anchor_of(said)]
    assert missing == []


@pytest.mark.parametrize(("sentence", "anchor"), [
    ("web-1 refuses connections; start its SSH service or correct the port.",
     "said-refuses-connections-start-its-ssh-service-or-correct-the-por"),
    ("You may not release Shop: nobody gave you this right yet.",
     "said-nobody-gave-you-this-right-yet"),
    ("Something that nobody says.", "")])
def test_a_sentence_leads_to_its_entry(sentence, anchor):
    """With names and numbers in its gaps."""
    assert explained.anchor_of(sentence) == anchor


def test_a_sentence_leads_to_the_same_entry_in_another_language():
    """What is said now, and what was recorded in English; addresses are the same ones."""
    address = "said-refuses-connections-start-its-ssh-service-or-correct-the-por"
    title = explained.GROUPS[1].anchor
    words = {"refuses connections; start its SSH service or correct the port.":
             "отклоняет соединения; запустите SSH."}
    with spoken(lambda message: words.get(message, message)):
        for said in ("web-1 отклоняет соединения; запустите SSH.",
                     "web-1 refuses connections; start its SSH service or correct the port."):
            assert explained.anchor_of(said) == address
            assert address in {row.anchor for group in explained.found(said)[1]
                               for row in group.entries}
    with spoken(lambda message: "по-русски"):
        assert explained.GROUPS[1].anchor == title


@pytest.mark.parametrize(("query", "is_found"), [
    ("web-1 refuses connections; start its SSH service or correct the port.", True),
    ("Failed - visitors still see 3.0", True), ("rollback", True), ("FREEZE", True),
    ("freeze nowhere", False)])
def test_help_is_searched_by_words_and_by_what_was_read(query, is_found):
    """A whole sentence may be pasted; other tools' words lead to ours."""
    found, groups = explained.found(query)
    assert bool(found or groups) is is_found


def test_pieces_must_stand_in_their_order():
    """What only has the same words, in another order, is another sentence."""
    entry = explained.Entry("is handed … for …, reload it", "Do it.")
    assert entry.is_said_in("nginx is handed a for b, reload it")
    assert not entry.is_said_in("reload it, for what nginx is handed for now")
