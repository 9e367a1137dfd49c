"""Times as each person reads them: the zone of their choice, on every page."""

from itertools import groupby

from django.contrib import messages
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import zones
from ..errors import Refused
from ..services import time_zones
from .door import page, see_other, show


class TimeZones:
    """Middleware: whoever is signed in reads times in their own zone."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        name = request.sign_in.time_zone if request.sign_in else ""
        with timezone.override(zones.zone_called(name)):
            return self.get_response(request)


@page("GET", "POST")
def own(request, actor):
    """Choose one's own; what time it is there stands beside it."""
    if request.method != "POST":
        return _page(request, time_zones.zone_of(actor.user))
    name = request.POST.get("zone", "").strip()
    try:
        time_zones.choose_zone(actor, name)
    except Refused as refusal:
        return _page(request, name, refusal=refusal)
    messages.success(request, _("Times are shown in {name} from now on.").format(
        name=name or timezone.get_default_timezone_name()))
    return see_other("time-zone")


def _page(request, chosen, *, refusal=None):
    names = sorted(zones.NAMES - {"UTC"})
    groups = [(region, [(name, name.partition("/")[2].replace("_", " ")) for name in found])
              for region, found in groupby(names, key=lambda name: name.partition("/")[0])]
    return show(request, "account/time_zone.html", status=409 if refusal else 200,
                title=_("Time zone"), chosen=chosen, refusal=refusal, groups=groups,
                default=timezone.get_default_timezone_name(), now=timezone.now())
