"""Django system checks of our own configuration: each says what to change."""

import os
import pwd

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import Error, Warning, register


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
            "FIELD_KEYS must be one or more Fernet keys, separated by commas.",
            hint="Make one with `make key`.", id="releasemgr.E001",
        ))
    if not settings.AUDIT_KEYS or any(len(key) < 32 for key in settings.AUDIT_KEYS):
        problems.append(Error(
            "AUDIT_KEYS must be one or more secrets of at least 32 characters.",
            hint="Make one with `make key`.", id="releasemgr.E002",
        ))
    if {settings.SECRET_KEY} & {*settings.FIELD_KEYS, *settings.AUDIT_KEYS} \
            or {*settings.FIELD_KEYS} & {*settings.AUDIT_KEYS}:
        problems.append(Error(
            "SECRET_KEY, FIELD_KEYS and AUDIT_KEYS must be different secrets.",
            id="releasemgr.E003",
        ))
    return problems


@register()
def queue_is_safe(app_configs, **kwargs):
    queue, problems = settings.Q_CLUSTER, []
    longest = max(settings.BUILD_LIMIT_S, settings.DEPLOYMENT_LIMIT_S)
    if queue.get("timeout", 0) <= longest:
        problems.append(Error(
            "The queue's timeout must be longer than the longest build or deployment.",
            id="releasemgr.E011",
        ))
    if queue.get("retry", 0) <= 2 * queue.get("timeout", 0):
        problems.append(Error(
            "The queue's retry must be more than twice its timeout, or tasks run twice.",
            id="releasemgr.E012",
        ))
    if queue.get("orm") != "default":
        problems.append(Error(
            "The queue must use the ORM broker on the default database: rows and messages "
            "commit together.", id="releasemgr.E013",
        ))
    if not queue.get("ack_failures") or queue.get("max_attempts") != 1:
        problems.append(Error(
            "The queue must not repeat tasks (ack_failures on, max_attempts 1).",
            id="releasemgr.E014",
        ))
    return problems


@register()
def lease_outlives_heartbeat(app_configs, **kwargs):
    if settings.LEASE_S < 3 * settings.HEARTBEAT_S:
        return [Error(
            "LEASE_S must be at least three times HEARTBEAT_S.", id="releasemgr.E015",
        )]
    return []


def builds_have_own_user():
    """Whether builds on this machine run as another unix user than we do."""
    try:
        account = pwd.getpwnam(settings.BUILD_USER)
    except KeyError:
        return False
    return os.geteuid() == 0 and account.pw_uid != 0


@register()
def builds_are_separated(app_configs, **kwargs):
    if builds_have_own_user():
        return []
    return [Warning(
        "Builds on this machine run as the release manager's own user and could read its secrets.",
        hint="Run the worker as root with BUILD_USER set, or build on a server of its own.",
        id="releasemgr.W021",
    )]
