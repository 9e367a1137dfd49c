"""Strategy `realpath`: the web server resolves `current` per request, so there is nothing to do
after the switch. Before it, the new release is compiled into OPcache (see `warm`)."""

from django.utils.translation import gettext as _

from .. import clock
from ..errors import StepFailed
from .pool import QUESTION_S


def check(pools, root, *, limit_s=QUESTION_S):
    """StepFailed when the web server hands PHP `current/…`: PHP would keep the old release; or
    when PHP preloads classes, which no switch replaces (every page would mix two releases).

    Busy pools are waited for up to `limit_s`.
    """
    until = clock.monotonic() + limit_s
    for pool in pools:
        preload = pool.status(until=until)["ini"].get("preload")
        if preload:
            raise StepFailed(
                _("{pool} preloads {preload}, and preloaded classes stay old until PHP-FPM is "
                  "reloaded: choose the strategy “fpm-reload”, or remove opcache.preload.").format(
                    pool=pool, preload=preload))
        if pool.prefix == f"{root}/current":
            raise StepFailed(
                _("{pool} is handed paths below {root}/current, so PHP would keep running the old "
                  "version. Use $realpath_root in the web server's fastcgi_param lines, or choose "
                  "the strategy “reset”.").format(pool=pool, root=root))
