"""The same interface as ssh.Connection, for unit tests: it only writes down what it was asked.

A test says beforehand what shall be answered, and reads `calls` afterwards.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deployments.remote.output import Result

Answer = Result | Mapping | Exception | Callable


@dataclass(frozen=True)
class Call:
    """One thing asked of a server: verb is script, run or socket."""

    verb: str
    what: str
    args: tuple[str, ...] = ()
    input_bytes: int = 0

    def __str__(self) -> str:
        fed = f" < {self.input_bytes} bytes" if self.input_bytes else ""
        return " ".join([self.verb, self.what, *map(repr, self.args)]) + fed


class PrinterConnection:
    """`answers` maps a script's name, a program or a socket's address to what it answers.

    A mapping is the values of a success, an exception is raised, a callable gets the arguments,
    a list is used up one answer per call. What has no answer succeeds without values.
    """

    def __init__(self, answers: Mapping[str, Answer | list[Answer]] | None = None):
        self.answers = {
            name: list(answer) if isinstance(answer, list) else answer
            for name, answer in (answers or {}).items()
        }
        self.calls: list[Call] = []
        self.commands = 0
        self.closed = False

    def run_script(
        self, name, *args, stdin=None, timeout_s, silence_s=None, on_line=None
    ) -> Result:
        fed = len(stdin.read()) if stdin else 0
        self.calls.append(Call("script", name, tuple(map(str, args)), input_bytes=fed))
        return self._answer(name, args, on_line=on_line)

    def run(
        self, argv, *, stdin=None, stdout=None, timeout_s, silence_s=None, on_line=None
    ) -> Result:
        fed = len(stdin.read()) if stdin else 0
        self.calls.append(Call("run", argv[0], tuple(argv[1:]), input_bytes=fed))
        result = self._answer(argv[0], argv[1:], on_line=on_line)
        if stdout:
            stdout.write("\n".join(result.lines).encode())
        return result

    def open_socket(self, address: str, *, timeout_s: float = 10) -> socket.socket:
        """Return the socket given as the answer for this address; KeyError without one."""
        self.calls.append(Call("socket", address))
        answer = self._next(address, KeyError(address))
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    def alive(self) -> bool:
        return not self.closed

    def close(self) -> None:
        self.closed = True

    def _answer(self, name: str, args, *, on_line) -> Result:
        self.commands += 1
        answer = self._next(name, Result(0))
        if callable(answer):
            answer = answer(*args)
        if isinstance(answer, Exception):
            raise answer
        result = answer if isinstance(answer, Result) else Result(0, values=dict(answer))
        for line in result.lines if on_line else ():
            on_line(line)
        return result

    def _next(self, name: str, default):
        answer = self.answers.get(name, default)
        if isinstance(answer, list):
            return answer.pop(0) if answer else default
        return answer

    def __enter__(self) -> PrinterConnection:
        return self

    def __exit__(self, *exc_info) -> None:
        self.close()
