"""What a command on a server printed, as log lines: its beginning and its end, never all of it."""

from collections import deque

HEAD, TAIL = 1000, 200
"""Lines kept of each command: the first ones, and the last ones, among which its error stands."""


class CommandOutput:
    """Takes the lines of one command; `end()` says the last ones."""

    def __init__(self, say):
        self._say = say
        self._count = 0
        self._tail = deque(maxlen=TAIL)

    def line(self, text):
        """Say it, or keep it until it is clear whether it belongs to the end."""
        self._count += 1
        if self._count <= HEAD:
            self._say(text)
        else:
            self._tail.append(text)

    def end(self):
        """Say what was kept, after one line that counts what was left out."""
        left_out = self._count - HEAD - len(self._tail)
        if left_out > 0:
            self._say(f"… {left_out} lines are left out …")
        for text in self._tail:
            self._say(text)
        self._tail.clear()
        self._count = min(self._count, HEAD)
