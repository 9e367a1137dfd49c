"""The lines of sudoers(5) that let us reload and restart services on a server, and no more.

Pure: the doctor, pages and the tests print the same lines; scripts run exactly these commands.
"""

import re
from collections.abc import Iterable

RELOAD, RESTART = "reload", "restart"
VERBS = (RELOAD, RESTART)
FILE = "/etc/sudoers.d/releasemgr"

_PART = r"(?!\.\.?(?:[/ ]|\Z))[A-Za-z0-9_.-]+"
"""Between two slashes; never “.” or “..”. A path that ends in “/” is all that lies in a folder."""
USER = r"\A(?![A-Z][A-Z0-9_]*\Z)[A-Za-z_][A-Za-z0-9_.-]*\Z"
"""Capitals alone are an alias to sudo, and ALL is everybody."""
PROGRAM = rf"\A(/{_PART})+\Z"
COMMAND = rf"\A(/{_PART})+( /?{_PART}(/{_PART})*)+\Z"
"""With an argument at least: a program without one may be run with any (sudoers(5), "Cmnd")."""

_SERVICE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*")


def sudoers_line(user, program, verb, service):
    """Return the one line that lets `user` run `PROGRAM VERB SERVICE` as root, unasked.

    ValueError when a part could mean something else to sudo, which reads blanks, commas and
    wildcards in its own way.
    """
    fits = (re.match(USER, user), re.match(PROGRAM, program), verb in VERBS,
            _SERVICE.fullmatch(service))
    if not all(fits):
        raise ValueError(f"No command for sudo: {user!r} {program!r} {verb!r} {service!r}.")
    return f"{user} ALL=(root) NOPASSWD: {program} {verb} {service}"


def test_line(user, command):
    """Return the line that lets `user` run this test of a web server's configuration as root.

    `command` is whole, like “/usr/sbin/nginx -t”. ValueError as in `sudoers_line`.
    """
    if not (re.match(USER, user) and re.match(COMMAND, command)):
        raise ValueError(f"No command for sudo: {user!r} {command!r}.")
    return f"{user} ALL=(root) NOPASSWD: {command}"


def sudoers_lines(user, program, commands: Iterable[tuple[str, str]]):
    """Return the lines for these (verb, service) pairs, sorted, each once.

    They are pasted into `FILE` with `visudo -f`. With arguments named, sudo allows these and no
    others (sudoers(5), "Cmnd").
    """
    return tuple(sudoers_line(user, program, verb, service)
                 for verb, service in sorted(set(commands)))
