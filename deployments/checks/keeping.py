"""System checks of what keeps the audit log and our secrets: triggers, anchors, and the ways on
which a password travels."""

import stat

from django.conf import settings
from django.core.checks import register
from django.utils.translation import gettext as _

from .asking import is_asked_for
from .safety import LOOPBACK, warning

ENCRYPTED = {"require", "verify-ca", "verify-full"}
"""What `sslmode` of PostgreSQL must be for nobody to read along: its default may do without."""


@register()
def what_is_kept_stays_kept(app_configs, **kwargs):
    if not is_asked_for():
        return []
    return [problem for look in (_triggers, _anchors, _mail_server, _database, _private_folder)
            for problem in look()]


def _triggers():
    if not settings.AUDIT_TRIGGERS:
        yield warning("W054", _("AUDIT_TRIGGERS is off: the database lets entries of the audit log "
                                "be changed."),
                                _("Take the setting away and run `manage.py migrate`."))


def _anchors():
    is_mailed = settings.AUDIT_ANCHOR_MAIL and settings.MAIL_IS_ON
    if not (settings.AUDIT_ANCHOR_FILE or settings.AUDIT_ANCHOR_SYSLOG or is_mailed):
        yield warning("W055", _("The audit log is anchored nowhere: whoever runs the database can "
                                "cut entries off unnoticed."),
                                _("Set AUDIT_ANCHOR_FILE, AUDIT_ANCHOR_SYSLOG or "
                                  "AUDIT_ANCHOR_MAIL. How is in the file docs/audit.md in the "
                                  "release manager's folder."))


def _mail_server():
    is_open = not getattr(settings, "EMAIL_USE_TLS", False) \
        and not getattr(settings, "EMAIL_USE_SSL", False)
    host = getattr(settings, "EMAIL_HOST", "")
    if settings.MAIL_IS_ON and is_open and settings.EMAIL_HOST_PASSWORD and not _is_here(host):
        yield warning("W056", _("The mail server's password can be read on its way, and "
                                "each mail with it."),
                                _("Write EMAIL_URL with smtp+tls:// or smtp+ssl://."))


def _database():
    database = settings.DATABASES["default"]
    is_open = database.get("OPTIONS", {}).get("sslmode") not in ENCRYPTED
    if database["ENGINE"].endswith("postgresql") and is_open and not _is_here(
            database.get("HOST", "")):
        yield warning("W057", _("What goes to the database and back can be read on its way, its "
                                "password too."),
                                _("Write DATABASE_URL with ?sslmode=verify-full, or require."))


def _private_folder():
    folder = settings.PRIVATE_ROOT
    if folder.is_dir() and folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warning("W058", _("Others may open {folder}: the database and what is built lie "
                                "there.").format(folder=folder), f"chmod 700 {folder}")


def _is_here(host):
    """Whether a host is this machine, or reached by a socket of its own."""
    return not host or host.startswith("/") or host in LOOPBACK
