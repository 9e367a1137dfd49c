"""Reloading and restarting a server's services as root, exactly as the printed lines allow it."""

from django.utils.translation import gettext as _

from ..errors import StepFailed
from ..sudoers import sudoers_line

RELOAD_S = 60
RESTART_S = 180
"""systemd gives a service 90 s to stop (systemd-system.conf(5), DefaultTimeoutStopSec)."""


def line_for(ctx, verb, service):
    """Return the line of sudoers that this server needs; StepFailed for an impossible name."""
    user = ctx.target.login.partition("@")[0]
    try:
        return sudoers_line(user, ctx.target.service_manager, verb, service)
    except ValueError as problem:
        raise StepFailed(
            _("{server}: “{service}” is no name of a service that could be told to {verb}: correct "
              "it in the server's PHP pools or the installation.").format(
                server=ctx.target.server, service=service, verb=verb)) from problem


def may(ctx, verb, service):
    """StepFailed when we may not do that there, with the exact line to paste; changes nothing."""
    _run(ctx, "", verb, service, timeout_s=RELOAD_S)


def act(ctx, verb, service):
    """Run `sudo -n PROGRAM VERB SERVICE` there; StepFailed in the server's words when it fails.

    A reload has then been asked for; whether it has happened, the caller must look.
    """
    _run(ctx, ctx.fence, verb, service, timeout_s=RELOAD_S if verb == "reload" else RESTART_S)


def _run(ctx, fence, verb, service, *, timeout_s):
    ctx.run_script(
        "service.sh", ctx.paths.root, fence, ctx.target.service_manager, verb, service,
        line_for(ctx, verb, service), timeout_s=timeout_s)
