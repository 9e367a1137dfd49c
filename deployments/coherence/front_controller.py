"""Strategy `front-controller`: a stable entry outside the releases reads the link for each request.

Nothing is to be done after the switch: what the entry runs, it runs by the release's real path.
Only what the web server leads to the entry is meant: static files come from its own root.
"""

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
                f"{pool} preloads {preload}, and preloaded classes stay old whatever the entry "
                "runs: choose the strategy “fpm-reload”, or remove opcache.preload.")
        if pool.prefix and not pool.has_entry:
            raise StepFailed(
                f"{pool} is handed scripts of {pool.prefix} for {pool.plan.page_path}, not the "
                f"entry: {lines(ctx)}, reload it once, then release again.")


def lines(ctx):
    """Return what is to be written into the web server's configuration, as a part of a sentence."""
    path = f"{ctx.target.root}/{entry.FOLDER}/{ctx.site.entry}"
    if ctx.target.web_server == "apache":
        return (f"in Apache, let every address that is no file lead there (RewriteRule ^ \"{path}\""
                " [L]; see docs/strategies.md)")
    return f"in nginx, write fastcgi_param SCRIPT_FILENAME {path};"
