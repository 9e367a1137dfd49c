"""Django system checks of our own configuration: each says what to change."""

import os
import pwd
from email.utils import parseaddr
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import Error, Warning, register
from django.utils.translation import gettext as _

from ..models.fields import is_mail_address
from . import approvals, keeping, people, safety  # noqa: F401  (they register their checks)
from .asking import is_asked_for


def _is_key(text):
    try:
        Fernet(text)
    except ValueError:
        return False
    return True


@register()
def secrets_are_usable(app_configs, **kwargs):
    problems = []
    if not settings.FIELD_KEYS or not all(_is_key(key) for key in settings.FIELD_KEYS):
        problems.append(Error(
            _("FIELD_KEYS must be one or more Fernet keys, separated by commas."),
            hint=_("Make one with `make key`."), id="releasemgr.E001",
        ))
    if not settings.AUDIT_KEYS or any(len(key) < 32 for key in settings.AUDIT_KEYS):
        problems.append(Error(
            _("AUDIT_KEYS must be one or more secrets of at least 32 characters."),
            hint=_("Make one with `make key`."), id="releasemgr.E002",
        ))
    if {settings.SECRET_KEY} & {*settings.FIELD_KEYS, *settings.AUDIT_KEYS} \
            or {*settings.FIELD_KEYS} & {*settings.AUDIT_KEYS}:
        problems.append(Error(
            _("SECRET_KEY, FIELD_KEYS and AUDIT_KEYS must be different secrets."),
            id="releasemgr.E003",
        ))
    return problems


@register()
def queue_is_safe(app_configs, **kwargs):
    queue, problems = settings.Q_CLUSTER, []
    deployment = (settings.DEPLOYMENT_LIMIT_S + settings.PUT_BACK_LIMIT_S
                  + settings.PAUSES_LIMIT_S)
    longest = max(settings.BUILD_LIMIT_S, deployment)
    if queue.get("timeout", 0) <= longest:
        problems.append(Error(
            _("The queue's timeout must be longer than the longest build, and than the longest "
              "deployment with its pauses and its way back."),
            id="releasemgr.E011",
        ))
    if queue.get("retry", 0) <= 2 * queue.get("timeout", 0):
        problems.append(Error(
            _("The queue's retry must be more than twice its timeout, or tasks run twice."),
            id="releasemgr.E012",
        ))
    if queue.get("orm") != "default":
        problems.append(Error(
            _("The queue must use the ORM broker on the default database: rows and messages commit "
              "together."), id="releasemgr.E013",
        ))
    if not queue.get("ack_failures") or queue.get("max_attempts") != 1:
        problems.append(Error(
            _("The queue must not repeat tasks (ack_failures on, max_attempts 1)."),
            id="releasemgr.E014",
        ))
    return problems


@register()
def lease_outlives_heartbeat(app_configs, **kwargs):
    if settings.LEASE_S < 3 * settings.HEARTBEAT_S:
        return [Error(
            _("LEASE_S must be at least three times HEARTBEAT_S."), id="releasemgr.E015",
        )]
    return []


@register()
def silence_outlives_pulse(app_configs, **kwargs):
    if settings.PULSE_LIMIT_S < 3 * settings.PULSE_S:
        return [Error(
            _("PULSE_LIMIT_S must be at least three times PULSE_S."), id="releasemgr.E016",
        )]
    return []


def why_no_build_user():
    """Why root has no other account to build as, in a few words; "" when it has one, and when we
    are not root and cannot switch accounts anyway."""
    if os.geteuid() != 0:
        return ""
    try:
        account = pwd.getpwnam(settings.BUILD_USER)
    except KeyError:
        return _("BUILD_USER names “{build_user}”, and there is no such account").format(
            build_user=settings.BUILD_USER)
    return _("BUILD_USER names an account of root") if account.pw_uid == 0 else ""


def builds_have_own_user():
    """Whether builds on this machine run as another unix user than we do."""
    return os.geteuid() == 0 and not why_no_build_user()


@register()
def builds_are_separated(app_configs, **kwargs):
    if why := why_no_build_user():
        return [Error(
            _("{why}: builds on this machine are refused.").format(why=why),
            hint=_("Set BUILD_USER to an account without rights, for example nobody."),
            id="releasemgr.E022",
        )]
    if builds_have_own_user():
        return []
    return [Warning(
        _("Builds on this machine run as the release manager's own user and could read its "
          "secrets."),
        hint=_("Run the worker as root with BUILD_USER set, or build on a server of its own."),
        id="releasemgr.W021",
    )]


@register()
def people_can_be_told(app_configs, **kwargs):
    if not settings.MAIL_IS_ON:
        return [Warning(
            _("No mail server is configured: nobody is told how releases end."),
            hint=_("Set EMAIL_URL and DEFAULT_FROM_EMAIL. How is in the file docs/notifications.md "
                   "in the release manager's folder."),
            id="releasemgr.W031",
        )] if is_asked_for() else []
    sender = settings.DEFAULT_FROM_EMAIL
    if not sender.isprintable() or not is_mail_address(parseaddr(sender)[1]):
        return [Error(_("DEFAULT_FROM_EMAIL must be an address, or “Name <address>”."),
                      id="releasemgr.E032")]
    places = {urlsplit(settings.BASE_URL).hostname, parseaddr(sender)[1].rpartition("@")[2]}
    if places & {None, "localhost", "127.0.0.1"} and is_asked_for():
        return [Warning(
            _("Mails would come from “localhost”, or lead there: whoever gets one cannot use it."),
            hint=_("Set DEFAULT_FROM_EMAIL and BASE_URL to names that people can reach."),
            id="releasemgr.W033",
        )]
    return []
