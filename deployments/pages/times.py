"""Days and times that people write in forms, with the zone they mean."""

from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone
from django.utils.translation import gettext as _

from .. import zones
from ..errors import Refused
from ..freeze_windows import moment


def here():
    """Name of the zone in which every page shows times."""
    return timezone.get_current_timezone_name()


def moment_of(request, name, *, zone="zone"):
    """The aware moment in the POST's field `name` (YYYY-MM-DDTHH:MM) in the zone of its field
    `zone`; None where nothing is written, Refused where it cannot be read.

    An hour that the clock repeats is its first showing, one that it leaves out the jump.
    """
    text = request.POST.get(name, "").strip()
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(_("“{text}” is no day and time.").format(text=text[:40]),
                      _("Write it like 2026-11-30T08:00.")) \
            from None
    if local.tzinfo is not None:
        raise Refused(_("Write the time without a zone in it."), _("Choose the zone beside it."))
    return moment(local.date(), local.time(), _zone(request.POST.get(zone, "") or here()))


def _zone(name):
    name = zones.meant_by(name) or name
    if name not in available_timezones():
        raise Refused(_("“{name}” is no time zone.").format(name=name[:60]),
                      _("Write a city, like Berlin or New York."))
    return ZoneInfo(name)
