"""What the task pages' forms carry beside their one question."""

import re
import time
import unicodedata
import uuid

KEPT = "kept"
"""Under which a session keeps what a person wrote while they have to sign in once more."""

KEPT_S = 900
TERMS = ("when", "planned_for", "start_until", "zone")
WORDS, LONGEST = ("comment", "reason"), 500
_KEY = re.compile(r"[0-9a-f]{32}")


def request_key_of(request):
    """The form's own key (a double click sends it twice), or a new one for a new form."""
    sent = request.POST.get("request_key", "")
    return sent if _KEY.fullmatch(sent) else uuid.uuid4().hex


def reason_of(request):
    """What the person wrote under “Why now?”, as long as the column is."""
    return _plain(request, "reason")


def comment_of(request):
    """What the person wrote beside a yes or a no, as long as the column is."""
    return _plain(request, "comment")


def kept_of(request, path, user):
    """What is kept under `KEPT` of a form for the page at `path`: all that `user` wrote.

    Of somebody who is not known any more (None) only when it was to be: that is nobody's secret,
    and what was to be later must not become now.
    """
    names = (*WORDS, *TERMS) if user is not None else TERMS
    return {"path": path, "at": int(time.time()), "user": user and user.pk,
            "words": {name: request.POST.get(name, "")[:LONGEST] for name in names}}


def written(request, name, default=""):
    """What the person wrote into a field, in this POST or before they had to sign in once more."""
    return request.POST.get(name) or _kept(request, name) or default


def _plain(request, name):
    """One line of visible text: no controls, and nothing that turns the page around it."""
    text = " ".join(request.POST.get(name, _kept(request, name)).split())
    seen = "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cf"))
    return seen[:LONGEST]


def _kept(request, name):
    """What the person had written on this page before they had to sign in once more."""
    kept = request.session.get(KEPT) if request.method == "GET" else None
    if not kept or kept["path"] != request.path or time.time() - kept["at"] > KEPT_S:
        return ""
    if kept["user"] not in (None, request.user.pk):
        return ""
    return kept["words"].get(name, "")
