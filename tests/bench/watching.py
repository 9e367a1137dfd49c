"""People who watch a deployment, as a process of their own: `python -m tests.bench.watching URL S`

Reads their cookies from its standard input, as JSON, and says “ready”; then a line with the
deployment's number, and each asks for its rows as `progress.js` does, until nothing will change any
more. Their first questions are spread over S seconds: people do not open a page in one millisecond.
 Prints one line of JSON: of each answer its status (0: none) and how many ms it took.
"""

import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit

PATIENCE_S = 15


class Watcher:
    """One open page: asks for what came after the last line it has, when it was told to."""

    def __init__(self, address, cookie, begins_s):
        self._line = http.client.HTTPConnection(address, timeout=PATIENCE_S)
        self._cookie, self._begins_s = cookie, begins_s
        self._after, self.answers = 0, []

    def run(self, number):
        """Watch the deployment of this number to its end, or until an answer is none of ours."""
        wait_ms = self._begins_s * 1000
        while wait_ms is not None:
            time.sleep(wait_ms / 1000)
            began = time.monotonic()
            status, body = self._ask(f"/admin/progress/{number}/rows/?after={self._after}")
            self.answers.append((status, round((time.monotonic() - began) * 1000, 3)))
            if status != 200:
                return
            news = json.loads(body)
            self._after = max([self._after, *(line["number"] for line in news["lines"])])
            wait_ms = news["next_ms"]

    def _ask(self, path):
        """Return (status, body); a kept connection may be gone, and is opened again."""
        headers = {"Accept": "application/json", "Cookie": self._cookie}
        for _ in range(2):
            try:
                self._line.request("GET", path, headers=headers)
                answer = self._line.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                self._line.close()
        return 0, b""


def main(url, spread_s):
    cookies = json.loads(input())
    watchers = [Watcher(urlsplit(url).netloc, cookie, spread_s * number / len(cookies))
                for number, cookie in enumerate(cookies)]
    print("ready", flush=True)
    number = int(input())
    threads = [threading.Thread(target=watcher.run, args=[number]) for watcher in watchers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps([answer for watcher in watchers for answer in watcher.answers]))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
