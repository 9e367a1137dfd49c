"""What an address of the audit log asks for, as a queryset: for the list and for both exports."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..audit.open_intents import open_intents
from ..models import AuditEntry
from .audit_words import OPEN, WHATS
from .days import begin_of, end_of
from .slices import key_of

OFFERED = ("who", "project", "environment", "what", "since", "until", "result", "q")
"""What the form asks for."""
LINKED = ("action", "request_id", "about_type", "about_id")
"""What links of an entry's page ask for, besides."""
TEXTS = ("sentence", "actor_name", "address", "action", "about_text")
UNREADABLE = (_("These filters cannot be read."), _("Choose them anew."))
_ONE_INDEX = ({"who"}, {"project"}, {"result"}, {"action"}, {"request_id"},
              {"about_type", "about_id"})
"""What an index finds in the order of the list: for these the whole log is looked through."""


def chosen_in(asked):
    """{name: value} of an address, without what is empty."""
    written = {name: asked.get(name, "").strip() for name in (*OFFERED, *LINKED)}
    return {name: value for name, value in written.items() if value}


def entries_of(rows, chosen):
    """Those of `rows` that were asked for; ValueError where a day cannot be read."""
    for name in ("request_id", "about_type", "about_id", "action"):
        if name in chosen:
            rows = rows.filter(**{name: chosen[name]})
    if "project" in chosen:
        rows = rows.filter(project_slug=chosen["project"])
    if "environment" in chosen:
        rows = rows.filter(environment_slug=chosen["environment"])
    if "who" in chosen:
        rows = rows.filter(**_by(chosen["who"]))
    if "what" in chosen:
        rows = rows.filter(WHATS[chosen["what"]].filter) if chosen["what"] in WHATS else rows.none()
    if "result" in chosen:
        rows = _ended(rows, chosen["result"])
    if "q" in chosen:
        rows = rows.filter(_having(chosen["q"]))
    return _between(rows, chosen)


def is_indexed(chosen):
    """Whether what was chosen is found without reading what does not match."""
    names = set(chosen)
    if not names:
        return True
    return names in _ONE_INDEX and ("who" not in names or "actor_name" in _by(chosen["who"]))


def last_of(chosen, newest):
    """The key to begin at: the newest one, or where a chosen time ends.

    Entries stand in the order of time, but for those that were kept elsewhere and appended late.
    """
    end = end_of(chosen.get("until"))
    if end is None:
        return newest
    last = AuditEntry.objects.filter(at__lt=end).order_by("-at").values_list("seq", flat=True)
    late = AuditEntry.objects.filter(is_late=True).order_by().values_list("at", "seq")  # few
    return max([last.first() or 0, *(seq for at, seq in late if at < end)])


def numbered(rows, chosen):
    """The entry whose number was searched for, or None: anchors and checks speak of numbers."""
    number = key_of(chosen, "q")
    return None if number is None else rows.filter(seq=number).first()


def _by(name):
    is_name = AuditEntry.objects.filter(actor_name=name).exists()
    return {"actor_name" if is_name else "actor_name__icontains": name}


def _ended(rows, result):
    return rows.filter(seq__in=open_intents()) if result == OPEN else rows.filter(outcome=result)


def _having(text):
    found = Q(request_id=text)
    for name in TEXTS:
        found |= Q(**{f"{name}__icontains": text})
    number = key_of({"q": text}, "q")
    return found if number is None else found | Q(seq=number)


def _between(rows, chosen):
    since, until = begin_of(chosen.get("since")), end_of(chosen.get("until"))
    if since:
        rows = rows.filter(at__gte=since)
    return rows.filter(at__lt=until) if until else rows
