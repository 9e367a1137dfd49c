"""System checks of what makes a running installation unsafe; only for whoever asks for them."""

import ipaddress
import stat
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Warning, register
from django.db import DatabaseError
from django.utils.translation import gettext as _

from ..models import Environment
from .asking import is_asked_for

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
WIDEST = {4: 16, 6: 48}
"""Proxies that are believed live in networks no wider than these."""


def warning(number, sentence, hint):
    return Warning(sentence, hint=hint, id=f"releasemgr.{number}")


def _is_reached_by_others():
    """Whether people open the site from other machines, as BASE_URL says."""
    return urlsplit(settings.BASE_URL).hostname not in LOOPBACK


@register()
def limits_can_be_kept(app_configs, **kwargs):
    problems = []
    if settings.SESSION_IDLE_MIN < 1 or settings.SESSION_LIMIT_H < 1 \
            or settings.FRESH_SIGN_IN_MIN < 0:
        problems.append(Error(
            _("SESSION_IDLE_MIN and SESSION_LIMIT_H must be at least 1, FRESH_SIGN_IN_MIN at least "
              "0."), id="releasemgr.E041"))
    if wrong := [text for text in settings.TRUSTED_PROXIES if _network(text) is None]:
        problems.append(Error(
            _("TRUSTED_PROXIES must be networks like 127.0.0.1/32; this is none: {wrong}").format(
                wrong=wrong[0]),
            id="releasemgr.E042"))
    return problems


@register()
def nothing_is_left_open(app_configs, **kwargs):
    if not is_asked_for():
        return []
    return [problem for look in (_debugging, _https, _hosts, _origins, _keys, _env_file, _proxies,
                                 _loopback, _accounts, _sessions, _environments)
            for problem in look()]


def _debugging():
    if settings.DEBUG:
        yield warning("W043", _("DEBUG is on: whoever meets an error sees code and settings."),
                       _("Set DEBUG=off."))


def _https():
    if not _is_reached_by_others():
        return
    if not settings.HTTPS:
        yield warning("W044", _("HTTPS is off: passwords and sessions can be read on the way."),
                       _("Put a web server with HTTPS in front, and set HTTPS=on."))
    elif settings.BASE_URL.startswith("http://"):
        yield warning("W045", _("BASE_URL begins with http://: links in mails lead around HTTPS."),
                       _("Write it with https://."))


def _hosts():
    if "*" in settings.ALLOWED_HOSTS:
        yield warning("W046", _("ALLOWED_HOSTS allows every name: a forged one gets into links."),
                       _("Name the host names that people open the site by."))


def _origins():
    wide = [text for text in settings.CSRF_TRUSTED_ORIGINS
            if "*" in text or (settings.HTTPS and text.startswith("http://"))]
    if wide:
        yield warning("W059",
                      _("CSRF_TRUSTED_ORIGINS believes {wide}: whoever has a page there can send "
                        "our forms in a signed-in person's name.").format(wide=wide[0]),
                      _("Name whole origins, with https://."))


def _keys():
    """Whether a key is guessable; one that is no key at all is another check's."""
    weak = [name for name, keys, least in (
        ("SECRET_KEY", [settings.SECRET_KEY], 40), ("FIELD_KEYS", settings.FIELD_KEYS, 44),
        ("AUDIT_KEYS", settings.AUDIT_KEYS, 32))
        if min(map(len, keys), default=0) >= least and min(len(set(key)) for key in keys) < 10]
    if len(settings.SECRET_KEY) < 40:
        weak.append("SECRET_KEY")
    if weak:
        yield warning("W047", _("{weak}: too short, or not random.").format(weak=", ".join(weak)),
                       _("Make new ones with `make key`. How to change each is in the file "
                         "docs/operating.md in the release manager's folder."))


def _env_file():
    path = Path(settings.ENV_FILE) if settings.ENV_FILE else None
    if path and path.is_file() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning("W048", _("{path} holds all secrets, and others than its owner may "
                                "open it.").format(path=path),
                       f"chmod 600 {path}")


def _network(text):
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _proxies():
    nets = [net for net in map(_network, settings.TRUSTED_PROXIES) if net is not None]
    if wide := [net for net in nets if net.prefixlen < WIDEST[net.version]]:
        yield warning("W049", _("TRUSTED_PROXIES trusts all of {wide}: whoever sits there can "
                                "claim any address.").format(wide=wide[0]),
                                _("Name the proxies' own addresses."))
    if settings.SECURE_PROXY_SSL_HEADER and not nets:
        yield warning("W050", _("Everybody seems to come from the proxy's address: it sets "
                                "X-Forwarded-For, and nobody believes it."),
                       _("Set TRUSTED_PROXIES to the proxy's address."))


def _loopback():
    if settings.ALLOW_LOOPBACK and _is_reached_by_others():
        yield warning("W060", _("ALLOW_LOOPBACK is on: whoever edits servers can have this "
                                "machine's own services asked."),
                                _("Take it away; it is for a demo."))


def _accounts():
    """Whoever's build commands run as such an account could speak for these people."""
    if settings.SYSTEM_ACCOUNTS.get(settings.BUILD_USER):
        yield warning("W063", _("SYSTEM_ACCOUNTS lets {build_user}, as whom builds run, speak for "
                                "people.").format(build_user=settings.BUILD_USER),
                                _("Take that account out of SYSTEM_ACCOUNTS."))


def _sessions():
    if settings.SESSION_IDLE_MIN > 120 or settings.SESSION_LIMIT_H > 24:
        yield warning("W051",
                      _("Sessions last very long: an open browser is a key left in the door."),
                       _("SESSION_IDLE_MIN=30 and SESSION_LIMIT_H=10 are the defaults."))
    if not settings.FRESH_SIGN_IN_MIN:
        yield warning("W052", _("Nobody is asked for a password again before approving."),
                       _("Set FRESH_SIGN_IN_MIN, 60 is the default."))


def _environments():
    """Protected ones that a stolen password opens; silent before the first `migrate`."""
    try:
        rows = list(Environment.objects.filter(is_protected=True, needs_two_step=False)
                    .select_related("project"))
    except DatabaseError:
        return
    if rows:
        names = ", ".join(str(row) for row in rows[:5]) + (_(" and others") if rows[5:] else "")
        yield warning("W053", _("Protected, and a password alone releases there: {names}.").format(
            names=names),
                       _("Switch on two-step sign-in on the environment's page."))
