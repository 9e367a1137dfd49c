"""What tests of signing in share: the codes of a phone, and what the audit log says."""

import time

from django_otp.oath import TOTP

from deployments.models import AuditEntry

PASSWORD = "correct horse battery"


def digits(phone, *, later=0):
    """The code that the phone shows now, or so many half minutes later."""
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
