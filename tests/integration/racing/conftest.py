"""Processes that do one thing at the same moment, over and over."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.house.processes import House

PROCESSES = 6


class Racers:
    """`racers.run(call, …)` sends one call to each process at once; their answers, in order."""

    def __init__(self, environment):
        self._processes = [
            subprocess.Popen([sys.executable, "-m", "tests.integration.racing.racer"],
                             cwd=Path(__file__).parents[3], env=environment, text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for _ in range(PROCESSES)]

    def run(self, *calls):
        """Each call is a verb of racer.py and its arguments; one for all, or one for each."""
        calls = calls if len(calls) > 1 else calls * PROCESSES
        racing = list(zip(self._processes, calls, strict=False))
        for process, call in racing:
            process.stdin.write(json.dumps(call) + "\n")
        for process, _ in racing:
            process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for process, _ in racing]
        assert not [said for said in answers if "error" in said], answers
        return [said.get("answer") for said in answers]

    def stop(self):
        for process in self._processes:
            process.stdin.close()
            process.wait(10)


@pytest.fixture(scope="session")
def racing_processes(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        environment = House(tmp_path_factory.mktemp("racers")).environment
    racers = Racers(environment)
    yield racers
    racers.stop()


@pytest.fixture
def racers(transactional_db, racing_processes):
    """Six processes on this test's rows."""
    return racing_processes
