"""The model servers answer as the real scripts do: the same calls, the same answers, in order."""

import hashlib
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from deployments.remote import scripts
from tests.unit.manifests import manifest_of
from tests.unit.scripts import server as real

from . import sessions
from .server import Folder

NAMES = ("20261123T202645Z-17", "20261122T101112Z-16")
SAME = {"previous", "previous_marker", "placed", "digest", "linked", "assets", "current", "removed",
        "kept", "exit", "ran_before", "waited", "again", "running"}
CALLS = 40
SEEDS = (1, 2)


class Real:
    """The scripts, on a folder of this machine."""

    def __init__(self, root):
        self.server, self.root = real.Server(root), root
        self.archives, self.digests = {}, {}
        for name in NAMES:
            self._build(name)

    def _build(self, name):
        """An archive as the builder packs it, its manifest inside."""
        folder = self.root.parent / f"build {name}"
        folder.mkdir()
        files = {"public/index.php": f"<?php echo '{name}';".encode()}
        real.lay(folder, files)
        manifest = manifest_of(folder)
        self.digests[name] = hashlib.sha256(manifest).hexdigest()
        self.archives[name] = real.archive_of(files | {".releasemgr/manifest": manifest})

    def call(self, script, *args, data=None):
        stdin = None if data is None else self.archives[data]
        answer = self.server.run(script, self.root, *args, stdin=stdin)
        return answer.code, answer.values


class Model:
    """The model, asked in the same words."""

    def __init__(self, root, digests):
        self.folder, self.digests, self.now = Folder(str(root), "web-1"), digests, 1000.0

    def call(self, script, *args, data=None):
        args = [str(self.folder.root), *map(str, args)]
        if script == "command.sh":
            started = sessions.begin(self.folder, args, now=self.now)
            if started.code:
                return started.code, {}
            self.now = max(self.now, started.session.ends_at)
            code = started.session.code
            return 0, started.values | ({} if code is None else {"exit": str(code)})
        if data is not None:
            args.append(self.digests[data])
        code, values, _ = self.folder.run(script, args, now=self.now)
        return code, values


@pytest.fixture
def both(tmp_path, monkeypatch):
    """(real, model), in which commands end at once."""
    monkeypatch.setattr(sessions, "COMMAND_S", 0.0)
    root = tmp_path / "site"
    root.mkdir()
    on_disk = Real(root)
    model = Model(root, on_disk.digests)
    for site in (on_disk, model):
        site.call("inspect.sh", 1, "", "", 0, 0, "control.php", "<?php")
    return on_disk, model


def _told(answer):
    code, values = answer
    return code, {name: value for name, value in values.items() if name in SAME}


def _chosen(dice, digests, number):
    """One call with arguments that fit, and often do not. The fence grows with their number."""
    fence = number // 5 + dice.choice((2, 2, 2, 2, 1, 3))
    name, other = dice.sample(NAMES, 2)
    digest = digests[dice.choice((name, name, name, other))]
    targets = ("", f"releases/{name}", f"releases/{other}", "releases/nowhere")
    return dice.choice((
        (("inspect.sh", fence, dice.choice((name, "")), digest, 0, 0, "control.php", "<?php",
          *dice.choice(((), ("file", ".env"), ("create", ".env")))), None),
        (("unpack.sh", fence, name), dice.choice((name, name, other))),
        (("place.sh", fence, name, digest, 1_795_000_000, "c0ffee", "", "", "",
          "create", ".env"),
         None),
        (("assets.sh", fence, name, other, digest, "asset", "public"), None),
        (("switch.sh", fence, dice.choice(targets), dice.choice(targets)), None),
        (("prune.sh", fence, *dice.choice(((), (name,), NAMES))), None),
        (("command.sh", fence, f"{dice.randint(1, 2)}-before-0", name, 20,
          dice.choice(("true", "true", "date"))), None),
    ))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_sequence_of_calls_gets_the_same_answers(both, seed):
    """What the model does not do as the scripts do, no run of the simulation could show."""
    on_disk, model = both
    dice, codes = random.Random(seed), set()

    for number in range(CALLS):
        call, data = _chosen(dice, on_disk.digests, number)
        expected = _told(on_disk.call(*call, data=data))
        codes.add(expected[0])
        assert _told(model.call(*call, data=data)) == expected, (number, call)

    assert {0, 76} <= codes, "the sequence shows little"


