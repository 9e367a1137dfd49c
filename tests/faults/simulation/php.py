"""PHP on a model server: workers with their view of the release, and the two doors to them.

A pool that is handed `current/…` keeps executing what it saw first, until OPcache is reset (one
for all pools of a master). A pool that is handed real paths follows the link.
"""

import hashlib
from dataclasses import dataclass, field

from deployments.remote.http import HttpAnswer

NEXT_PID = 1000


@dataclass
class Worker:
    """`view` is the release that this worker has in its cache for `current`, None for none."""

    pid: int
    start_time: int
    requests: int = 0
    script: str = ""
    query: str = ""
    view: str | None = None


@dataclass
class Master:
    """One PHP-FPM service: its pools share one OPcache."""

    name: str
    restarts: int = 0
    pools: list = field(default_factory=list)

    def reset(self):
        self.restarts += 1
        for pool in self.pools:
            for worker in pool.workers:
                worker.view = None
            pool.visit()


    def reload(self):
        """Every worker is a new process."""
        for pool in self.pools:
            pool.workers[:] = [Worker(worker.pid + NEXT_PID, worker.start_time + 1)
                               for worker in pool.workers]
            pool.visit()


@dataclass
class Pool:
    """Workers take turns: the one that has waited longest answers."""

    name: str
    folder: object
    follows: bool  # handed real paths ($realpath_root)
    workers: list
    broken: frozenset = frozenset()  # releases whose pages answer 500

    def take_turn(self):
        worker = self.workers.pop(0)
        self.workers.append(worker)
        worker.requests += 1
        return worker

    def executes(self, worker):
        """The release that this worker runs for a visitor now; "" for none."""
        if self.follows:
            return self.folder.live
        if worker.view is None and self.folder.live:
            worker.view = self.folder.live
        return worker.view or ""

    def visit(self):
        """A visitor comes to every worker: whatever can go stale is in the caches now."""
        for worker in self.workers:
            self.executes(worker)


def page(pool, path):
    """One ordinary request through the web server; return its HttpAnswer."""
    live = pool.folder.live
    if not live:
        return HttpAnswer(404, {}, b"nothing here", 1.0)
    plain, _, query = path.partition("?")
    if plain != "/":
        return HttpAnswer(200, {}, static_body(live), 1.0)
    worker = pool.take_turn()
    release = pool.executes(worker)
    base = f"{pool.folder.root}/" + (f"releases/{release}" if pool.follows else "current")
    worker.script, worker.query = f"{base}/public/index.php", query
    return HttpAnswer(500 if release in pool.broken else 200, {}, release.encode(), 1.0)


def static_body(release):
    """Content of the one static file of each release, /app.css."""
    return f"/* {release} */".encode()


def static_digest(release):
    return hashlib.sha256(static_body(release)).hexdigest()


def answer(master, pool, act, payload):
    """What control.php answers in this pool (remote/php/control.php)."""
    worker = pool.take_turn()
    worker.script, worker.query = "control.php", ""
    said = {"ok": True} | _ACTS[act](master, pool, worker, payload)
    return said | {
        "sapi": "fpm-fcgi", "php": "8.2.0", "root": pool.folder.root, "host": pool.folder.server,
        "pid": worker.pid, "identity": pool.folder.identity or None, "pool": _roster(pool, worker),
    }


def _roster(pool, busy):
    rows = [{"pid": worker.pid, "start_time": worker.start_time,
             "state": "Running" if worker is busy else "Idle", "requests": worker.requests,
             "script": worker.script, "query": worker.query, "age_s": 0.0}
            for worker in pool.workers]
    return {"name": pool.name, "manager": "dynamic", "idle": len(rows) - 1, "listen_queue": 0,
            "procs": sorted(rows, key=lambda row: row["pid"])}


def _cache(master):
    return {"enabled": True, "restart_pending": False, "restart_in_progress": False,
            "manual_restarts": master.restarts, "used": 1000, "free": 10**9, "scripts": 10,
            "keys": 10, "max_keys": 10**6}


def _status(master, pool, worker, payload):
    return {"opcache": _cache(master), "problem": None, "ini": {}}


def _reset(master, pool, worker, payload):
    before = _cache(master)
    master.reset()
    return {"before": before, "reset": True}


def _warm(master, pool, worker, payload):
    return {"warmed": payload["files"], "failed": [], "uncached": []}


def _scripts(master, pool, worker, payload):
    return {"files": ["public/index.php"]}


def _probe(master, pool, worker, payload):
    marker = payload["marker"]
    place = marker.removeprefix(f"{pool.folder.root}/").split("/")
    release = pool.executes(worker) if place[0] == "current" else place[1]
    if release not in pool.folder.releases:
        return {"release": None, "ran": {}, "error": f"{marker}: it is missing"}
    real = f"{pool.folder.root}/releases/{release}/.releasemgr/marker.php"
    return {"release": release, "ran": {marker: real}, "error": None}


def _invalidate(master, pool, worker, payload):
    return {"invalidated": 0}


_ACTS = {"status": _status, "reset": _reset, "warm": _warm, "scripts": _scripts, "probe": _probe,
         "invalidate": _invalidate}
