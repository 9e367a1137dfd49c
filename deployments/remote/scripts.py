"""Shell scripts and argument lists on their way to a server, and `key=value` answers coming back.

The only place where anything is quoted for a shell.
"""

import base64
import re
import secrets
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

FOLDER = Path(__file__).parent / "scripts"
SHARED = ("prelude.sh", "lock.sh")
AS_ROOT = ("rights.sh", "service.sh", "webconf.sh")
"""Scripts that run something through sudo; they share more words."""

# Words that sh, bash, zsh, csh and fish read alike. Not alike: "!" and newlines in csh, backslashes
# in fish, a leading "=" in zsh.
_PLAIN = re.compile(r"(?!=)[A-Za-z0-9_@%+=:,./-]+|'[^\\!'\n\r]*'")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def new_mark() -> str:
    """Return a word that no banner or shell start-up file prints: it introduces our answers."""
    return f"relmgr-{secrets.token_hex(8)}"


def load(name: str) -> str:
    """Return the text of one of our scripts, the words that they share put in front."""
    shared = (*SHARED, "sudo.sh") if name in AS_ROOT else SHARED
    return "\n".join((FOLDER / each).read_text() for each in (*shared, name))


def start(
    name: str, args: Sequence[object], *, mark: str, has_input: bool = False
) -> tuple[list[str], bytes]:
    """Return (argv, stdin) that run a script of ours with these arguments.

    With `has_input` its text is an argument and stdin is left to its data: a shell that reads its
    script from stdin reads ahead (dash by 8 KiB), and would swallow the data behind it.
    """
    script = compose(name, args, mark=mark)
    if not has_input:
        return ["sh", "-s"], script
    return ["sh", "-c", script.decode("utf-8", "surrogateescape")], b""


def compose(name: str, args: Sequence[object], *, mark: str) -> bytes:
    """Return what `sh -s` shall read to run a script of ours with these arguments."""
    return frame(load(name), args, mark=mark)


def frame(script: str, args: Sequence[object], *, mark: str) -> bytes:
    """Return `script` with its positional parameters set to `mark` and `args`.

    One brace group holds all of it, so the shell has read the last byte before it runs the first
    command: a connection that breaks while the script is sent runs nothing, and no command inside
    can swallow the rest of the script from stdin.
    """
    line = " ".join(_quote(str(arg)) for arg in (mark, *args))
    text = f"{{ set -- {line}\n{script}\nexit\n}}\n"
    return text.encode("utf-8", "surrogateescape")


def command_line(argv: Sequence[str]) -> str:
    """Return one line that any login shell (sh, bash, zsh, csh, fish) runs as exactly `argv`.

    Arguments that those shells read differently travel in base64 and are unpacked by sh.
    """
    words = [_quote(str(word)) for word in argv]
    if all(map(_PLAIN.fullmatch, words)):
        return " ".join(words)
    packed = base64.b64encode(" ".join(words).encode("utf-8", "surrogateescape")).decode()
    return f"""sh -c 'eval "exec $(printf %s "$0" | base64 -d)"' {packed}"""


def parse(lines: Iterable[str], *, mark: str) -> dict[str, str | list[str]]:
    """Return the answers among `lines`; a key said more than once becomes a list, in order."""
    values: dict[str, str | list[str]] = {}
    for line in lines:
        _, found, answer = line.partition(f"{mark} ")
        key, assigned, escaped = answer.partition("=")
        if not (found and assigned):
            continue
        value = _ESCAPED.sub(lambda match: "\n" if match[1] == "n" else match[1], escaped)
        if key not in values:
            values[key] = value
        elif isinstance(values[key], list):
            values[key].append(value)
        else:
            values[key] = [values[key], value]
    return values


def _quote(word: str) -> str:
    """Return `word` quoted for sh; ValueError for NUL, which no program can be given."""
    if "\0" in word:
        raise ValueError("a NUL character cannot be given to a command")
    return shlex.quote(word)
