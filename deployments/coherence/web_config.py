"""Strategy `web-config`: the release's real path is written into a file that the web server's
configuration includes; the configuration is tested, reloaded, and its old workers are waited for.
"""

from django.utils.translation import gettext as _

from .. import clock
from ..errors import NotConfirmed, StepFailed
from ..sudoers import test_line
from . import fpm, service, web_server
from .learn import learn_prefix

NAME = "web.conf"
FILE = f".releasemgr/{NAME}"
CONTENT = {"nginx": 'set $release_root "{}";', "apache": 'Define RELEASE_ROOT "{}"'}
TEST_S = 60
LINES = {
    "nginx": "include {file}; and root $release_root{public}; in its server block, with "
             "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;",
    "apache": "Include {file} and DocumentRoot ${{RELEASE_ROOT}}{public} in its virtual host",
}


def text_for(web_server, folder):
    """Return what webconf.sh writes into the file for this folder."""
    return ("# Written at each switch; what stands here is replaced.\n"
            f"{CONTENT[web_server].format(folder)}\n")


def check(ctx):
    """Write the folder that is live, so that the file can be included, and test the configuration.

    StepFailed where we may not test or reload, where the test fails, or where PHP is still handed
    paths that the file does not name; says what to write.
    """
    service.may(ctx, "reload", ctx.target.web_service)
    live = _write(ctx)
    until = clock.monotonic() + ctx.proof_limit_s
    for pool in ctx.pools:
        preload = pool.status(until=until)["ini"].get("preload")
        if preload:
            raise StepFailed(
                _("{pool} preloads {preload}, and preloaded classes stay old until PHP-FPM is "
                  "reloaded: choose the strategy “fpm-reload”, or remove opcache.preload.").format(
                    pool=pool, preload=preload))
        if pool.prefix and live != f"{ctx.target.root}/current" and pool.prefix != live:
            raise StepFailed(_("{pool} is handed paths below {prefix}, not {live}, which "
                               "stands in {root}/{file}: {advice}, reload it once, then "
                               "release again.").format(
                pool=pool, prefix=pool.prefix, live=live, root=ctx.target.root, file=FILE,
                advice=_advice(ctx)))


def act(ctx):
    """Write, test, reload, wait until new workers alone serve, and see that PHP is handed the new
    path. Returns counters; NotConfirmed on the deadline."""
    target, until, started = ctx.target, fpm.limit_of(ctx), clock.monotonic()
    before = web_server.look(ctx, target.web_server, service=target.web_service)
    folder = _write(ctx)
    service.act(ctx, "reload", target.web_service)
    new = web_server.wait_for_new(
        ctx, target.web_server, before, service=target.web_service, until=until)
    waited_ms = int((clock.monotonic() - started) * 1000)
    ctx.say(f"{target.web_service} reloaded: {len(new)} new workers serve {folder} after "
            f"{waited_ms} ms")
    _see(ctx, folder, until, new)
    return {target.web_service: {"workers": len(new), "waited_ms": waited_ms, "folder": folder}}


def _write(ctx):
    """Return the folder that now stands in the file; StepFailed in the web server's words."""
    target = ctx.target
    login = target.login.partition("@")[0]
    try:
        line = test_line(login, target.web_test)
    except ValueError as problem:
        raise StepFailed(_("{server}: “{web_test}” is no command of plain words: correct the "
                           "installation's test of the configuration.").format(
            server=target.server, web_test=target.web_test)) from problem
    return ctx.run_script("webconf.sh", ctx.paths.root, ctx.fence, target.web_server,
                          target.web_test, line, timeout_s=TEST_S)["release_root"]


def _see(ctx, folder, until, new):
    """NotConfirmed where the web server has new workers that do not use the file. With mod_php
    those, all of them `new`, are PHP's too."""
    ctx.site.release_name = folder.rpartition("/")[2]
    for pool in ctx.pools:
        pool.prefix = learn_prefix(ctx.site, pool, ctx.target.root, until=until)
        pool.renewed = new if ctx.target.web_server == "apache" else frozenset()
        if pool.prefix != folder:
            raise NotConfirmed(_("{pool} is still handed paths below {prefix} after the reload: "
                                 "{advice}.").format(
                pool=pool, prefix=pool.prefix, advice=_advice(ctx)))


def _advice(ctx):
    public = f"/{ctx.site.public_folder}" if ctx.site.public_folder else ""
    line = LINES[ctx.target.web_server].format(file=f"{ctx.target.root}/{FILE}", public=public)
    return _("write {line}").format(line=line)
