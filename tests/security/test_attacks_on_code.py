"""What opens the door to whole kinds of attack, looked for in all code of the product."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
SECRET_WORDS = {"token", "secret", "password", "passphrase", "mac", "hmac", "signature", "otp"}
SECRET_NAMES = {"session_key", "session_hash", "code_hash", "private_key", "known_browser"}
NO_SECRET_THERE = {
    "name in {'password', *secret}": "names of columns",
    "'\\n' in secret": "looks for a line's end",
    "secret[0] in '{['": "looks at its first letter",
}
"""Comparisons that the test finds and that tell nobody anything by how long they take."""

EXAMPLES = {"token == given": True, "row.code_hash != _hash(code)": True, "token is None": False,
            "kept['password'] == x": True, "POST.get(token) in tokens": True,
            "digest == release.digest": False, "len(x) == 6": False}
"""Whether the search must find them."""

NEVER = {
    "pickle": "runs what it reads", "marshal": "the same", "shelve": "the same", "dill": "the same",
    "yaml": "its loader makes objects", "random": "can be foretold: secrets cannot",
    "xml": "reads files that a document names", "telnetlib": "no encryption", "ftplib": "the same",
    "eval": "runs text", "exec": "runs text", "compile": "runs text", "__import__": "loads by name",
    "os.system": "a shell", "os.popen": "a shell", "subprocess.getoutput": "a shell",
    "hashlib.md5": "broken", "hashlib.sha1": "broken", "csrf_exempt": "opens to other sites",
    "mark_safe": "vouches for a text", "SafeString": "vouches for a text",
    "ssl._create_unverified_context": "any server", "ssl.CERT_NONE": "any server",
    "AutoAddPolicy": "any server", "WarningPolicy": "any server", "tempfile.mktemp": "a race",
}
DANGEROUS_WORDS = {"shell": True, "verify": False, "check_hostname": False, "safe": False}
MARKUP_AND_SQL = {"format_html": 0, "format_html_join": 1, "execute": 0, "executemany": 0, "raw": 0,
                  "extra": 0, "RawSQL": 0}
"""Which argument of a call is markup or SQL."""

TRIGGERS = ("deployments/audit/triggers.py", "deployments/models/vote_triggers.py")
"""The only statements that are not written where they are run: texts of the same file."""

HINTS = re.compile(r"\b(?:{})\b|{}".format(
    "|".join(word.rpartition(".")[2] for word in (*NEVER, *DANGEROUS_WORDS, *MARKUP_AND_SQL)),
    "|".join(SECRET_WORDS - {"mac", "otp"} | SECRET_NAMES)) + r"|_?\b(?:mac|otp)\b_?")
LOOKED_AT = {ast.Compare, ast.Import, ast.ImportFrom, ast.Attribute, ast.Name, ast.Call}


@cache
def product():
    """(path as text, tree) of each Python file that runs in production and has any of the words;
    migrations are left out."""
    files = [path for folder in ("deployments", "releasemgr") for path in (ROOT / folder).rglob(
        "*.py") if "migrations" not in path.parts]
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in files}
    assert len(texts) > 200
    return [(path, ast.parse(text)) for path, text in texts.items() if HINTS.search(text)]


@cache
def walked():
    """{sort of node: (path, node) pairs} of all that the tests look at."""
    found = defaultdict(list)
    for path, tree in product():
        for node in ast.walk(tree):
            if type(node) in LOOKED_AT:
                found[type(node)].append((path, node))
    return found


def nodes(*sorts):
    """(place, node) of all nodes of these sorts."""
    for sort in sorts:
        yield from ((f"{path}:{node.lineno}", node) for path, node in walked()[sort])


def dotted(node):
    """`os.system`, as it is written; "" in front of what is no name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def identifiers(node):
    """Names, attributes and literal keys below a node."""
    for found in ast.walk(node):
        if isinstance(found, ast.Name):
            yield found.id
        elif isinstance(found, ast.Attribute):
            yield found.attr
        elif isinstance(found, ast.Subscript) and isinstance(found.slice, ast.Constant):
            yield str(found.slice.value)


def is_secret(name):
    return name in SECRET_NAMES or bool(SECRET_WORDS & set(name.lower().split("_")))


def compared(node):
    """Whether a comparison looks at something secret from its first byte to the first wrong one."""
    asks = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
    return any(isinstance(one, asks) for one in node.ops) and any(
        is_secret(name) for side in (node.left, *node.comparators) for name in identifiers(side))


def test_no_secret_is_compared_byte_by_byte():
    """How long a wrong one takes would say how much of it is right: hmac.compare_digest and
    constant_time_compare do not."""
    for text, is_found in EXAMPLES.items():
        assert compared(ast.parse(text, mode="eval").body) is is_found, text
    found = [(place, ast.unparse(node)) for place, node in nodes(ast.Compare) if compared(node)]
    assert [row for row in found if row[1] not in NO_SECRET_THERE] == []
    assert {row[1] for row in found} == set(NO_SECRET_THERE)


def test_nothing_runs_text_reads_objects_or_trusts_any_server():
    """By its name, wherever it is imported or called."""
    found = []
    for place, node in nodes(ast.Import, ast.ImportFrom, ast.Attribute, ast.Name):
        if isinstance(node, ast.Import):
            names = {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = {module.partition(".")[0] if not node.level else "",
                     *(alias.name for alias in node.names)}
            names |= {f"{module}.{alias.name}" for alias in node.names}
        else:
            whole = dotted(node)
            names = {whole, whole.rpartition(".")[2]} - ({"compile"} if "." in whole else set())
        found += [(place, name, NEVER[name]) for name in names & set(NEVER)]
    assert found == []


def test_no_shell_and_no_unchecked_server_by_a_word():
    """shell=True, verify=False and their like."""
    found = [(place, word.arg) for place, node in nodes(ast.Call) for word in node.keywords
             if word.arg in DANGEROUS_WORDS and isinstance(word.value, ast.Constant)
             and word.value.value is DANGEROUS_WORDS[word.arg]]
    assert found == []


def test_markup_and_statements_are_written_where_they_are_used():
    """A text that was put together is no markup and no SQL: what it holds might be somebody's."""
    found = []
    for place, node in nodes(ast.Call):
        name = dotted(node.func).rpartition(".")[2]
        at = MARKUP_AND_SQL.get(name)
        if at is None or len(node.args) <= at or place.partition(":")[0] in TRIGGERS:
            continue
        if not isinstance(node.args[at], ast.Constant):
            found.append((place, ast.unparse(node)))
    assert found == []
