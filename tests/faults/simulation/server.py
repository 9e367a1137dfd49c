"""The model of one site's folder on one server: what remote/scripts/*.sh do there.

`test_conformance.py` runs the same calls on this and on the real scripts.
"""

from base64 import b64encode
from dataclasses import dataclass, field

from deployments.pipeline.drift_records import Wanted

from . import sessions
from .sessions import Exit


@dataclass
class Act:
    """Something that changed the folder, and on whose behalf."""

    at: float
    fence: int
    script: str
    deployment: int | None
    target: str | None = None  # of a switch that was done


@dataclass
class Folder:
    """`releases` maps names to digests, `incoming` and `checked` "name.fence" to digests.

    `by` is the deployment that the present script is run for, `wrong` what no script may ever do,
    `removed` are guards that a test took away.
    """

    root: str
    server: str = ""
    fence: int = 0
    current: str = ""
    identity: str = ""
    releases: dict = field(default_factory=dict)
    revisions: dict = field(default_factory=dict)
    incoming: dict = field(default_factory=dict)
    checked: dict = field(default_factory=dict)
    shared: set = field(default_factory=set)
    sessions: dict = field(default_factory=dict)  # by key
    runs: list = field(default_factory=list)  # every session that ever began
    acts: list = field(default_factory=list)
    wrong: list = field(default_factory=list)
    by_hand: set = field(default_factory=set)
    by: int | None = None
    masters: dict = field(default_factory=dict)  # of its machine
    removed: frozenset = frozenset()

    @property
    def live(self):
        """The name of the release that `current` names, "" for none."""
        return self.current.rpartition("/")[2]

    def run(self, script, args, *, now):
        """Run one script; return (exit code, values, stderr)."""
        values = {}
        try:
            getattr(self, script.removesuffix(".sh").replace("-", "_"))(values, now, *args)
        except Exit as end:
            return end.code, values, str(end)
        return 0, values, ""

    def take_fence(self, text, now, script):
        fence = int(text)
        if fence < self.fence and "server fence" not in self.removed:
            raise Exit(76, f"A newer worker has taken over here (fence {self.fence}); the one "
                           f"with {fence} must stop.")
        self.acts.append(Act(now, fence, script, self.by))
        self.fence = fence
        return fence

    def inspect(self, values, now, root, fence, release, digest, needed_kb, needed_inodes,
                control_name, control_php, *entries):
        fence = self.take_fence(fence, now, "inspect.sh")
        self._sweep(fence)
        pairs = zip(entries[::2], entries[1::2], strict=True)
        missing = [path for kind, path in pairs if kind == "file" and path not in self.shared]
        if missing:
            raise Exit(80, "Missing on this server, and the site needs it: " + ", ".join(
                f"{self.root}/shared/{path}" for path in missing))
        placed = bool(release) and release in self.releases
        if placed and self.releases[release] != digest:
            raise Exit(81, f"{self.root}/releases/{release} is there already, with other "
                           "contents.")
        self.identity = self.identity or f"identity of {self.server} {self.root}"
        values |= {
            "previous": self.current, "previous_marker": self.live, "placed": str(int(placed)),
            "free_kb": "1000000", "free_inodes": "1000000", "user": "deploy",
            "host": self.server, "epoch": str(int(now)), "identity": self.identity,
        }
        running = sessions.running(self, now)
        if running:
            values["running"] = running[0] if len(running) == 1 else running

    def doctor(self, values, now, root, control_name, control_php, *sockets):
        """Takes no lock, changes nothing."""
        values |= {"user": "deploy", "groups": "deploy", "epoch": str(int(now)),
                   "current": self.current, "writable": "1", "free_kb": "1000000",
                   "free_inodes": "1000000", "identity": self.identity, "include": "0"}

    def service(self, values, now, root, fence, program, verb, name, line):
        """With a fence it is carried out on the machine; without one it only asks whether it may.
        """
        if fence:
            self.take_fence(fence, now, "service.sh")
            self.masters[name].reload()
            values["carried_out"] = verb
        values["may"] = "1"

    def unpack(self, values, now, root, fence, release, digest):
        """The data names its digest; `digest` "" is an archive that broke off."""
        fence = self.take_fence(fence, now, "unpack.sh")
        self.incoming[f"{release}.{fence}"] = digest
        values["unpacked"] = f"{self.root}/.releasemgr/incoming/{release}.{fence}"

    def place(self, values, now, root, fence, release, digest, epoch, revision, group,
              previous, lists, *entries):
        fence = self.take_fence(fence, now, "place.sh")
        self._end_sessions(now)
        name, linked = f"{release}.{fence}", 0
        if release in self.releases:
            if self.releases[release] != digest:
                raise Exit(81, f"{self.root}/releases/{release} is there already, with other "
                               "contents.")
            self.incoming.pop(name, None)
            self.checked.pop(name, None)
        else:
            if name in self.incoming or name not in self.checked:
                self._check(name, release, digest)
            linked = self._share(entries)
            self.releases[release] = self.checked.pop(name)
            self.revisions[release] = revision
        values |= {"digest": digest, "linked": str(linked), "assets": "0"}

    def assets(self, values, now, root, fence, release, left, digest, *entries):
        """Its files are no part of this model."""
        self.take_fence(fence, now, "assets.sh")
        if release not in self.releases:
            raise Exit(78, f"There is no folder {self.root}/releases/{release}.")
        values["assets"] = "0"

    def drift(self, values, now, root, release, manifest, since, folder, placed, *entries):
        """Takes no lock; files of a release never change in this model."""
        wanted = Wanted(release, release, self.releases[release], self.revisions[release],
                        tuple(zip(entries[::2], entries[1::2], strict=True)))
        alone = b"".join(b"t" + record + b"\0" for record in wanted.records())
        values |= {"user": "deploy", "differences": b64encode(alone).decode(), "whole": "1"}

    def switch(self, values, now, root, fence, target, expected):
        self.take_fence(fence, now, "switch.sh")
        values["previous"] = self.current
        known = self.current in (expected, target) or "expected" in self.removed
        if not known:
            raise Exit(83, f"Somebody else switched {self.root}/current: it is '{self.current}', "
                           f"not '{expected}' as expected.")
        if target and target.removeprefix("releases/") not in self.releases:
            raise Exit(78, f"There is no folder {self.root}/{target} to switch to.")
        if self.current != target:
            self._end_sessions(now)
            if self.current in self.by_hand:
                self.wrong.append("a switch undid what somebody had switched by hand")
        self.acts[-1].target = target
        self.current = target
        values |= {"current": target, "epoch_ms": str(int(now * 1000))}

    def prune(self, values, now, root, fence, *names):
        fence = self.take_fence(fence, now, "prune.sh")
        self._end_sessions(now)
        removed, kept = [], []
        for name in names:
            if name == self.live:
                kept.append(name)
                continue
            self.releases.pop(name, None)
            for folder in (self.incoming, self.checked):
                for path in [path for path in folder if path.startswith(f"{name}.")]:
                    del folder[path]
            removed.append(name)
        self._sweep(fence)
        values |= {"removed": " ".join(removed), "kept": " ".join(kept)}

    def _end_sessions(self, now):
        sessions.end_all(self, now)
        if sessions.running(self, now):
            self.wrong.append(f"{self.acts[-1].script} worked beside a command of the project")

    def _check(self, name, release, digest):
        if name not in self.incoming:
            raise Exit(78, f"Nothing was unpacked as {self.root}/.releasemgr/incoming/{name}.")
        if self.incoming[name] != digest:
            raise Exit(81, f"{release} arrived differently from what was approved.")
        self.checked[name] = self.incoming.pop(name)

    def _share(self, entries):
        linked = 0
        for kind, path in zip(entries[::2], entries[1::2], strict=True):
            if kind == "file" and path not in self.shared:
                raise Exit(80, "Missing on this server, and the site needs it: "
                               f"{self.root}/shared/{path}")
            if kind in ("file", "create", "dir"):
                self.shared.add(path)
                linked += 1
        return linked

    def _sweep(self, fence):
        for folder in (self.incoming, self.checked):
            for path in [path for path in folder if int(path.rpartition(".")[2]) < fence]:
                del folder[path]
