"""What people notice of a release while it goes on: waiting, errors, other sites. For Confirm."""

import math

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..models import Checkup, Deployment, Release
from ..plan import build_plan
from ..strategy_words import words_of
from ..waves import joined
from .kept import kept_of

SLOW_S = 1
FOLLOW_LATER = ("reset", "web-config", "apache-graceful")
"""Strategies by which nobody waits or fails, but PHP follows a moment after the switch."""


def noticed(kind, environment, release=None, *, installations=None, strategy=""):
    """Return sentences about what visitors and other sites would notice; [] when nothing.

    Seconds are those that were measured on that very server before. `release` may be None while
    it is not built; the other arguments are build_plan's.
    """
    plan = build_plan(kind, environment, release or Release(), installations=installations,
                      strategy=strategy)
    later = [] if kind == "reload" else list(dict.fromkeys(
        target.server for target in plan.targets if _strategy(target) in FOLLOW_LATER))
    said = [_follow_words(kind, environment, joined(later))] if later else []
    return said + [sentence for target in plan.targets for sentence in _of(target, kind)]


def _follow_words(kind, environment, servers):
    """On a way back what is left is the newer version, which nobody calls old: it is named."""
    live = Deployment.objects.live(environment) if kind == Deployment.ROLLBACK else None
    if live:
        return _("On {servers} visitors may still get pages of {version} for a moment, until PHP "
                 "has followed.").format(servers=servers, version=live.release.title)
    return _("On {servers} visitors may get old pages for a moment, until PHP has "
             "followed.").format(servers=servers)


def _of(target, kind):
    words = words_of(_strategy(target), reloads=kind == "reload")
    kept = kept_of(target.installation_id)
    masters = sorted({pool.master for pool in target.pools})
    if words.needs_root == "restart":
        errors = errors_words([kept.outage_s.get(name) for name in masters])
        yield _("On {server} {words}.").format(server=target.server, words=errors)
    elif words.name == "fpm-reload":
        yield _("On {server} {words}.").format(
            server=target.server, words=_waiting_words(kept.longest_request_s))
    if words.others and target.shares:
        yield ngettext("On {server} {sites} uses the same PHP service: {others}.",
                       "On {server} {sites} use the same PHP service: {others}.",
                       len(target.shares)).format(
            server=target.server, sites=joined(list(target.shares)), others=words.others)


def _strategy(target):
    """What the doctor advised last stands for `auto`; it looks again when the release starts."""
    if target.strategy != "auto":
        return target.strategy
    newest = Checkup.objects.known(target.installation_id)
    return newest.choice if newest and newest.choice else "auto"


def errors_words(seconds):
    """“visitors may see errors for about 1.2 s”, from what was measured by PHP-FPM service; None
    where nothing was."""
    known = [each for each in seconds if each is not None]
    if not known or len(known) < len(seconds):
        return _("visitors may see errors for a few seconds (not measured there yet)")
    return _("visitors may see errors for about {seconds:.1f} s, as they did the last time").format(
        seconds=max(0.1, sum(known)))


def _waiting_words(longest_s):
    if longest_s <= SLOW_S:
        return _("visitors may wait a moment, until the requests that run have ended")
    return _("visitors may wait up to {seconds} s, as long as the longest request takes").format(
        seconds=math.ceil(longest_s))
