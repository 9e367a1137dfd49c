"""A crowd: visitors of one host as a process of their own, and exact counts of what they got.

Where Traffic's threads would share this process with a deployment, a crowd asks hundreds of times
per second whatever else goes on here (tests/bench/load.py).
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote

from tests.sandbox.visits import Counts, Marks

ROOT = Path(__file__).parents[2]
WARM_S = 1.5
"""Until all its connections are open and the caches are warm."""


class Crowd:
    """`with Crowd(host, requests_per_s=300) as crowd:` asks for `/`; `counts` once it has ended.

    `mark` and `unmark` say which release alone is right from now on, as in Traffic. `troubles`
    are the wrong answers: (what, sent_at, status, header).
    """

    def __init__(self, host, *, requests_per_s, lanes=16):
        self._command = [sys.executable, "-m", "tests.bench.load", host.http_address,
                         host.site_name, str(requests_per_s), str(lanes)]
        self._marks, self.counts, self.troubles, self.per_s = Marks(), Counts(), [], 0.0

    def mark(self, release):
        self._marks.add(time.monotonic(), release)

    def unmark(self):
        self._marks.add(time.monotonic(), None)

    def __enter__(self):
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        time.sleep(WARM_S)
        return self

    def __exit__(self, *problem):
        answers = json.loads(self._process.communicate("")[0])
        for answer in answers:
            self._count(*answer)
        spans = [answer[0] for answer in answers]
        self.per_s = len(spans) / max(1e-9, max(spans) - min(spans))

    def _count(self, sent, took_ms, status, header):
        names = {unquote(name) for part in header.split(" ") for name in part.split(",") if name}
        right = self._marks.allowed(sent, sent + took_ms / 1000)
        wrong = {"failed": status != 200 or not names, "mixed": len(names) > 1,
                 "stale": right is not None and not names <= right}
        self.counts += Counts(requests=1, slowest_s=took_ms / 1000, **wrong)
        self.troubles += [(what, sent, status, header) for what, is_so in wrong.items() if is_so]
