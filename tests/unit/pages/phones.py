"""What tests of signing in share: the codes of a phone, and what the audit log says."""

import time

from django_otp.oath import TOTP

from deployments.models import AuditEntry

PASSWORD = "correct horse battery"


def digits(phone, *, later=0):
    """The code that the phone shows now, or so many half minutes later.

    A half minute may end before it is typed: one of before, which counts as long as it is the last
    one, would be too old then. So the first is the one of now, and a second one is the next.
    """
    totp = TOTP(bytes.fromhex(phone.secret))
    totp.time = time.time() + 30 * later
    return f"{totp.token():06}"


def entries(action, outcome="done"):
    """Sentences of the audit log, the oldest first."""
    return list(AuditEntry.objects.filter(action=action, outcome=outcome)
                .order_by("seq").values_list("sentence", flat=True))


def is_in(client):
    """Whether the home page opens."""
    return client.get("/admin/").status_code == 200