def test_a_release_and_its_way_back_get_the_same_answers(both):
    """The calls of a deployment, in their order, with a lower fence in between."""
    on_disk, model = both
    new, old = NAMES
    entries = ("create", ".env", "dir", "var")
    calls = [call for name, fence, before in ((old, 1, ""), (new, 2, f"releases/{old}"))
             for call in (
                 (("inspect.sh", fence, name, on_disk.digests[name], 0, 0, "control.php", "<?php"),
                  None),
                 (("unpack.sh", fence, name), name),
                 (("place.sh", fence, name, on_disk.digests[name], 1_795_000_000, "c0ffee", "",
                   before, "", *entries), None),
                 (("command.sh", fence, f"{fence}-before-0", name, 20, "true"), None),
                 (("switch.sh", fence, f"releases/{name}", before), None))]
    calls += [(("assets.sh", 3, old, new, on_disk.digests[new], "asset", "build"), None),
              (("switch.sh", 3, f"releases/{old}", f"releases/{new}"), None),
              (("switch.sh", 2, f"releases/{new}", f"releases/{old}"), None),
              (("prune.sh", 3, new, old), None), (("switch.sh", 4, "", f"releases/{old}"), None)]

    for call, data in calls:
        assert _told(model.call(*call, data=data)) == _told(on_disk.call(*call, data=data)), call

    assert model.folder.fence == 4


@pytest.fixture
def live(both):
    """Both with the older release live and the newer one beside it."""
    _, old = NAMES
    for site in both:
        for name in NAMES:
            site.call("unpack.sh", 1, name, data=name)
            site.call("place.sh", 1, name, both[0].digests[name], 1_795_000_000, "c0ffee", "", "",
                      "")
        site.call("switch.sh", 1, f"releases/{old}", "")
    return both


@contextmanager
def _begun(on_disk, model, monkeypatch, seconds):
    """Start the same long command on both; return the real one's answer to come."""
    monkeypatch.setattr(sessions, "COMMAND_S", seconds)
    command = (1, "1-before-0", NAMES[0], 60, f"sleep {seconds}")
    running = on_disk.server.start("command.sh", on_disk.root, *command)
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(running.answer)
        _wait_until_it_runs(on_disk, model, command)
        yield answer


def _wait_until_it_runs(on_disk, model, command):
    record = on_disk.root / ".releasemgr/sessions/1-before-0"
    until = time.monotonic() + 30
    while not (record.exists() and record.read_text().split()[0] != "0"):
        assert time.monotonic() < until
        time.sleep(0.02)
    sessions.begin(model.folder, [model.folder.root, *map(str, command)], now=model.now)


def test_a_command_that_runs_is_seen_and_waited_for_on_both(live, monkeypatch):
    """A successor must find what a lost worker left running."""
    on_disk, model = live
    look = ("inspect.sh", 2, "", "", 0, 0, "control.php", "<?php")
    again = ("command.sh", 2, "1-before-0", NAMES[0], 60, "sleep 2")

    with _begun(on_disk, model, monkeypatch, 2) as answer:
        for call in (look, again, look, again):
            assert _told(model.call(*call)) == _told(on_disk.call(*call)), call

    assert answer.result().values == {"exit": "0"}


def test_a_switch_cuts_off_a_command_that_runs_on_both(live, monkeypatch):
    """Nothing goes back beside a migration."""
    on_disk, model = live
    switch = ("switch.sh", 2, f"releases/{NAMES[0]}", f"releases/{NAMES[1]}")

    with _begun(on_disk, model, monkeypatch, 50) as answer:
        assert _told(model.call(*switch)) == _told(on_disk.call(*switch))

    assert model.folder.sessions["1-before-0"].code is None
    assert "exit" not in answer.result().values


NEW, OLD = NAMES
LOOK = ("inspect.sh", 1, "", "", 0, 0, "control.php", "<?php")
RUN = ("command.sh", 2, "1-before-0", NEW, 60, "true")
WITHOUT = {
    "the fence": (
        '[ "$FENCE" -ge "$seen" ]', ("switch.sh", 2, "", f"releases/{OLD}"), LOOK),
    "what the link is expected to be": (
        '[ "$CURRENT" = "$4" ] || [ "$CURRENT" = "$target" ]',
        ("switch.sh", 2, f"releases/{NEW}", "")),
    "the digest": (
        '[ "$(sha256sum <"$1" | cut -d \' \' -f 1)" = "$2" ]',
        ("inspect.sh", 2, NEW, "0" * 64, 0, 0, "control.php", "<?php")),
    "the record of a command": ('recorded "$record" && [ "$WHAT" = "$what" ]', RUN, RUN),
}
"""What the script says, and calls whose answers differ when it says `true` instead (or `false`)."""


@pytest.mark.parametrize("guard", WITHOUT)
def test_a_script_without_its_guard_does_not_conform(live, monkeypatch, guard):
    """So the model has every one of them, and the guards' tests speak of the scripts too."""
    on_disk, model = live
    text, *calls = WITHOUT[guard]
    load, is_found = scripts.load, []

    def without(name):
        script = load(name)
        is_found.append(text in script)
        return script.replace(text, "false" if "record" in guard else "true")

    monkeypatch.setattr(scripts, "load", without)
    answers = [(_told(on_disk.call(*call)), _told(model.call(*call))) for call in calls]

    assert any(is_found), "the script says it in other words now"
    assert any(one != other for one, other in answers)
