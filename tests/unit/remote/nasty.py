"""Strings that break careless quoting, and a script that hands its arguments back unharmed."""

import itertools
from pathlib import Path

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

PRELUDE = """MARK=$1; shift
say() {
  printf '%s %s=' "$MARK" "$1"
  printf '%s' "$2" | sed -e 's/\\\\/\\\\\\\\/g' | awk 'NR>1{printf "\\\\n"}{printf "%s",$0}'
  printf '\\n'
}
"""
# Hex, because a script's answer is text: this way the test sees each byte.
ECHO = """for each; do
  printf '%s hex=' "$MARK"; printf '%s' "$each" | od -An -v -tx1 | tr -d ' \\n'; printf '\\n'
done
"""


def make_scripts(folder: Path, **texts: str) -> Path:
    """Write a prelude, echo.sh and NAME.sh for each of `texts`; scripts.FOLDER may point there."""
    for name, text in {"prelude": PRELUDE, "echo": ECHO, **texts}.items():
        (folder / f"{name}.sh").write_text(text)
    return folder


def unhex(values: dict) -> list[str]:
    """Return the arguments that echo.sh received."""
    return [bytes.fromhex(each).decode() for each in values["hex"]]
