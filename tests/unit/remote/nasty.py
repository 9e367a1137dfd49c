"""Strings that break careless quoting, and a script that hands its arguments back unharmed."""

import itertools
from pathlib import Path

from deployments.remote.scripts import FOLDER as PRODUCT
from deployments.remote.scripts import SHARED

PIECES = [
    "plain",
    "two words",
    "a'b",
    'a"b',
    "$(touch /tmp/never)",
    "`id`",
    "${HOME}",
    "$HOME",
    "a\nb",
    "\nlead",
    "trail\n",
    "\r",
    "tab\there",
    "-n",
    "--",
    "-rf",
    "\\",
    "\\\\",
    "\\n",
    "ends\\",
    "*",
    "?",
    "[a-z]",
    "{a,b}",
    "~",
    "~root",
    "!bang",
    "!!",
    "=ls",
    "#hash",
    "a;b",
    "a&&b",
    "a|b",
    ">out",
    "<in",
    "%s%n",
    "ünïcödé",
    "日本語",
    "🚢",
    "\u202egnirts",
    "",
    " ",
    "\x01\x7f\x1b[31m",
    "KEY=VALUE",
    "'",
    "''",
    '"',
    '"\'"\'"',
]
# Each piece alone, and each joined to its neighbours: about 330 arguments.
STRINGS = PIECES + [
    left + joint + right
    for left, right in itertools.pairwise(PIECES)
    for joint in ("", " ", "'", "\n", "\\", '"')
]

# Hex, because a script's answer is text: this way the test sees each byte.
ECHO = """for each; do
  printf '%s hex=' "$MARK"; printf '%s' "$each" | od -An -v -tx1 | tr -d ' \\n'; printf '\\n'
done
"""
SAY = 'for each; do say said "$each"; done\n'


def make_scripts(folder: Path, **texts: str) -> Path:
    """Write echo.sh and NAME.sh for each of `texts` beside the words that the product shares."""
    for name in SHARED:
        (folder / name).write_text((PRODUCT / name).read_text())
    for name, text in {"echo": ECHO, **texts}.items():
        (folder / f"{name}.sh").write_text(text)
    return folder


def unhex(values: dict) -> list[str]:
    """Return the arguments that echo.sh received."""
    return [bytes.fromhex(each).decode() for each in values["hex"]]
