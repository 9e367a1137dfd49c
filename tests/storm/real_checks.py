"""What must be true after every deployment of a real storm, read from servers, PHP and rows.

Each check yields a sentence per violation. Nothing here asks the product whether all is well.
"""

import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import subprocess
import time
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

from deployments import audit
from deployments.models import AuditEntry, CacheLock, Deployment, LogLine, Release
from tests.storm.real_scene import STOP_LIMIT_S

PATIENCE_S = 10
UNLIKE_THE_MANIFEST = r"""
{ find . -mindepth 1 \( -path ./.releasemgr -o -path ./REVISION \) -prune \
    -o -type d -printf 'd %m %p\0' -o -type f -printf 'f %m %p\0' -o -type l -printf 'l %p//%l\0'
  find . -mindepth 1 \( -path ./.releasemgr -o -path ./REVISION \) -prune \
    -o -type f -exec sha256sum -z -- {} +
} | LC_ALL=C sort -z | LC_ALL=C comm -z -23 .releasemgr/manifest - | tr '\0' '\n'
"""  # docs/server-layout.md


def violations(scene, row):
    """Every violation after the end of `row`, with all servers up and nobody paused."""
    live = Deployment.objects.live(row.environment)
    for host in scene.hosts:
        yield from _server(host, live)
        yield from _php(host, live.release.name)
        yield from _commands(host)
        yield from _left_running(host)
    yield from _orphans(scene)
    yield from _rows(row, live)
    yield from _audit(row)
    yield from _log(row)


class FenceWatch:
    """Reads every server's fence over and over; it must never fall."""

    def __init__(self, hosts):
        self._hosts, self._highest = hosts, Counter()
        self.fallen = []

    def look(self):
        for host in self._hosts:
            path = host.root / ".releasemgr/fence"
            if not path.exists():
                continue
            fence = int(path.read_text())
            if fence < self._highest[host.name]:
                self.fallen.append(f"{host.name}: fence {fence} came after "
                                   f"{self._highest[host.name]}")
            self._highest[host.name] = max(fence, self._highest[host.name])


class Visitors:
    """What traffic got: never an old or mixed page, and no failure but while PHP or nginx was
    killed or paused."""

    def __init__(self, scene, maker):
        self._scene, self._maker = scene, maker
        self._judged = self._excused = self._wrong = 0

    def expect(self, row):
        """From now on only the release that is live is right; None: whatever is there."""
        for host in self._scene.hosts:
            if row is None:
                self._scene.traffic.unmark(host.name)
            else:
                live = Deployment.objects.live(row.environment)
                self._scene.traffic.mark(host.name, live.release.name)

    def troubles(self):
        """A sentence for each wrong answer since the last call."""
        answers = list(self._scene.traffic.troubles)
        new, self._judged = answers[self._judged:], len(answers)
        for answer in new:
            if answer.failed and self._is_excused(answer):
                self._excused += 1
            else:
                self._wrong += 1
                yield f"a visitor got {answer}"

    def _is_excused(self, answer):
        ended_at = answer.sent_at + answer.took_s
        return any(host == answer.host and answer.sent_at <= (until or ended_at)
                   and ended_at >= since for host, since, until in self._maker.excused)

    def __str__(self):
        counts = self._scene.traffic.counts()
        return (f"{counts.requests} requests, wrong={self._wrong}, "
                f"failed while PHP or nginx was down={self._excused}")


