"""Every sentence that Python composes asks gettext first: whatever reads like one and does not is
found here. Logs, commands and programming errors speak English everywhere."""

import ast
import re

import pytest
from django.apps import apps

from tests.unit.test_floors import ROOT, sources

WORDS = re.compile(r"[A-Za-z’“”,.:;…)]\s+[A-Za-z“(…\d]|^[A-Z][a-z]+$")
CODE = re.compile(
    r"^(SELECT|CREATE|UPDATE|DROP|INSERT|DELETE|PRAGMA|systemctl|apt-get|a2\w+|Match User|chmod|"
    r"KeepAliveTimeout|MaxKeepAliveRequests|open_file_cache|Define|chown|certbot|sudo|du|id|echo|"
    r"install -d|mkdir|root|attachment|f 644|ln|php\S*|composer|/usr|releasemgr|fastcgi_\w+|"
    r"restrict,|timedatectl|usermod)\b|^X1 ALL=|^X1\nln|^X1 --no-scripts|^j M|^page X1|^<t[hd] |"
    r"^    |^<\?php|^default-src|^display:|^node_modules\n|^(storage|bootstrap)/|"
    r"[\\^$]|%\(|^[a-z]+/[a-z]+; charset")
"""What machines read: commands, configuration, SQL, patterns, headers."""

NOT_SHOWN = {
    "compile", "match", "search", "fullmatch", "sub", "findall", "getattr", "split", "partition",
    "strftime", "filter", "exclude", "get", "order_by", "annotate", "RunSQL", "execute",
    "import_string", "debug", "error", "critical", "exception", "warning_", "say", "_say",
    "startswith", "endswith", "removeprefix", "removesuffix", "register", "path", "BadRecord",
    "getLogger", "strip", "encode", "index", "count",
}
"""Calls whose words are for the log, the database or a pattern."""

OF_PROGRAMMERS = {"ValueError", "TypeError", "RuntimeError", "KeyError", "LookupError",
                  "AssertionError", "ImproperlyConfigured", "NotImplementedError"}
NAMES = {
    "Apache", "Capistrano", "Deployer", "Drupal", "Laravel", "Symfony", "Webshop", "Production",
    "Android", "Chrome", "Edge", "Firefox", "Linux", "Mac", "Opera", "Safari", "Windows",
    "Strict", "Idle", "Line", "Examined", "Calendar", "Health", "User", "Group",
} | {model.__name__ for model in apps.get_models()}
"""Names of programs, of models and of what is not shown; examples."""

TRANSLATION = "django.utils.translation"
ENGLISH_EVERYWHERE = ("management/", "migrations/", "audit/offline.py")
"""Commands and migrations; a program that auditors run without Django."""

KEPT = {
    "explained/__init__.py: go back": "a key of the search",
    "explained/screens.py: page ": "an anchor",
    "checks/asking.py: a page asks": "a name for programmers",
    "audit/anchoring.py": "why there is an anchor, as it is signed",
    "audit/exporting.py: The release": "an author's name, in a signed line",
    "audit/masking.py: secret ": "a fingerprint, compared later",
    "remote/local.py: this machine": "a server's name",
    "remote/output.py: was given up": "a default",
    "artifacts/making.py: This machine": "a builder's name",
    "artifacts/build.py: This machine": "a builder's name",
    "artifacts/git.py": "what git says",
    "pages/progress_table.py: commands ": "a step's name",
    "pipeline/steps/command.py: commands ": "a step's name",
    "pipeline/steps/put_back.py: put back": "a step's name",
    "pipeline/steps/take_away.py: take away": "a step's name",
    "pipeline/steps/restart_again.py: restart again": "a step's name",
    "coherence/doctor/verdicts.py: by hand": "a sort",
    "coherence/web_config.py: # Written": "what webconf.sh writes into a file",
    "services/intents.py: About to": "how a line of the audit log begins, in English",
    "services/drift.py: A release began": "rows are found by it, and never shown",
    "models/vote_triggers.py": "the database says it",
    "pages/session_limits.py": "a browser's name of a system",
    "pipeline/runner.py": "the first line of the log",
    "strategy_words.py: Waiting for ": "log lines are known by it",
    "witness_words.py: Visitors got": "reasons are known by it",
    "pages/signing_in.py: Somebody not": "a name that the log compares",
}
"""{module[: how it begins]: why it is the same in every language}."""


