"""Strategy `front-controller`: a stable entry outside the releases reads the link for each request.

Nothing is to be done after the switch: what the entry runs, it runs by the release's real path.
Only what the web server leads to the entry is meant: static files come from its own root.
"""

from django.utils.translation import gettext as _

from .. import clock
from ..errors import StepFailed
from . import entry


def check(ctx):
    """Install the entry. StepFailed where the web server leads past it, with the lines to write,
    or where PHP preloads classes, which no switch replaces."""
    ctx.site.questions.ask()
    until = clock.monotonic() + ctx.proof_limit_s
    for pool in ctx.pools:
        preload = pool.status(until=until)["ini"].get("preload")
        if preload:
            raise StepFailed(
                _("{pool} preloads {preload}, and preloaded classes stay old whatever the entry "
                  "runs: choose the strategy “fpm-reload”, or remove opcache.preload.").format(
                    pool=pool, preload=preload))
        if pool.prefix and not pool.has_entry:
            raise StepFailed(
                _("{pool} is handed scripts of {prefix} for {page_path}, not the entry: {lines}, "
                  "reload it once, then release again.").format(
                    pool=pool, prefix=pool.prefix, page_path=pool.plan.page_path, lines=lines(ctx)))


def lines(ctx):
    """Return what is to be written into the web server's configuration, as a part of a sentence."""
    path = f"{ctx.target.root}/{entry.FOLDER}/{ctx.site.entry}"
    if ctx.target.web_server == "apache":
        return (_("in Apache, let every address that is no file lead there (RewriteRule ^ "
                  "\"{path}\" [L]; see docs/strategies.md)").format(path=path))
    return _("in nginx, write fastcgi_param SCRIPT_FILENAME {path};").format(path=path)
