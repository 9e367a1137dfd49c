"""A request that takes long, begun right before the switch, and what the page says meanwhile."""

import threading
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from django.db import connection

from deployments.models import Deployment
from deployments.pages.progress_words import step_sentence

PAGE = ("<?php for ($end = microtime(true) + %s; microtime(true) < $end;) usleep(9000);"
        " echo 'whole';")


class LongRequest:
    """`with LongRequest(show, host, 10) as request:` the first release in the block meets it.

    `answer` and `ended_at` once it has ended; `said` are the page's sentences since it began."""

    def __init__(self, show, host, seconds):
        self._show, self._host, self._over = show, host, threading.Event()
        self.answer, self.ended_at, self.said = None, None, []
        live = host.root / "current"
        (live.resolve() / "public/long.php").write_text(PAGE % seconds)
        self._asked = host.root / "asked"
        show.project.server_commands.get_or_create(
            command="touch ../../asked; sleep 0.5", moment="before", limit_s=30)
        self._threads = [threading.Thread(target=self._visit), threading.Thread(target=self._read)]

    def _visit(self):
        while not self._asked.exists():
            if self._over.wait(0.01):
                return
        self._asked.unlink()
        asked = Request(f"{self._host.url}long.php", headers={"Host": self._host.site_name})
        try:
            self.answer = urlopen(asked).read().decode()
        except HTTPError as error:
            self.answer = error.code
        self.ended_at = time.monotonic()

    def _read(self):
        try:
            while not self._over.wait(0.2):
                row = Deployment.objects.filter(status="running").last()
                if row and self.said[-1:] != [said := step_sentence(row, self._show.releaser)]:
                    self.said.append(said)
        finally:
            connection.close()

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *problem):
        if problem[0] is None:
            self._threads[0].join()
        self._over.set()
        for thread in self._threads:
            thread.join()

    def waits(self):
        """What the page said it waits for, each sentence from “Waiting” on."""
        return [f"Waiting {text.split('Waiting ', 1)[1]}" for text in self.said
                if "Waiting " in text]
