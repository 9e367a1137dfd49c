"""Notifications, and servers that nobody looked at lately."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, Max, Min, OuterRef, Q
from django.utils import timezone

from ...models import Deployment, Installation, Notice
from .line import Line, ago, counted

LATELY = timedelta(days=7)
LONG = timedelta(minutes=30)
NAMED = 3
NOTICES = {"page": "deployments_notice_changelist", "shown": "See notifications"}


def who_is_told():
    """A Line on mails, and one on servers."""
    return [_notices(), _looks()]


def _notices():
    if not settings.MAIL_IS_ON:
        return Line("Notifications", "quiet", "No mail server", "None is sent; what would be is "
                    "kept, and read where it is.", **NOTICES)
    since = timezone.now() - LATELY
    given_up = Notice.objects.filter(status=Notice.GIVEN_UP, written_at__gt=since).count()
    oldest = Notice.objects.filter(status=Notice.WAITING).aggregate(at=Min("written_at"))["at"]
    if given_up:
        return Line("Notifications", "warn", "Given up", "In the last 7 days "
                    f"{counted(given_up, 'mail was', 'mails were')} tried for long and given up.",
                    "See why beside each, mend it, and press “Send again”.", **NOTICES)
    if oldest and timezone.now() - oldest > LONG:
        return Line("Notifications", "warn", "Waiting", f"The oldest was written {ago(oldest)} and "
                    "is not sent yet.", "See the mail server's answer beside it.", **NOTICES)
    return Line("Notifications", "good", "Sent", "None was given up in the last 7 days.")


def _looks():
    """Servers with something live whose last look is old, or that could not be looked at."""
    if not settings.DRIFT_EVERY_MIN:
        return Line("Looks at servers", "quiet", "Switched off", "Servers are compared with what "
                    "was released only when somebody presses “Look now” (DRIFT_EVERY_MIN is 0).")
    live = Deployment.objects.filter(environment=OuterRef("environment"), status="succeeded")
    looked = Installation.objects.filter(Exists(live), is_active=True).annotate(
        looked_at=Max("driftchecks__answered_at", filter=Q(driftchecks__problem="")))
    allowed = timedelta(minutes=max(60, 3 * settings.DRIFT_EVERY_MIN))
    old = looked.filter(Q(looked_at=None) | Q(looked_at__lt=timezone.now() - allowed))
    rows = list(old.select_related("server", "environment__project").order_by(
        "looked_at", "pk").values_list("server__name", "environment__project__name", "looked_at"))
    if not rows:
        return Line("Looks at servers", "good", "Fresh", "Every server with something live was "
                    f"compared with what was released in the last "
                    f"{int(allowed.total_seconds() // 60)} minutes.")
    names = "; ".join(f"{server} ({project}), {ago(at) if at else 'never yet'}"
                      for server, project, at in rows[:NAMED])
    more = f"; and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    return Line("Looks at servers", "warn", "Old", f"Not looked at lately: {names}{more}.",
                "Open “Drift watch” of the place from “What’s live”: it says what hinders it.",
                page="index", shown="See what’s live")
