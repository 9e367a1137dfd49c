"""Nothing is left that nobody could approve, unless whoever does it is sure."""

from contextlib import contextmanager

from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused


class NobodyCouldApprove(Refused):
    """It would leave releases that nobody could approve; the sentences say which."""


@contextmanager
def still_approvable(is_sure, *, again="", why=()):
    """Run a change in the caller's transaction; refuse it where releases are newly left without
    anybody who could approve them. `again` says what to press then;
    `why` are sentences on the cause, read after the change."""
    before = set(policy.unapprovable())
    yield
    found = [line for line in policy.unapprovable() if line not in before]
    if found and not is_sure:
        raise NobodyCouldApprove(" ".join([*found, *why]),
                                 _("Tick that it is meant so, and {again}.").format(
                                     again=again or _("save again")))