class Sentences(ast.NodeVisitor):
    """The (line, text) pairs of a module that read like sentences and ask no gettext."""

    def __init__(self, tree):
        self.found = []
        self.visit(tree)

    def visit_Expr(self, node):
        if not isinstance(node.value, ast.Constant):  # no docstring
            self.generic_visit(node)

    def visit_Compare(self, node):
        """What is compared with is no word for people."""

    def visit_Assign(self, node):
        if getattr(node.targets[0], "id", "") != "__all__":
            self.generic_visit(node)

    def visit_Subscript(self, node):
        self.visit(node.value)

    def visit_Dict(self, node):
        for value in node.values:
            self.visit(value)

    def visit_match_case(self, node):
        for part in node.body:
            self.visit(part)

    def visit_Raise(self, node):
        if not (isinstance(node.exc, ast.Call) and _name(node.exc) in OF_PROGRAMMERS):
            self.generic_visit(node)

    def visit_Call(self, node):
        name = _name(node)
        if name in ("_", "_lazy", "gettext", "ngettext"):
            return
        if name in NOT_SHOWN:
            for part in (node.func, *node.args):
                if not isinstance(part, (ast.Constant, ast.JoinedStr)):
                    self.visit(part)
            return
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str):
            self._look(node, node.value, node.value)

    def visit_JoinedStr(self, node):
        fixed = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
        whole = "".join(part.value if isinstance(part, ast.Constant) else "X1"
                        for part in node.values)
        self._look(node, whole, fixed)

    def _look(self, node, whole, fixed):
        whole, fixed = (re.sub(r"<[^>]*>?|\A[^<>]*>", " ", text).strip() if "</" in text else text
                        for text in (whole, fixed))
        is_said = WORDS.search(whole) and re.search(r"[a-z]{2,}", fixed)
        if is_said and whole not in NAMES and not CODE.search(whole):
            self.found.append((node.lineno, whole))


def _name(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_kept(module, text):
    return any(module == path and text.startswith(begins.removeprefix(" "))
               for path, _, begins in (key.partition(":") for key in KEPT))


def modules():
    """(path below deployments/, its tree) of every module that speaks to people."""
    for path in sources(".py"):
        within = path.relative_to(ROOT).as_posix()
        if within.startswith("deployments/"):
            module = within.removeprefix("deployments/")
            if not module.startswith(ENGLISH_EVERYWHERE):
                yield module, ast.parse(path.read_text())


def test_every_sentence_asks_gettext():
    """`_("Waits for {name}").format(name=…)`, or gettext_lazy where a module is read."""
    left = [f"{module}:{line} {text[:60]}" for module, tree in modules()
            for line, text in Sentences(tree).found if not _is_kept(module, text)]
    assert left == []


def test_no_sentence_is_translated_inside_of_a_composed_one():
    """gettext's tools do not look into f-strings, so that translators would never see it."""
    left = [f"{module}:{call.lineno}" for module, tree in modules() for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr) for call in ast.walk(node)
            if isinstance(call, ast.Call) and _name(call) in ("_", "_lazy", "gettext", "ngettext")]
    assert left == []


class WhileRead(ast.NodeVisitor):
    """The lines of a module that translate while it is read, when nobody's language is known."""

    def __init__(self, tree):
        self._names = {alias.asname or alias.name for node in ast.walk(tree)
                       if isinstance(node, ast.ImportFrom) and node.module == TRANSLATION
                       for alias in node.names if alias.name in ("gettext", "ngettext")}
        self.found = []
        self.visit(tree)

    def visit_FunctionDef(self, node):
        """What is in it is said when it is called; its defaults are made at once."""
        for part in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(part)

    def visit_Lambda(self, node):
        """Likewise."""

    def visit_Call(self, node):
        if getattr(node.func, "id", "") in self._names:
            self.found.append(node.lineno)
        self.generic_visit(node)


def test_nothing_is_translated_while_a_module_is_read():
    """It would be in the language of whoever came first: gettext_lazy."""
    left = [f"{module}:{line}" for module, tree in modules() for line in WhileRead(tree).found]
    assert left == []


@pytest.mark.parametrize(("code", "count"), [
    ('A = _("Now")', 1), ('A = {"a": (_("Now"), 1)}', 1), ('class A:\n    b = _("Now")', 1),
    ('def a(b=_("Now")):\n    pass', 1), ('def a():\n    return _("Then")', 0),
    ('A = lambda: _("Then")', 0), ('A = _lazy("Then")', 0)])
def test_what_is_translated_while_a_module_is_read(code, count):
    """The test above would see these."""
    heading = (f"from {TRANSLATION} import gettext as _\n"
               f"from {TRANSLATION} import gettext_lazy as _lazy\n")
    assert len(WhileRead(ast.parse(heading + code)).found) == count


@pytest.mark.parametrize(("code", "count"), [
    ('raise Refused("Say why it is given.")', 1),
    ('raise Refused(f"Ask {name} for it.")', 1),
    ('raise Refused(_("Say why it is given."))', 0),
    ('raise Refused(_("Ask {name} for it.").format(name=name))', 0),
    ('WORDS = {"a key": "Nothing is here yet"}', 1),
    ('Line(name, "good", "Started")', 1),
    ('raise ValueError("no such floor here")', 0),
    ('journal.say("Copied to the server")', 0),
    ("format_html('<a href=\"{}\">Watch it</a>', url)", 1),
    ("format_html('<a href=\"{}\">{}</a>', url, _('Watch it'))", 0),
    ('told(row.name or "nobody we know")', 1),
])
def test_the_finder_finds(code, count):
    """It would not see a sentence that slips through otherwise."""
    assert len(Sentences(ast.parse(code)).found) == count


def test_no_moment_is_shown_by_letters_of_strftime():
    """Django has others: “%H:%M” would be read as “%22:%Nov”."""
    left = [f"{module}:{node.lineno} {part.value}" for module, tree in modules()
            for node in ast.walk(tree) if isinstance(node, ast.Call)
            and _name(node) in ("shown", "in_words", "date_format") for part in node.args
            if isinstance(part, ast.Constant) and "%" in str(part.value)]
    assert left == []
