"""Disk, database and audit log: whether what must be kept is kept."""

import os
import shutil
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...audit import late
from ...audit.open_intents import open_intents
from ...audit.verifying import FOREIGN
from ...models import AuditAnchor, AuditHead
from ..anchors import CHECK_EVERY
from .line import Line, ago

LITTLE, TOO_LITTLE = 2_000_000_000, 500_000_000
"""Bytes that must be free: a build, its archive and the database's journal lie there."""
NEWEST = 20_000
"""Entries in which intents without an outcome are looked for: the others are the log's page."""
SLACK = timedelta(hours=2)
LOG_PAGE = "deployments_auditentry_changelist"


def what_is_kept():
    """The Lines of what lies on this machine and in the database."""
    head = AuditHead.objects.filter(pk=1).first() or AuditHead()
    return [_disk(), _database(), _integrity(head), _anchors(head), *_kept_beside(),
            _intents(head)]


def _disk():
    free = shutil.disk_usage(settings.DATA_ROOT).free
    sentence = _("{size} are free in {data_root}, where versions are built and kept.").format(
        size=_size(free), data_root=settings.DATA_ROOT)
    if free >= LITTLE:
        return Line(_("Disk"), "good", _("Room"), sentence)
    remedy = _("Make room on this machine, or move DATA_DIR to a larger disk.")
    if free >= TOO_LITTLE:
        return Line(_("Disk"), "warn", _("Little room"), sentence, remedy)
    return Line(_("Disk"), "bad", _("Almost full"),
                _("{sentence} Builds fail next.").format(sentence=sentence), remedy)


def _size(count):
    return filesizeformat(count).replace("\xa0", " ")


def _database():
    if connection.vendor != "sqlite":
        return Line(_("Database"), "good", _("Answers"), f"{connection.display_name} answers.")
    path = settings.DATABASES["default"]["NAME"]
    size = os.path.getsize(path) if os.path.isfile(path) else 0
    return Line(_("Database"), "good", _("Answers"),
                _("SQLite answers; its file has {size}.").format(size=_size(size)))


def _integrity(head):
    """The last reading as it was noted: looking here must not read the whole log again."""
    more = {"page": LOG_PAGE, "shown": _("See the audit log")}
    if head.checked_at is None:
        return Line(_("Log integrity"), "warn", _("Not checked"),
                    _("The audit log was never verified."),
                    _("Open the log and press “Check now”; the worker does it each day."), **more)
    sentence = _("{verdict} Verified {ago}.").format(
        verdict=head.verdict, ago=ago(head.checked_at))
    if head.first_bad is not None and head.can_tell:
        return Line(_("Log integrity"), "bad", _("Changed"), sentence,
                    _("Tell whoever is responsible for security now, and keep the database and the "
                      "anchors as they are."), **more)
    if not head.can_tell:
        return Line(_("Log integrity"), "warn", _("Cannot tell"), sentence,
                    _("See that AUDIT_KEYS holds all keys and that the anchor file can be "
                      "read."), **more)
    if timezone.now() - head.checked_at > CHECK_EVERY + SLACK:
        return Line(_("Log integrity"), "warn", _("Long ago"), sentence,
                    _("The worker verifies it each day: see whether it runs. Or press “Check now” "
                      "there."), **more)
    return Line(_("Log integrity"), "good", _("Unaltered"), sentence, **more)


def _anchors(head):
    newest = AuditAnchor.objects.first()
    arrived = AuditAnchor.objects.exclude(arrived_in="").first()
    if newest is None:
        tone = "warn" if head.seq else "quiet"
        return Line(_("Anchors"), tone, _("None yet"),
                    _("No entry of the audit log is anchored outside the database."),
                    _("The worker anchors it each hour: see whether it runs.")
                    if head.seq else "")
    sentence = _("Entry {seq:,} was anchored {ago}").format(seq=newest.seq, ago=ago(newest.at))
    if not newest.arrived_in:
        since = _("the last that did is of {ago}").format(ago=ago(arrived.at)) if arrived else _(
            "none ever did")
        return Line(_("Anchors"), "bad", _("Arrived nowhere"),
                    _("{sentence}, but arrived nowhere; {since}. {problem}").format(
                        sentence=sentence, since=since, problem=newest.problem).strip(),
                        _("Mend what AUDIT_ANCHOR_FILE, AUDIT_ANCHOR_SYSLOG or AUDIT_ANCHOR_MAIL "
                          "name: it is tried again by itself."))
    sentence += _(", in {arrived_in}.").format(arrived_in=newest.arrived_in)
    if newest.problem:
        return Line(_("Anchors"), "warn", _("In part"), f"{sentence} {newest.problem}",
                    _("Mend what cannot be reached: the next anchor goes there again."))
    if head.seq > newest.seq and timezone.now() - newest.at > SLACK:
        return Line(_("Anchors"), "warn", _("Long ago"),
                    _("{sentence} What came after it can be cut off unnoticed.").format(
                        sentence=sentence),
                        _("The worker anchors it each hour: see whether it runs."))
    return Line(_("Anchors"), "good", _("Anchored"), sentence)


def _kept_beside():
    """Entries that the database would not take wait in a file."""
    path = late.kept_file()
    if path.exists() and path.stat().st_size:
        yield Line(_("Late entries"), "warn", _("Waiting"),
                   _("Entries of the audit log wait in {path}.").format(path=path),
                   _("The next task of this machine's worker appends them: see whether it runs."))


def _intents(head):
    try:
        found = open_intents(after=max(head.seq - NEWEST, 0))
    except FOREIGN:
        return Line(_("Open intents"), "warn", _("Cannot tell"),
                    _("The audit log holds an entry that cannot be read."),
                    _("Open the log and press “Check now”: it names the entry."),
                    page=LOG_PAGE, shown=_("See the audit log"))
    if not found:
        return Line(_("Open intents"), "good", _("None"),
                    _("Whatever was announced in the audit log was concluded there."))
    return Line(_("Open intents"), "quiet", _("Some"),
                ngettext("{count:,} thing was announced and not concluded yet, the first as entry "
                         "{seq:,}: under way, or lost with its worker.",
                         "{count:,} things were announced and not concluded yet, the first as "
                         "entry {seq:,}: under way, or lost with its worker.",
                         len(found)).format(count=len(found), seq=found[0]),
                page=LOG_PAGE, shown=_("See the audit log"))
