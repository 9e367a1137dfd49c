"""Whether anybody is there to do the work, in one sentence."""

from django.utils.translation import gettext as _

from ..services.clusters import alive


def nobody_works():
    """Why nothing moves, when no worker gave a sign of life lately; else ""."""
    if alive().exists():
        return ""
    return (_("No worker is running: nothing is built or released until an administrator starts "
              "one (manage.py worker). What was asked for is kept."))
