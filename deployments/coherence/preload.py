"""Classes that PHP preloads when it starts: what they need of a strategy that replaces workers."""

from django.utils.translation import gettext as _

from ..errors import StepFailed


def check_preload(ctx, pool, ini):
    """StepFailed where preloaded classes would be mixed with another release's pages, or PHP
    would not start again with the new release."""
    preload, root = ini.get("preload"), ctx.target.root
    if not preload:
        return
    if preload.startswith(f"{root}/releases/"):
        raise StepFailed(
            _("{pool} preloads {preload}, which is one version's own file: let opcache.preload "
              "name it below {root}/current.").format(pool=pool, preload=preload, root=root))
    if ctx.plan.kind == "reload":
        return  # nothing is switched
    if pool.prefix and pool.prefix != f"{root}/current":
        raise StepFailed(
            _("{pool} preloads {preload} and is handed {prefix}: between the switch and the reload "
              "every page would mix two versions. Use $document_root in the web server's "
              "fastcgi_param lines for a site that preloads.").format(
                pool=pool, preload=preload, prefix=pool.prefix))
    if preload.startswith(f"{root}/current/"):
        _compile(ctx, pool, preload.removeprefix(f"{root}/current/"))


def _compile(ctx, pool, name):
    """Where the file is missing or broken, PHP ends instead of starting anew."""
    path = f"{ctx.target.root}/releases/{ctx.release.name}/{name}"
    failed = pool.ask("warm", files=[path])["failed"]
    if failed:
        raise StepFailed(
            _("{pool} preloads {name} of each version, and that of {release} would keep PHP from "
              "starting: {error}.").format(
                pool=pool, name=name, release=ctx.release.name, error=failed[0]["error"]))
