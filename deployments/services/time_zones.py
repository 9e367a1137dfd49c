"""The time zone in which a person reads times: their own choice, for every session of theirs."""

from django.utils.translation import gettext as _

from .. import audit, zones
from ..errors import Refused
from ..models import Account
from .acting import acting


def zone_of(user):
    """The name that the person chose, or ""."""
    return Account.objects.filter(user=user).values_list("time_zone", flat=True).first() or ""


def choose_zone(actor, name):
    """The actor reads times in the zone of this name from now on; "": in the installation's."""
    with acting(actor, "account.changed"):
        if name and name not in zones.NAMES:
            raise Refused(_("“{name}” is no time zone.").format(name=name[:60]),
                          _("Choose one from the list."))
        before = zone_of(actor.user)
        if name == before:
            return
        Account.objects.update_or_create(user=actor.user, defaults={"time_zone": name})
        audit.record("account.changed", _("{actor} reads times in {name}").format(
            actor=actor.name, name=name or _("the time zone of the release manager")), actor=actor,
                     before={"time zone": before}, after={"time zone": name})
