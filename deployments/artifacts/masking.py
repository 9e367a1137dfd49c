"""Secrets out of a stream of text, also when they arrive in pieces or in another spelling."""

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote

MASK = "•••"
SHORTEST = 4  # masking "1" or "yes" would hide the log, not the secret
_SHORTEST_PART = 8


class Masker:
    """feed() returns text that can no longer turn into a secret; the rest waits for more."""

    def __init__(self, secrets: Iterable[str] = ()):
        spellings = {each for secret in secrets for each in _spellings(secret)}
        self._spellings = sorted(spellings, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(each) for each in self._spellings))
        self._held = ""
        self.longest = max((len(each) for each in self._spellings), default=0)

    def feed(self, text: str) -> str:
        """Return what is safe to show of all text so far that was not returned before."""
        if not self._spellings:
            return text
        text = self._held + text
        cut = self._undecided(text)
        self._held = text[cut:]
        return self._pattern.sub(MASK, text[:cut])

    def rest(self) -> str:
        """Return what was held back; no more will come."""
        held, self._held = self._held, ""
        return self._pattern.sub(MASK, held) if self._spellings else held

    def cut(self) -> str:
        """Return what was held back when the text goes on unseen: it may be half a secret."""
        held, self._held = self._held, ""
        return MASK if held else ""

    def _undecided(self, text: str) -> int:
        """Return where the end begins that may be the start of a secret."""
        cut = min((_start_of(each, text) for each in self._spellings), default=len(text))
        for match in self._pattern.finditer(text):
            if match.start() < cut < match.end():
                return match.start()
        return cut


def _start_of(secret: str, text: str) -> int:
    at = text.find(secret[0], max(len(text) - len(secret) + 1, 0))
    while at >= 0 and not secret.startswith(text[at:]):
        at = text.find(secret[0], at + 1)
    return at if at >= 0 else len(text)


def _spellings(secret: str) -> set[str]:
    """Return the forms in which tools print it: whole, its lines, its JSON values, encoded."""
    secret = secret.strip().replace("\r\n", "\n")
    if len(secret) < SHORTEST:
        return set()
    found = {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}
    found.add(json.dumps(secret)[1:-1])
    parts = [line.strip() for line in secret.split("\n")] if "\n" in secret else []
    parts += _json_texts(secret) if secret[0] in "{[" else []
    return found | {part for part in parts if len(part) >= _SHORTEST_PART}


def _json_texts(secret: str) -> list[str]:
    """Return the texts inside, such as the tokens in COMPOSER_AUTH."""
    try:
        todo, found = [json.loads(secret)], []
    except ValueError:
        return []
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, list):
            todo += value
    return found
