"""Reading the log back: every entry's hash is computed again and compared."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings
from django.db import DataError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..models import AuditAnchor, AuditEntry, AuditHead
from . import offline
from .anchoring import EVERY, newest_in_file, read_file
from .writing import ADDED, COLUMNS, FORM, as_hashed

READ_EVERY = timedelta(minutes=5)
"""How old the last reading may be that the page of the log shows."""
READ_AT_ONCE = 3000
"""How many entries a page reads while somebody waits for it."""
FOREIGN = (ValueError, OverflowError, RecursionError, DataError)
"""What databases and Python raise over a value that no field of ours could hold."""
BLANK = {name: AuditEntry._meta.get_field(name).get_default() for name in ADDED}


@dataclass(frozen=True)
class Verdict:
    """`entries` read; `first_bad` is the seq of the first wrong one (None: unaltered), or of the
    first that cannot be verified, where `can_tell` is False."""

    entries: int
    first_bad: int | None
    sentence: str
    can_tell: bool = True
    newest_anchor: int = 0

    @property
    def anchored(self):
        """What the anchors were worth, as a sentence."""
        if not self.newest_anchor:
            return _("No anchor was compared.")
        return _("Compared with anchors, the newest of entry {newest_anchor}.").format(
            newest_anchor=self.newest_anchor)

    @property
    def exit_code(self):
        if not self.can_tell:
            return offline.CANNOT_TELL
        return offline.UNBROKEN if self.first_bad is None else offline.BROKEN


def verify_with(path=None):
    """`verify` with the anchors of this file, by default our own where we can get at it."""
    own = settings.AUDIT_ANCHOR_FILE
    if path is None and (seq := _unanchored()):
        return _without(_("no anchor was kept after entry {seq}, a release that went live").format(
            seq=seq))
    if path is None and not own:
        return verify()
    written = newest_in_file() if path is None else None  # before the file is read
    try:
        anchors = read_file(path or own)
    except PermissionError as problem:
        return _without(offline.why(problem)) if path else verify()  # the web's account need not
    except FileNotFoundError as problem:
        if path:
            return _without(offline.why(problem))
        return _without(_("{own} is gone, and entry {seq} was anchored there").format(
            own=own, seq=written.seq)) \
            if written else verify()
    except (OSError, UnicodeDecodeError, offline.CannotTell, offline.Forged) as problem:
        return _without(offline.why(problem))
    newest = max(each["seq"] for each in anchors)
    if written and written.seq > newest:
        return _without(_("It ends with entry {newest}, and entry {seq} was anchored there").format(
            newest=newest, seq=written.seq))
    return replace(verify(anchors), newest_anchor=newest)


def _unanchored():
    """The number of the newest release that went live an hour ago or more, and after which no
    anchor was kept: somebody took the list away. None where all is well.

    Entries of the older form are from before there were anchors.
    """
    released = AuditEntry.objects.filter(
        form=FORM, action="deployment.succeeded", at__lt=timezone.now() - EVERY).first()
    if released is None or AuditAnchor.objects.filter(seq__gte=released.seq).exists():
        return None
    return released.seq


def _without(problem):
    """The verdict where the anchors say nothing: what is broken without them is broken."""
    found = verify()
    is_bad = found.can_tell and found.first_bad is not None
    return found if is_bad else Verdict(
        found.entries, found.first_bad,
        _("The anchors cannot be used: {problem}.").format(problem=problem),
        can_tell=False)


def verify(anchors=()):
    """Read every entry in order, recompute its hash, and return a `Verdict`.

    The head is read before the entries and after them, so that entries written meanwhile are no
    alarm: what the first head names must be there, and nothing may lie beyond the second.
    """
    head, chain = _head(), offline.Chain(offline.ring(settings.AUDIT_KEYS), anchors=anchors)
    for values in _entries():
        if not chain.take(values):
            break
        if values["seq"] == head.seq and values["hash"] != head.hash:
            return _broken(chain, head.seq,
                           _("Entry {seq} is not the one written last.").format(seq=head.seq))
    return _verdict(chain, head)


def _entries():
    """Each entry as it was hashed. Of one that cannot even be read, as a foreign hand may leave it,
    the number alone; the entries around it are read one by one to find it."""
    last, rows = 0, AuditEntry.objects.order_by("seq").values(*COLUMNS)
    try:
        for row in rows.iterator(chunk_size=2000):
            yield _as_hashed(row)
            last = row["seq"]
    except FOREIGN:
        later = AuditEntry.objects.filter(seq__gt=last).order_by("seq")
        for seq in later.values_list("seq", flat=True).iterator(chunk_size=2000):
            yield _one(rows.filter(seq=seq), seq)


def _one(rows, seq):
    try:
        return _as_hashed(rows.get())
    except FOREIGN:
        return {"seq": seq}


def _as_hashed(row):
    values = as_hashed(row)
    if row["form"] == 1 and any(row[name] != BLANK[name] for name in ADDED):
        values["added"] = True  # there were no such columns when it was hashed
    return values


def _verdict(chain, head):
    if not chain.bad and chain.last < head.seq:
        return _broken(chain, chain.last + 1,
                       _("Entries after {last} are missing.").format(last=chain.last))
    chain.end()
    if chain.bad:
        return _broken(chain, *chain.bad)
    written = _head().seq
    if chain.last > written:
        return _broken(chain, written + 1,
                       _("Entries after {written} were not written here.").format(written=written))
    if chain.unread:
        return Verdict(chain.last, chain.unread, chain.missing_key, can_tell=False)
    sentence = ngettext("{count} entry, unaltered.", "{count} entries, unaltered.", chain.last)
    return Verdict(chain.last, None, sentence.format(count=chain.last))


def _broken(chain, seq, sentence):
    return Verdict(chain.last, seq, sentence)


def last_verdict(*, is_fresh=False):
    """Return (Verdict, when) of the newest reading by any process; older than `READ_EVERY`, or
    `is_fresh`: reads again.

    A page cannot wait for a long log to be read: workers do that, once a day and for *Check now*.
    `when` is None where it never was.
    """
    head = _head()
    is_recent = head.checked_at and timezone.now() - head.checked_at < READ_EVERY
    if not is_fresh and (is_recent or head.seq > READ_AT_ONCE):
        return Verdict(head.seq, head.first_bad, head.verdict, head.can_tell), head.checked_at
    verdict, now = verify_with(), timezone.now()
    remember(verdict, now)
    return verdict, now


def is_long():
    """Whether nobody should wait for the whole log to be read."""
    return _head().seq > READ_AT_ONCE


def remember(verdict, at):
    """Keep a reading for the page of the log."""
    AuditHead.objects.filter(pk=1).update(
        checked_at=at, first_bad=verdict.first_bad, verdict=verdict.sentence,
        can_tell=verdict.can_tell)


def _head():
    return AuditHead.objects.filter(pk=1).first() or AuditHead()
