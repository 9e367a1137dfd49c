"""Visitors as a process of their own: `python -m tests.bench.load HOST:PORT NAME RATE LANES`.

Asks for `/` at RATE requests per second over LANES keep-alive connections, in due time or as soon
after it as may be, until its standard input ends. Then prints one line of JSON: for each answer
when it was asked for (monotonic clock, which all processes share), how many ms it took, and its
status (0: none).
"""

import json
import socket
import sys
import threading
import time


class Lane:
    """One browser: asks, reads the whole answer, and asks again when it is due."""

    def __init__(self, address, name):
        host, _, port = address.partition(":")
        self._place, self._connection = (host, int(port)), None
        self._question = f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode()
        self.answers = []

    def run(self, *, first, every_s, ended):
        """Ask at `first` and then every so many seconds; late turns are skipped."""
        due = first
        while not ended.wait(max(0, due - time.monotonic())):
            sent = time.monotonic()
            try:
                status = self._ask()
            except (OSError, ValueError):
                status, self._connection = 0, None
            took_ms = (time.monotonic() - sent) * 1000
            self.answers.append([round(sent, 5), round(took_ms, 3), status])
            due = max(due + every_s, time.monotonic())

    def _ask(self):
        if self._connection is None:
            self._connection = socket.create_connection(self._place, timeout=10)
        self._connection.sendall(self._question)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._read()
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        left = int(lines[b"content-length"]) - len(body)
        while left > 0:
            left -= len(self._read())
        return int(head.split(b" ", 2)[1])

    def _read(self):
        block = self._connection.recv(65536)
        if not block:
            raise ValueError("cut off")
        return block


def main(address, name, rate, lanes):
    made = [Lane(address, name) for _ in range(lanes)]
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
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
