"""The list of the audit log: entries as sentences, filters in the address, cut by keys.

Nothing is counted: counting a million entries reads a million entries.
"""

from django.contrib.auth import get_user_model
from django.db.models import Max
from django.utils.translation import gettext as _

from ..audit import open_intents
from ..audit.verifying import FOREIGN
from ..errors import Refused
from ..models import AuditEntry, Environment
from ..policy.prospects import name_of
from ..waves import joined
from .audit_filters import LINKED, UNREADABLE, chosen_in, entries_of, is_indexed, last_of, numbered
from .audit_words import OPEN, OPEN_WORDS, RESULTS, TONES, WHATS
from .history import names_of
from .slices import key_of, without_part
from .windows import Window, window_of

SHOWN = 50
REACH = 50_000
"""How many entries are looked through at once where no index finds what was asked for."""


def list_of(rows, asked, projects, *, is_everything):
    """What the template shows of `rows`, the entries this person may see."""
    chosen, newest = chosen_in(asked), _newest()
    try:
        is_quick = is_indexed(chosen) and (is_everything or "project" in chosen)
        part, refusal = _part(rows, asked, chosen, newest, is_quick=is_quick), None
        shown = _shown(part.rows, newest)
    except FOREIGN:  # a day that is none, or an entry that was altered beyond reading
        part, refusal, is_quick, shown = Window([]), Refused(*UNREADABLE), False, []
    kept = without_part(asked)
    return {
        "part": part, "rows": shown,
        "refusal": refusal, "chosen": chosen, "only": _only(chosen), "kept": kept.urlencode(),
        "is_partial": not (refusal or is_quick or len(part.rows) >= SHOWN or part.first <= 1),
        "projects": projects, "environments": names_of(
            Environment.objects.filter(project__in=projects)),
        "people": _people() if is_everything else [], "whats": WHATS.items(),
        "results": [*RESULTS.items(), (OPEN, OPEN_WORDS)],
        "linked": [(name, chosen[name]) for name in LINKED if name in chosen],
    }


def _part(rows, asked, chosen, newest, *, is_quick):
    last = last_of(chosen, newest)
    part = window_of(entries_of(rows, chosen), asked, SHOWN, newest=last,
                     reach=max(last, 1) if is_quick else REACH)
    by_number = numbered(rows, chosen) if set(chosen) == {"q"} else None
    if by_number and by_number not in part.rows and key_of(asked, "before") is None:
        part.rows.insert(0, by_number)
    return part


def _shown(rows, newest):
    """Each entry with its words; an intent with what became of it, so that both read like one."""
    ends = open_intents.outcomes_of([row for row in rows if row.outcome == row.INTENDED])
    return [_words_of(row, ends.get(row.seq), newest) for row in rows]


def _newest():
    return AuditEntry.objects.aggregate(seq=Max("seq"))["seq"] or 0


def _words_of(row, end, newest):
    number, outcome = end or (None, row.outcome)
    words, tone = RESULTS.get(outcome, outcome), TONES.get(outcome, "quiet")
    if number:
        words, tone = _("Then: {result}").format(result=words), "quiet"
    elif outcome == row.INTENDED:
        tone = "warn"
        words = _("No outcome yet") if newest <= row.seq + open_intents.REACH else _(
            "No outcome in the {count:,} entries after it").format(count=open_intents.REACH)
    return {"entry": row, "result": words, "tone": tone, "end": number}


def _only(chosen):
    """What a link asked for that no field of the form shows, in words; "" for nothing."""
    words = []
    if "request_id" in chosen:
        words.append(_("what was done together, as request {request_id}").format(
            request_id=chosen["request_id"]))
    if "about_type" in chosen:
        words.append(_("what is about this {about_type}").format(about_type=chosen["about_type"]))
    if "action" in chosen:
        words.append(f"“{chosen['action'].replace('.', ' ').replace('_', ' ')}”")
    return joined(words)


def _people():
    """Names to choose from while one types."""
    users = get_user_model().objects.order_by("username")
    return [*map(name_of, users), _("Release manager")]
