"""A deployment's evidence in words: who ran what, counted from what the servers answered."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


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
    count = len({target.server_name for target in targets})
    servers = ngettext("{count} server", "{count} servers", count).format(count=count)
    version = deployment.release.title
    if not pools:
        return _("{version} is live on {servers}. No PHP worker exists there to ask.").format(
            version=version, servers=servers)
    return _("{workers} on {servers} run {version}.").format(
        workers=_workers(pools), servers=servers, version=version)


def _proved(deployment):
    """Servers whose answers count: what was asked on the way to a failure proves nothing."""
    return [target for target in deployment.targets.all()
            if target.status in ("proved", "reverted") and "pools" in target.evidence]


def _facts(evidence, deployment):
    if "went_back_to" in evidence:
        yield _("Went back to {version}").format(
            version=_version(evidence["went_back_to"], deployment.previous))
    pools = evidence["pools"]
    if pools:
        yield _("{workers} run it{by_pool}").format(
            workers=_workers(pools), by_pool=_by_pool(pools))
    else:
        yield _("No PHP worker exists to ask")
    yield from _cache(evidence)
    for page in evidence.get("pages", []):
        yield _("Page {path} answered {status} in {ms} ms").format(
            path=page["path"], status=page["status"], ms=page["ms"])
    if evidence.get("static"):
        yield _("File /{path} comes from this version").format(path=evidence["static"]["path"])


def _version(name, release):
    """What people call it, where it is a release of ours."""
    return release.title if release and release.name == name else name


def _cache(evidence):
    """“PHP cache cleared” only where a reset really happened."""
    if evidence.get("strategy") == "reset" and evidence.get("cache"):
        waited = max(row["waited_ms"] for row in evidence["cache"].values())
        yield _("PHP cache cleared, which took {waited} ms").format(waited=waited)
    for master, row in sorted((evidence.get("cache") or {}).items()):
        if row.get("was_down"):
            yield _("{master} did not answer and was started: {workers} workers").format(
                master=master, workers=row["workers"])
        elif evidence.get("strategy") in ("fpm-reload", "apache-graceful", "web-config"):
            yield _("{master} reloaded: {workers} new workers after {waited_ms} ms").format(
                master=master, workers=row["workers"], waited_ms=row["waited_ms"])
        elif evidence.get("strategy") == "fpm-restart":
            yield (_("{master} restarted: {workers} new workers; visitors met errors for "
                     "{outage_s} s").format(
                master=master, workers=row["workers"], outage_s=row["outage_s"]))
    if evidence.get("strategy") == "realpath":
        yield _("PHP cache needs no clearing: the web server names the new folder itself")
    if evidence.get("strategy") == "front-controller":
        yield _("PHP cache needs no clearing: the entry outside the versions names the new "
                "folder itself")


def _workers(pools):
    proved, workers = (sum(pool[name] for pool in pools) for name in ("proved", "workers"))
    is_apache = all(pool.get("sapi") == "apache2handler" for pool in pools)
    sentence = ngettext("{proved} of {count} PHP worker (Apache children)",
                        "{proved} of {count} PHP workers (Apache children)", workers) \
        if is_apache else \
        ngettext("{proved} of {count} PHP worker", "{proved} of {count} PHP workers", workers)
    return sentence.format(proved=proved, count=workers)


def _by_pool(pools):
    each = [_("{pool} {proved} of {workers}").format(
        pool=pool["pool"], proved=pool["proved"], workers=pool["workers"]) for pool in pools]
    return f" ({', '.join(each)})" if len(pools) > 1 else ""
