"""The measurement of people who watch works; its figures are for `make bench`."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.bench import watchers

SAID = [{"lines": [{"number": 7}], "next_ms": 1}, {"lines": [], "next_ms": None}]


@pytest.fixture
def served():
    """A server of two answers to each person, and what it was asked, as (cookie, path)."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            count = sum(cookie == self.headers["Cookie"] for cookie, _ in asked)
            asked.append((self.headers["Cookie"], self.path))
            body = json.dumps(SAID[count]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            """A test's own server says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_each_asks_as_the_page_does_until_it_has_ended(served):
    """After the last line it has; each answer is counted."""
    port, asked = served
    ended = subprocess.run(
        [sys.executable, "-m", "tests.bench.watching", f"http://127.0.0.1:{port}/", "0.2"],
        check=True,
        cwd=Path(__file__).parents[2], input='["a=1", "b=2"]\n12\n', stdout=subprocess.PIPE,
        text=True)
    answers = json.loads(ended.stdout.splitlines()[-1])
    assert [status for status, _ in answers] == [200] * 4
    assert [path for cookie, path in asked if cookie == "b=2"] == [
        "/admin/progress/12/rows/?after=0", "/admin/progress/12/rows/?after=7"]


@pytest.mark.parametrize(("answers", "watched", "code"), [
    ([(200, 5), (200, 19)], [2.1, 2.0], 0), ([(200, 5), (0, 9)], [2.1, 2.0], 1),
    ([(200, 21), (200, 22)], [2.1, 2.0], 1), ([(200, 5)], [2.2, 2.1], 1)])
def test_a_lost_answer_and_slow_ones_and_a_slower_deployment_fail(answers, watched, code, capsys):
    """The ratio is that of pairs in turn; half of them may be slower by chance."""
    assert watchers.report({True: watched, False: [2.0, 2.0]}, answers, 2) == code
    assert f"deployment x{sum(watched) / 4:.3f} (median of 2 pairs, " in capsys.readouterr().out
