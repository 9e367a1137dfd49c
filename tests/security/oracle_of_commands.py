"""Who may do what by command: plain rows, written by hand and never read from the product.

A console has no network, so entries that count from certain networks alone never count there.
"""

from .oracle import LOOK

# command and its arguments ({…} is a row of the world), who may, whether it changes anything
COMMANDS = (
    ("deploy shop production --release {release.name}", "release", True),
    ("deploy shop production --release {release.name} --plan", LOOK, False),
    ("rollback shop production", "go_back", True),
    ("decide {needs_attention.pk} put-back", "decide", True),
    ("decide {needs_attention.pk} finish", "decide", True),
    ("issue_token shop production", "set_up", True),
    ("reset_opcache shop production --no-wait", "release", True),
    ("doctor shop production --limit 0", "release|set_up", True),
)

# commands that speak for nobody: whoever reaches the machine's console has them, and the log names
# its account; where each is tested
OF_THE_MACHINE = {
    "changepassword": "tests/unit/commands/test_djangos_own.py",
    "createsuperuser": "tests/unit/commands/test_djangos_own.py",
    "makemessages": "tests/unit/test_marking.py",
    "rotate_keys": "tests/unit/commands/test_tokens_and_keys.py",
    "seal_audit": "tests/unit/commands/test_seal_audit.py",
    "superuser": "tests/unit/commands/test_superuser.py",
    "verify_audit": "tests/unit/test_audit_anchors.py",
    "worker": "tests/unit/commands/test_worker.py",
}

# kind of what was asked for, why in an emergency, the power its requester must still have at start
STARTS = (("deploy", "", "release"), ("rollback", "", "go_back"),
          ("deploy", "The site is down", "emergency"))
# what became of whoever asked, or agreed, between then and the start; None of it lets it start
CHANGES = ("switched off", "entries ended", "asked from another network")
