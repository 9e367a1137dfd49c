"""Visitors as a process of their own: `python -m tests.bench.load HOST:PORT NAME RATE LANES [PATH]`

Asks for PATH (`/`) at RATE requests per second over LANES keep-alive connections, in due time or
as soon after it as may be, until its standard input ends. Then prints one line of JSON: for each
answer when it was asked for (monotonic clock, which all processes share), how many ms it took, its
status (0: none), and the site's header that names the releases it was made by.
"""

import json
import socket
import sys
import threading
import time


class Closed(Exception):
    """The kept connection was gone before anything of an answer came."""


class Lane:
    """One browser: asks, reads the whole answer, and asks again when it is due."""

    def __init__(self, address, name, path):
        host, _, port = address.partition(":")
        self._place, self._connection = (host, int(port)), None
        self._question = f"GET {path} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode()
        self.answers = []

    def run(self, *, first, every_s, ended):
        """Ask at `first` and then every so many seconds; late turns are skipped."""
        due = first
        while not ended.wait(max(0, due - time.monotonic())):
            sent = time.monotonic()
            status, releases = self._visit()
            took_ms = (time.monotonic() - sent) * 1000
            self.answers.append([round(sent, 5), round(took_ms, 3), status, releases])
            due = max(due + every_s, time.monotonic())

    def _visit(self):
        """Return (status, releases). Where a kept connection is gone it is opened again, as
        browsers do: a server may close it at any time."""
        try:
            try:
                return self._ask()
            except Closed:
                return self._ask()
        except (OSError, ValueError, Closed):
            self._connection = None
            return 0, ""

    def _ask(self):
        is_kept = self._connection is not None
        if not is_kept:
            self._connection = socket.create_connection(self._place, timeout=10)
        try:
            self._connection.sendall(self._question)
            answer = self._read()
        except (ConnectionError, ValueError) as problem:
            self._connection = None
            raise Closed if is_kept else problem from None
        while b"\r\n\r\n" not in answer:
            answer += self._read()
        head, _, body = answer.partition(b"\r\n\r\n")
        named = {name.lower(): value for name, _, value in
                 (line.partition(b": ") for line in head.split(b"\r\n")[1:])}
        self._read_rest(named, body)
        if named.get(b"connection") == b"close":
            self._connection = None
        return int(head.split(b" ", 2)[1]), named.get(b"shop-release", b"").decode()

    def _read_rest(self, named, body):
        if b"content-length" not in named:  # chunked
            while not body.endswith(b"0\r\n\r\n"):
                body += self._read()
            return
        left = int(named[b"content-length"]) - len(body)
        while left > 0:
            left -= len(self._read())

    def _read(self):
        block = self._connection.recv(65536)
        if not block:
            raise ValueError("cut off")
        return block


def main(address, name, rate, lanes, path="/"):
    made = [Lane(address, name, path) for _ in range(lanes)]
    ended, first = threading.Event(), time.monotonic() + 0.2
    threads = [
        threading.Thread(target=lane.run, kwargs={
            "first": first + number / rate, "every_s": lanes / rate, "ended": ended})
        for number, lane in enumerate(made)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    print(json.dumps([answer for lane in made for answer in lane.answers]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])
