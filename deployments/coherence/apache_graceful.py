"""Strategy `apache-graceful`: Apache with mod_php replaces all its children, with a new OPcache.

No request is cut off and nobody waits: new children answer while old ones end their requests. Old
children go on answering from the old release until they are gone, so that is what is waited for.
"""

from django.utils.translation import gettext as _

from .. import clock
from ..errors import StepFailed
from . import fpm, service, web_server
from .fpm_reload import check_preload
from .pool import MOD_PHP


def check(ctx):
    """StepFailed where it would not help, or where we may not do it; says what to change."""
    until = clock.monotonic() + ctx.proof_limit_s
    for name, pools in fpm.by_master(ctx.pools).items():
        for pool in pools:
            status = pool.status(until=until)
            _check_sort(pool, status)
            check_preload(ctx, pool, status["ini"])
        service.may(ctx, "reload", name)


def _check_sort(pool, status):
    if status["sapi"] != MOD_PHP:
        raise StepFailed(
            _("{pool} runs as {sapi}, not inside Apache, so a reload of Apache would leave its "
              "caches as they are: choose the strategy “fpm-reload” or “reset”.").format(
                pool=pool, sapi=status["sapi"]))


def act(ctx):
    """Reload each Apache once and wait until all its old children are gone; counters by master.
    NotConfirmed on the deadline."""
    return {name: _reload(ctx, pools) for name, pools in fpm.by_master(ctx.pools).items()}


def _reload(ctx, pools):
    until = fpm.limit_of(ctx)
    started = clock.monotonic()
    pid = pools[0].status(until=until)["pid"]
    before = web_server.look(ctx, "apache", pid=pid)
    name, old = pools[0].master, len(next(iter(before.values())))
    ctx.say(f"Reloading {name}: visitors are answered all the time; its {old} children of now go "
            "when their requests and connections have ended")
    service.act(ctx, "reload", name)
    new = web_server.wait_for_new(ctx, "apache", before, until=until)
    for pool in pools:
        pool.renewed = new
    waited_ms = int((clock.monotonic() - started) * 1000)
    ctx.say(f"{name} reloaded: all {old} old children are gone after {waited_ms} ms, "
            f"{len(new)} new ones serve")
    return {"workers_before": old, "workers": len(new), "waited_ms": waited_ms}
