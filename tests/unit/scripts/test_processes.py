"""processes.sh: which processes with a text in their command line ran before, and which run now."""

import subprocess
import sys

import pytest

from tests.unit.scripts.server import OLDER, RELEASE

KEY = "7-after-0"
TEXT = "it's $(touch pwned) queue:work \n --queue=mail"


@pytest.fixture
def loop():
    """loop() starts a process with the text in its command line; all are ended afterwards."""
    started = []

    def start(text=TEXT):
        # A program that starts nothing else: a shell is replaced by what it runs, and "python3"
        # can be a shell script that chooses a version, whose children have the text too.
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", text])
        started.append(process)
        return process

    yield start
    for process in started:
        end(process)


def end(process):
    process.kill()
    process.wait()


def ask(site, moment, *, text=TEXT, key=KEY, release=RELEASE, fence=1):
    return site.run("processes.sh", site.root, fence, key, release, text, moment)


def pids(answer, name):
    found = answer.values.get(name, [])
    return {found} if isinstance(found, str) else set(found)


def test_those_that_ran_before_are_told_from_new_ones(site, loop):
    """By number and start; what goes away is told no more."""
    first, second = loop(), loop()
    assert ask(site, "before")["before"] == "2"
    third = loop()
    end(first)
    answer = ask(site, "after")
    assert answer["before"] == "2"
    assert (pids(answer, "old"), pids(answer, "new")) == ({str(second.pid)}, {str(third.pid)})


def test_none_is_told_where_none_ran(site):
    """Also the script itself, which carries the text, is none."""
    assert ask(site, "before").values["before"] == "0"
    assert ask(site, "after").values == {"before": "0"}


def test_what_was_written_down_first_counts(site, loop):
    """A worker that goes on after the command had run must not take the new ones for old."""
    old = loop()
    ask(site, "before")
    end(old)
    new = loop()
    answer = ask(site, "before", fence=2)
    assert (answer["before"], pids(answer, "new")) == ("1", {str(new.pid)})


@pytest.mark.parametrize("other", [{"release": OLDER}, {"key": "8-after-0"}])
def test_another_release_and_another_deployment_begin_anew(site, loop, other):
    """Deployments are counted from 1 again in a new database."""
    ask(site, "before")
    loop()
    assert ask(site, "before", **other)["before"] == "1"
    assert ask(site, "before")["before"] == ("1" if "release" in other else "0")


def test_a_number_that_was_given_anew_is_a_new_process(site, loop):
    """The start tells them apart."""
    process = loop()
    ask(site, "before")
    noted = site.root / ".releasemgr/sessions" / f"{KEY}.processes"
    pid, born = noted.read_text().split("\n")[1].split()
    assert pid == str(process.pid)
    noted.write_text(noted.read_text().replace(born, str(int(born) - 1)))
    answer = ask(site, "after")
    assert (pids(answer, "old"), pids(answer, "new")) == (set(), {pid})


def test_an_empty_text_and_a_newer_worker_are_refused(site):
    """An empty one would stand for everything that runs."""
    assert ask(site, "before", text="").code == 64
    assert ask(site, "now").code == 64
    ask(site, "before", fence=5)
    assert ask(site, "after", fence=4).code == 76


def test_what_was_written_down_goes_with_the_next_deployments_command(site, loop):
    """As the command's own records do."""
    ask(site, "before")
    site.command("true", key=KEY)
    noted = site.root / ".releasemgr/sessions" / f"{KEY}.processes"
    assert noted.exists()
    site.command("true", key="8-after-0")
    assert not noted.exists()
