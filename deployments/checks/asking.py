"""Whether a warning is for whoever runs this command, or opens the page that shows them."""

import contextlib
import sys
from contextvars import ContextVar

from django.conf import settings
from django.core.checks.registry import registry

_is_page = ContextVar("a page asks", default=False)


def is_asked_for():
    """Whether somebody looks at the configuration, or starts what works by it: every other command
    would say the same again each time."""
    is_command = sys.argv[1:2] in (["check"], ["worker"]) and "--only" not in sys.argv
    return is_command or _is_page.get()


def found():
    """What our own checks say of the running configuration, for a page: Django's messages, without
    the silenced ones."""
    with _asked():
        said = [message for check in registry.get_checks()
                if check.__module__.startswith("deployments.checks")
                for message in check(app_configs=None)]
    return [message for message in said if message.id not in settings.SILENCED_SYSTEM_CHECKS]


@contextlib.contextmanager
def _asked():
    token = _is_page.set(True)
    try:
        yield
    finally:
        _is_page.reset(token)