def _server(host, live):
    """It is on the release that the rows call live, and that is what was approved."""
    link = (host.root / "current").readlink()
    if str(link) != f"releases/{live.release.name}":
        yield f"{host.name} is on {link}, the rows say {live.release.name}"
    folder = host.root / link
    manifest = folder / ".releasemgr/manifest"
    digest = Release.objects.get(name=link.name).digest
    if hashlib.sha256(manifest.read_bytes()).hexdigest() != digest:
        yield f"{host.name}: {link} is not what was approved"
    unlike = subprocess.run(["sh", "-c", UNLIKE_THE_MANIFEST], cwd=folder, check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    if unlike:
        yield f"{host.name}: {link} lacks {unlike[:300]}"
    if (host.root / "current.new").is_symlink():
        yield f"{host.name}: an unfinished link lies beside current"


def _php(host, release):
    """Every PHP worker of both pools answers visitors from it."""
    for pool, path in (("www", "/slow"), ("api", "/api/")):
        answers, left = {}, set(host.fpm.workers(pool))
        until = time.monotonic() + PATIENCE_S
        with concurrent.futures.ThreadPoolExecutor(8) as visitors:
            while left and time.monotonic() < until:
                for pid, names in visitors.map(lambda path: _ask(host, path), [path] * 8):
                    answers[pid] = names
                left &= set(host.fpm.workers(pool)) - set(answers)
        if left:
            yield f"{host.name}: workers {sorted(left)} of {pool} did not answer"
        for pid, names in answers.items():
            if names != {release}:
                yield f"{host.name}: PHP worker {pid} of {pool} runs {names}, not {release}"


def _ask(host, path):
    """(process, releases that made the answer)."""
    connection = http.client.HTTPConnection(host.http_address, timeout=PATIENCE_S)
    try:
        connection.request("GET", path, headers={"Host": host.site_name})
        response = connection.getresponse()
        body = json.loads(response.read())
        header = response.headers.get("Shop-Release", "").replace(",", " ").split()
        return body["worker"], {unquote(name) for name in header}
    finally:
        connection.close()


def _commands(host):
    """A command of this deployment never ran beside itself, nor again after it had ended well."""
    for path in (host.root / "shared/storage").glob("*.ran"):
        said = path.read_text().split()
        path.unlink()
        if "beside" in said:
            yield f"{host.name}: the command {path.stem} ran beside itself: {said}"
        if said.count("end") > 1:
            yield f"{host.name}: the command {path.stem} ran again after it had ended: {said}"


def _left_running(host):
    """Nothing of ours works on the server any more. Hosts have accounts where root made them."""
    if host.account is None:
        return
    until = time.monotonic() + PATIENCE_S
    while left := [f"{pid} {name}" for pid, uid, name in _processes("uid")
                   if uid == host.account.uid and name != "sshd"]:
        if time.monotonic() > until:
            yield f"{host.name}: {', '.join(left)} still run"
            return
        time.sleep(0.05)


def _orphans(scene):
    """Of a supervisor that ended some time ago nobody is left, and takes tasks."""
    ended = [pid for pid, at in scene.ended_workers.items()
             if time.monotonic() - at > STOP_LIMIT_S]
    for pid, session, name in _processes("session"):
        if session in ended:
            yield f"{name} ({pid}) outlived its supervisor {session}"


def _processes(what):
    """(process, its user or session, its name) of all that live on this machine."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            owner = folder.stat().st_uid if what == "uid" else int(session)
            if state != "Z":
                yield int(folder.name), owner, (folder / "comm").read_text().strip()


def _rows(row, live):
    for left in Deployment.objects.open():
        yield f"{left} is still {left.status}"
    for target in live.targets.exclude(status="proved"):
        yield f"{target} is {target.status}, though {live} is live"
    for target in row.targets.filter(status__in=("pending", "prepared", "switched", "coherent")):
        yield f"{row} has ended and {target} is still {target.status}"
    for lock in CacheLock.objects.filter(deployment__isnull=False):
        yield f"{lock} is still held by {lock.deployment}"


def _audit(row):
    """Every intent has its outcome, and the chain is whole."""
    left = Counter()
    rows = AuditEntry.objects.filter(action__startswith="step.", details__deployment=row.pk)
    for action, outcome in rows.values_list("action", "outcome"):
        left[action] += 1 if outcome == AuditEntry.INTENDED else -1
    for action, count in left.items():
        if count:
            yield f"{action} of {row}: {count} more announced than ended"
    verdict = audit.verify()
    if verdict.first_bad is not None:
        yield verdict.sentence


def _log(row):
    numbers = list(LogLine.objects.filter(deployment=row.pk).order_by("number")
                   .values_list("number", flat=True))
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"the log of {row} has gaps"
