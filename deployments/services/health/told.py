"""Notifications, and servers that nobody looked at lately."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, Max, Min, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from ...models import Deployment, Installation, Notice
from .line import Line, ago

LATELY = timedelta(days=7)
LONG = timedelta(minutes=30)
NAMED = 3
NOTICES = {"page": "deployments_notice_changelist", "shown": _lazy("See notifications")}


def who_is_told():
    """A Line on mails, and one on servers."""
    return [_notices(), _looks()]


def _notices():
    if not settings.MAIL_IS_ON:
        return Line(_("Notifications"), "quiet", _("No mail server"),
                    _("None is sent; what would be is kept, and read where it is."), **NOTICES)
    since = timezone.now() - LATELY
    given_up = Notice.objects.filter(status=Notice.GIVEN_UP, written_at__gt=since).count()
    oldest = Notice.objects.filter(status=Notice.WAITING).aggregate(at=Min("written_at"))["at"]
    if given_up:
        return Line(_("Notifications"), "warn", _("Given up"),
                    ngettext("In the last 7 days {count:,} mail was tried for long and given up.",
                             "In the last 7 days {count:,} mails were tried for long and given up.",
                             given_up).format(count=given_up),
                    _("See why beside each, mend it, and press “Send again”."), **NOTICES)
    if oldest and timezone.now() - oldest > LONG:
        return Line(_("Notifications"), "warn", _("Waiting"),
                    _("The oldest was written {ago} and is not sent yet.").format(ago=ago(oldest)),
                    _("See the mail server's answer beside it."), **NOTICES)
    return Line(_("Notifications"), "good", _("Sent"), _("None was given up in the last 7 days."))


def _looks():
    """Servers with something live whose last look is old, or that could not be looked at."""
    if not settings.DRIFT_EVERY_MIN:
        return Line(_("Looks at servers"), "quiet", _("Switched off"),
                    _("Servers are compared with what was released only when somebody presses "
                      "“Look now” (DRIFT_EVERY_MIN is 0)."))
    live = Deployment.objects.filter(environment=OuterRef("environment"), status="succeeded")
    looked = Installation.objects.filter(Exists(live), is_active=True).annotate(
        looked_at=Max("driftchecks__answered_at", filter=Q(driftchecks__problem="")))
    allowed = timedelta(minutes=max(60, 3 * settings.DRIFT_EVERY_MIN))
    old = looked.filter(Q(looked_at=None) | Q(looked_at__lt=timezone.now() - allowed))
    rows = list(old.select_related("server", "environment__project").order_by(
        "looked_at", "pk").values_list("server__name", "environment__project__name", "looked_at"))
    if not rows:
        return Line(_("Looks at servers"), "good", _("Fresh"),
                    _("Every server with something live was compared with what was released in the "
                      "last {minutes} minutes.").format(minutes=int(allowed.total_seconds() // 60)))
    never = _("never yet")
    names = "; ".join(f"{server} ({project}), {ago(at) if at else never}"
                      for server, project, at in rows[:NAMED])
    more = _("; and {rows} more").format(rows=len(rows) - NAMED) if len(rows) > NAMED else ""
    return Line(_("Looks at servers"), "warn", _("Old"),
                _("Not looked at lately: {names}{more}.").format(names=names, more=more),
                _("Open “Drift watch” of the place from “What’s live”: it says what hinders it."),
                page="index", shown=_("See what’s live"))
