"""A deployment's evidence in words: who ran what, counted from what the servers answered."""


def evidence_of(deployment):
    """A row per proved server: `server`, and `facts` as short sentences for people."""
    return [{"server": target.server_name, "facts": list(_facts(target.evidence, deployment))}
            for target in _proved(deployment)]


def workers_sentence(deployment):
    """“24 of 24 PHP workers on 2 servers run 2.9.1.”; "" before anything was proved."""
    targets = _proved(deployment)
    if not targets:
        return ""
    pools = [pool for target in targets for pool in target.evidence["pools"]]
    servers = _count(len({target.server_name for target in targets}), "server")
    version = deployment.release.title
    if not pools:
        return f"{version} is live on {servers}. No PHP worker exists there to ask."
    return f"{_workers(pools)} on {servers} run {version}."


def _proved(deployment):
    """Servers whose answers count: what was asked on the way to a failure proves nothing."""
    return [target for target in deployment.targets.all()
            if target.status in ("proved", "reverted") and "pools" in target.evidence]


def _facts(evidence, deployment):
    if "went_back_to" in evidence:
        yield f"Went back to {_version(evidence['went_back_to'], deployment.previous)}"
    pools = evidence["pools"]
    if pools:
        yield f"{_workers(pools)} run it{_by_pool(pools)}"
    else:
        yield "No PHP worker exists to ask"
    yield from _cache(evidence)
    for page in evidence.get("pages", []):
        yield f"Page {page['path']} answered {page['status']} in {page['ms']} ms"
    if evidence.get("static"):
        yield f"File /{evidence['static']['path']} comes from this version"


def _version(name, release):
    """What people call it, where it is a release of ours."""
    return release.title if release and release.name == name else name


def _cache(evidence):
    """“PHP cache cleared” only where a reset really happened."""
    if evidence.get("strategy") == "reset" and evidence.get("cache"):
        waited = max(row["waited_ms"] for row in evidence["cache"].values())
        yield f"PHP cache cleared, which took {waited} ms"
    for master, row in sorted((evidence.get("cache") or {}).items()):
        if row.get("was_down"):
            yield f"{master} did not answer and was started: {row['workers']} workers"
        elif evidence.get("strategy") in ("fpm-reload", "apache-graceful", "web-config"):
            yield f"{master} reloaded: {row['workers']} new workers after {row['waited_ms']} ms"
        elif evidence.get("strategy") == "fpm-restart":
            yield (f"{master} restarted: {row['workers']} new workers; visitors met errors for "
                   f"{row['outage_s']} s")
    if evidence.get("strategy") == "realpath":
        yield "PHP cache not cleared: the web server names the new folder itself"
    if evidence.get("strategy") == "front-controller":
        yield "PHP cache not cleared: the entry outside the versions names the new folder itself"


def _workers(pools):
    proved, workers = (sum(pool[name] for pool in pools) for name in ("proved", "workers"))
    is_apache = all(pool.get("sapi") == "apache2handler" for pool in pools)
    return f"{proved} of {_count(workers, 'PHP worker')}{' (Apache children)' * is_apache}"


def _by_pool(pools):
    each = [f"{pool['pool']} {pool['proved']} of {pool['workers']}" for pool in pools]
    return f" ({', '.join(each)})" if len(pools) > 1 else ""


def _count(number, noun):
    return f"{number} {noun}" + ("" if number == 1 else "s")
