"""Marks the words of a template for gettext, so that templates are written in plain words.

`<p>Waits for {{ row.name }}</p>` becomes
`<p>{% blocktranslate trimmed with name=row.name %}Waits for {{ name }}{% endblocktranslate %}</p>`.
A message is what stands between two template tags, or two tags of HTML that begin something new;
`<strong>`, links and the like stay within it. What is marked by hand is left alone.
"""

import re
from dataclasses import dataclass
from itertools import count

DJANGO = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
BY_HAND = re.compile(
    r"\{% *(blocktranslate|blocktrans|comment|verbatim)\b.*?\{% *end\1 *%\}", re.DOTALL)
HTML = re.compile(r"(<!--.*?-->|<(?:script|style|pre)\b.*?</(?:script|style|pre)>|<[^>]+>)",
                  re.DOTALL)
TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
WITHIN_WORDS = {"a", "abbr", "b", "bdi", "cite", "code", "em", "i", "kbd", "q", "small", "span",
                "strong", "sub", "sup", "time"}
SPOKEN = re.compile(r"""(\s(?:aria-label|alt|data-label|placeholder|title)=")([^"]*)(")""")
ENTITY = re.compile(r"&#?\w+;")
LITERAL = re.compile(r"""(\|default(?:_if_none)?:|\|yesno:|\w=)"([^"]*)\"""")
FIRST = 0xF0000  # private use: no template holds such characters
STANDS_FOR = re.compile("([\U000F0000-\U000FFFFD])")


@dataclass(frozen=True)
class Piece:
    """A part of a run of words: `sort` is text, var, open or close; `name` that of an element."""

    sort: str
    text: str
    name: str = ""


def mark(source):
    """Return the template's source with each message in a `{% blocktranslate %}`."""
    return _Marking(source).result()


class _Marking:
    """One template; Django's tags are single characters while the HTML is read."""

    def __init__(self, source):
        self._kept = []
        source = BY_HAND.sub(self._keep, source)
        self._source = DJANGO.sub(self._keep, source)

    def result(self):
        return self._restored(self._marked(
            piece for part in HTML.split(self._source) for piece in self._pieces(part)))

    def _marked(self, pieces):
        said, run = [], []
        for piece in pieces:
            if piece.sort == "break":
                said += [self._said(run), piece.text]
                run = []
            else:
                run.append(piece)
        return "".join([*said, self._said(run)])

    def _keep(self, match):
        self._kept.append(match[0])
        return chr(FIRST + len(self._kept) - 1)

    def _restored(self, text):
        while STANDS_FOR.search(text):
            text = STANDS_FOR.sub(lambda one: _with_literals(self._what(one[0])), text)
        return text

    def _what(self, character):
        return self._kept[ord(character) - FIRST]

    def _is_value(self, character):
        what = self._what(character)
        return what.startswith("{{") and "block.super" not in what

    def _pieces(self, part):
        if part.startswith("<") and HTML.fullmatch(part):
            yield self._element(part)
            return
        for text in filter(None, STANDS_FOR.split(part)):
            if not STANDS_FOR.fullmatch(text):
                yield Piece("text", text)
            else:
                yield Piece("var" if self._is_value(text) else "break", text)

    def _element(self, part):
        found = TAG.match(part)
        part = SPOKEN.sub(self._attribute, part)
        kept = STANDS_FOR.findall(part)
        if not found or found[2] not in WITHIN_WORDS or not all(map(self._is_value, kept)) \
                or "{%" in part:
            return Piece("break", part)
        return Piece("close" if found[1] else "open", part, found[2])

    def _attribute(self, match):
        return match[1] + self._marked(self._pieces(match[2])) + match[3]

    def _said(self, run):
        """The run, as one message or as several around elements that only begin or end in it."""
        lone = _lone(run)
        if lone is not None:
            return self._said(run[:lone]) + run[lone].text + self._said(run[lone + 1:])
        if not any(piece.sort == "text" and _has_words(piece.text) for piece in run):
            return _text(run)
        if run[0].sort == "open" and _end_of(run, 0) == len(run) - 1:
            return run[0].text + self._said(run[1:-1]) + run[-1].text
        if run[0].sort == "text" and not run[0].text.strip():
            return run[0].text + self._said(run[1:])
        if run[-1].sort == "text" and not run[-1].text.strip():
            return self._said(run[:-1]) + run[-1].text
        return self._message(_text(run))

    def _message(self, text):
        before, after = text[:len(text) - len(text.lstrip())], text[len(text.rstrip()):]
        names = {}
        said = STANDS_FOR.sub(
            lambda one: f"{{{{ {self._name(one[0], names)} }}}}", text.strip())
        given = " ".join(f"{name}={value}" for value, name in names.items() if name != value)
        opening = f"blocktranslate trimmed with {given}" if given else "blocktranslate trimmed"
        return f"{before}{{% {opening} %}}{said}{{% endblocktranslate %}}{after}"

    def _name(self, character, names):
        """A short name for a value: the last part of its path, longer ones where that is taken."""
        value = _with_literals(self._what(character))[2:-2].strip()
        if value not in names:
            parts = re.sub(r"\W+", "_", value.split("|")[0].strip("_")).split("_")
            path = [part for part in value.split("|")[0].split(".") if part]
            wished = value if value.isidentifier() else \
                next((part for part in reversed(path) if part.isidentifier()), "value")
            taken = set(names.values())
            longer = ("_".join([*parts, str(number)]) for number in count(2))
            names[value] = wished if wished not in taken else next(
                name for name in longer if name not in taken)
        return names[value]


def _has_words(text):
    return any(letter.isalpha() for letter in ENTITY.sub("", STANDS_FOR.sub("", text)))


def _text(run):
    return "".join(piece.text for piece in run)


def _end_of(run, start):
    """The index of what closes the element that `run[start]` opens, or None."""
    depth = 0
    for at in range(start, len(run)):
        depth += {"open": 1, "close": -1}.get(run[at].sort, 0)
        if depth == 0:
            return at if run[at].name == run[start].name else None
    return None


def _lone(run):
    """The index of an element that only begins or only ends in the run, or None."""
    depth = 0
    for at, piece in enumerate(run):
        if piece.sort == "open":
            if _end_of(run, at) is None:
                return at
            depth += 1
        elif piece.sort == "close":
            depth -= 1
            if depth < 0:
                return at
    return None


def _with_literals(tag):
    """A template tag whose texts for people (a capital, or several words) go through gettext."""
    if "|date:" in tag or "blocktranslate" in tag or tag.startswith("{% url"):
        return tag
    def marked(found):
        is_said = found[1].startswith("|") or re.search(r"\s|^[A-Z]", found[2])
        return f'{found[1]}_("{found[2]}")' if is_said and _has_words(found[2]) else found[0]
    return LITERAL.sub(marked, tag)
