"""What the task pages' forms carry beside their one question."""

import re
import uuid

_KEY = re.compile(r"[0-9a-f]{32}")


def request_key_of(request):
    """The form's own key (a double click sends it twice), or a new one for a new form."""
    sent = request.POST.get("request_key", "")
    return sent if _KEY.fullmatch(sent) else uuid.uuid4().hex


def reason_of(request):
    """What the person wrote under “Why now?”, as long as the column is."""
    return request.POST.get("reason", "").replace("\0", "").strip()[:500]
