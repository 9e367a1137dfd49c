"""Statuses, their allowed moves, and the words, icons and tones people read. Pure data.

A move outside `MOVES` is a programming error: `models` refuse to build the UPDATE for it.
"""

from types import MappingProxyType

RELEASE_MOVES = MappingProxyType({
    "pending": {"building", "cancelled"},
    "building": {"ready", "failed", "errored", "pending"},  # back in line: its worker was stopped
    "ready": {"retired"},
    "failed": set(),
    "errored": set(),
    "retired": set(),
    "cancelled": set(),
})

_ENDS_BEFORE_START = {"cancelled", "voided"}

DEPLOYMENT_MOVES = MappingProxyType({
    "waiting_turn": {"waiting_for_build", "failed", "expired", "cancelled"},
    "waiting_for_build":
        {"awaiting_approval", "scheduled", "queued", "failed", "expired", "cancelled"},
    "awaiting_approval":
        {"approved", "scheduled", "queued", "rejected", "expired"} | _ENDS_BEFORE_START,
    "approved": {"awaiting_approval", "scheduled", "queued", "expired"} | _ENDS_BEFORE_START,
    "scheduled": {"queued", "expired"} | _ENDS_BEFORE_START,
    "queued": {"running", "expired"} | _ENDS_BEFORE_START,
    "running": {"succeeded", "failed", "errored", "cancelled", "needs_attention"},
    "needs_attention": {"running"},
    "succeeded": set(),
    "failed": set(),
    "errored": set(),
    "rejected": set(),
    "expired": set(),
    "cancelled": set(),
    "voided": set(),
})

TARGET_MOVES = MappingProxyType({
    "pending": {"prepared", "coherent", "skipped", "failed", "unknown"},  # a reload copies nothing
    "prepared": {"switched", "coherent", "skipped", "failed", "unknown", "reverted"},
    "switched": {"coherent", "failed", "unknown", "reverted"},
    "coherent": {"proved", "failed", "unknown", "reverted"},
    "proved": {"failed", "unknown", "reverted"},
    "failed": {"reverted", "unknown", "prepared", "switched", "coherent"},
    "unknown": {"prepared", "switched", "coherent", "failed", "reverted"},
    "skipped": {"prepared", "coherent"},
    "reverted": {"prepared", "switched", "failed", "unknown"},  # a person decided to finish
})

ACTIVE = ("waiting_for_build", "awaiting_approval", "approved", "scheduled", "queued", "running",
          "needs_attention")
"""Deployment statuses that hold their environment: one such row per environment."""

OPEN = ("waiting_turn", *ACTIVE)
"""Deployment statuses that are not an end."""

BEFORE_START = ("waiting_turn", "waiting_for_build", "awaiting_approval", "approved", "scheduled",
                "queued")

WORKER_LOST = "The worker was lost - another one takes over"

_ICONS = {
    "good": "check", "bad": "cross", "wait": "clock", "busy": "spin", "warn": "warning",
    "quiet": "dash",
}


class Words(str):
    """A state's sentence, with `tone` (good, bad, wait, busy, warn, quiet) and `icon`."""

    def __new__(cls, text, tone):
        words = super().__new__(cls, text)
        words.tone = tone
        words.icon = _ICONS[tone]
        return words


ADOPTED = Words("Found live, not released by us", "quiet")
"""What a deployment is called that only records what was live before us."""


def release_words(status):
    """What a version's state is called on every page."""
    text, tone = {
        "pending": ("Waiting to be built", "wait"),
        "building": ("Being built", "busy"),
        "ready": ("Ready", "good"),
        "failed": ("Build failed", "bad"),
        "errored": ("Our fault - not built", "bad"),
        "retired": ("Removed from storage", "quiet"),
        "cancelled": ("Stopped", "quiet"),
    }[status]
    return Words(text, tone)


def deployment_words(
    status, *, switched=False, previous="", reverted=False, worker_lost=False, planned_for=None,
    reloads=False, decided=False, going_back=False, asked_php=True, approved=False, yes_lost=False,
):
    """What a deployment's state is called, from its status and what is known to be true.

    `previous` is the version visitors had before ("" on a first release); `switched` says whether
    any server was switched; `reverted` whether all of them were put back and proved; `reloads`
    whether PHP alone was to follow; `decided` whether a person said how it goes on; `going_back`
    whether it is on its way back; `worker_lost` whether nobody works on it now; `approved` whether
    somebody had said yes to it, `yes_lost` whether a yes was taken back or counts no more;
    `asked_php` whether PHP was told to follow, where it alone was to.
    """
    if status == "running":
        return Words(_running_words(previous, switched=switched, worker_lost=worker_lost,
                                    reloads=reloads, going_back=going_back), "busy")
    if status == "failed":
        if reloads and asked_php:
            return Words("Failed - PHP was not proved to follow", "bad")
        return _failed_words("" if reloads else previous, reverted=reverted, decided=decided)
    if status == "errored":
        back = f"went back to {previous}" if previous else "taken off again"
        return Words(f"Our fault - {back if reverted else 'nothing changed'}", "bad")
    if status == "scheduled" and planned_for:
        return Words(f"Planned for {planned_for:%d %b %H:%M}", "wait")
    text, tone = {
        "waiting_turn": ("Waiting for its turn", "wait"),
        "waiting_for_build": ("Being built", "busy"),
        "awaiting_approval": ("Waiting for approval", "wait"),
        "approved": ("Approved - waits to be started", "wait"),
        "scheduled": ("Planned", "wait"),
        "queued": ("In line", "wait"),
        "succeeded": ("Live and checked", "good"),
        "needs_attention": ("Needs a decision", "warn"),
        "rejected": ("Rejected", "bad"),
        "expired": ("Expired", "quiet"),
        "cancelled": ("Stopped", "quiet"),
        "voided": (f"Cancelled: {_why_void(approved, yes_lost)}", "quiet"),
    }[status]
    return Words(text, tone)


def _why_void(approved, yes_lost):
    if yes_lost:
        return "a yes to it no longer counts"
    return f"it changed after it was {'approved' if approved else 'asked for'}"


def _running_words(previous, *, switched, worker_lost, reloads, going_back):
    if worker_lost:
        return WORKER_LOST
    if reloads:
        return "Making PHP reload"
    if going_back and switched:
        return f"Going back to {previous}" if previous else "Taking it off again"
    return "Switched, checking" if switched else "Releasing"


def _failed_words(previous, *, reverted, decided):
    by_whom = "" if decided else " by itself"
    if reverted and previous:
        return Words(f"Went back to {previous}{by_whom}", "bad")
    if reverted:
        return Words(f"Failed - taken off again{by_whom}", "bad")
    if previous:
        return Words(f"Failed - visitors still see {previous}", "bad")
    return Words("Failed - nothing was changed", "bad")


def target_words(status):
    """What one server's part of a deployment is called."""
    text, tone = {
        "pending": ("Waiting", "wait"),
        "prepared": ("Copied", "busy"),
        "switched": ("Switched", "busy"),
        "coherent": ("PHP uses it", "busy"),
        "proved": ("Checked", "good"),
        "skipped": ("Not touched", "quiet"),
        "failed": ("Failed", "bad"),
        "unknown": ("Cannot tell yet", "warn"),
        "reverted": ("Went back", "warn"),
    }[status]
    return Words(text, tone)
