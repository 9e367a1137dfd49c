"""Nothing is decided by the words of a sentence: a better wording or a translation changes none."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps

from deployments import policy
from deployments.errors import ACCESS, TWO_STEP, Refused
from deployments.services.acting import demand
from tests.factories import actor_for, make_grant

ROOT = Path(__file__).parents[2]
FOLDERS = ("admin", "explained", "models", "notify", "pages", "policy", "services")
FILES = [*(ROOT / "deployments").glob("*.py"),
         *(path for folder in FOLDERS for path in (ROOT / "deployments" / folder).rglob("*.py"))]
KEYS = {"PRIVATE KEY", "commands before", "commands after"}
"""What looks like words and is none: in files of others, and names of steps."""
MODELS = {model.__name__ for model in apps.get_models()}


def is_sentence(text):
    """Whether it reads like words for people, not like a key."""
    return text not in KEYS | MODELS and bool(re.search(r"[a-z] [a-z]|^[A-Z][a-z]", text))


def compared(source):
    """The literal words that a module compares with, or looks for."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                if isinstance(side, ast.Constant) and isinstance(side.value, str):
                    yield side.value
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in (
                "startswith", "endswith", "removeprefix", "removesuffix", "find", "index"):
            yield from filter(None, map(words_of, node.args))


def words_of(node):
    """The literal words of an argument, with a name for each value in it; "" for anything else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(words_of(part) or "name" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_no_module_looks_for_words():
    """States, decisions and buttons have keys."""
    assert {(path.name, text) for path in FILES for text in compared(path.read_text())
            if is_sentence(text)} == set()


def test_no_key_is_told_that_nothing_is_decided_by():
    """It would hide words that are the same."""
    used = {text for path in FILES for text in compared(path.read_text())}
    assert KEYS - used == set()


def test_no_template_looks_for_words():
    """They ask `leads_to`, `is_main` and the like."""
    tags = {(path.name, words) for path in (ROOT / "templates").rglob("*.html")
            for tag in re.findall(r"{% (?:el)?if (.*?) %}", path.read_text())
            for words in re.findall(r'"([^"]*)"', tag) if is_sentence(words)}
    assert tags == set()


def test_what_looks_like_words():
    """The test above would see these."""
    assert [*map(is_sentence, compared('x.startswith(f"{name} decided")'))] == [True]
    assert all(map(is_sentence, ("Two-step", "Ask for access", "for an entry", "Done", "See")))
    assert not any(map(is_sentence, ("access", "two-step", "release-start", "A", "UTC", "")))


def test_a_refusal_names_the_page_that_helps(outsider, staging):
    """No entry, and one that ended: ask. A network: no page helps."""
    actor = actor_for(outsider, address="192.0.2.7")
    assert policy.may_release(actor, staging).leads_to == ACCESS
    make_grant(outsider, "release", environment=staging, networks="10.1.0.0/16")
    assert policy.may_release(actor, staging).leads_to == ""
    type(staging).objects.update(needs_two_step=True)
    staging.refresh_from_db()
    decision = policy.may_release(actor_for(outsider, address="10.1.2.3"), staging)
    assert decision.leads_to == TWO_STEP
    with pytest.raises(Refused) as refusal:
        demand(decision)
    assert refusal.value.leads_to == TWO_STEP
