"""Statuses, their allowed moves, and the words, icons and tones people read. Pure data.

A move outside `MOVES` is a programming error: `models` refuse to build the UPDATE for it.
"""

from types import MappingProxyType

from django.utils.dateformat import format as in_words
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

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

WORKER_LOST = _lazy("The worker was lost - another one takes over")

_ICONS = {
    "good": "check", "bad": "cross", "wait": "clock", "busy": "spin", "warn": "warning",
    "quiet": "dash",
}


_RELEASES = MappingProxyType({
    "pending": (_lazy("Waiting to be built"), "wait"),
    "building": (_lazy("Being built"), "busy"),
    "ready": (_lazy("Ready"), "good"),
    "failed": (_lazy("Build failed"), "bad"),
    "errored": (_lazy("Our fault - not built"), "bad"),
    "retired": (_lazy("Removed from storage"), "quiet"),
    "cancelled": (_lazy("Stopped"), "quiet"),
})

_DEPLOYMENTS = MappingProxyType({
    "waiting_turn": (_lazy("Waiting for its turn"), "wait"),
    "waiting_for_build": (_lazy("Being built"), "busy"),
    "awaiting_approval": (_lazy("Waiting for approval"), "wait"),
    "approved": (_lazy("Approved - waits to be started"), "wait"),
    "scheduled": (_lazy("Planned"), "wait"),
    "queued": (_lazy("In line"), "wait"),
    "succeeded": (_lazy("Live and checked"), "good"),
    "needs_attention": (_lazy("Needs a decision"), "warn"),
    "rejected": (_lazy("Rejected"), "bad"),
    "expired": (_lazy("Expired"), "quiet"),
    "cancelled": (_lazy("Stopped"), "quiet"),
})


class Words(str):
    """A state's sentence, with `tone` (good, bad, wait, busy, warn, quiet) and `icon`."""

    def __new__(cls, text, tone):
        words = super().__new__(cls, text)
        words.tone = tone
        words.icon = _ICONS[tone]
        return words


def adopted_words():
    """What a deployment is called that only records what was live before us."""
    return Words(_("Found live, not released by us"), "quiet")


def replaced_words():
    """What a deployment is called that was live and checked until another version replaced it."""
    return Words(_("Was live and checked"), "quiet")


def release_words(status):
    """What a version's state is called on every page."""
    return Words(*_RELEASES[status])


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
            return Words(_("Failed - PHP was not proved to follow"), "bad")
        return _failed_words("" if reloads else previous, reverted=reverted, decided=decided)
    if status == "errored":
        return Words(_errored_words(previous if reverted else None), "bad")
    if status == "scheduled" and planned_for:
        return Words(_("Planned for {at}").format(at=in_words(planned_for, "d M H:i")), "wait")
    if status == "voided":
        return Words(_("Cancelled: {why}").format(why=_why_void(approved, yes_lost)), "quiet")
    return Words(*_DEPLOYMENTS[status])


def _why_void(approved, yes_lost):
    if yes_lost:
        return _("a yes to it no longer counts")
    return _("it changed after it was approved") if approved else \
        _("it changed after it was asked for")


def _errored_words(back_to):
    """`back_to` is the version that is live again, "" where none was before, None without one."""
    if back_to is None:
        return _("Our fault - nothing changed")
    return _("Our fault - went back to {version}").format(version=back_to) if back_to else \
        _("Our fault - taken off again")


def _running_words(previous, *, switched, worker_lost, reloads, going_back):
    if worker_lost:
        return WORKER_LOST
    if reloads:
        return _("Making PHP reload")
    if going_back and switched:
        return _("Going back to {previous}").format(previous=previous) if previous else _(
            "Taking it off again")
    return _("Switched, checking") if switched else _("Releasing")


def _failed_words(previous, *, reverted, decided):
    by_whom = "" if decided else _(" by itself")
    if reverted and previous:
        return Words(_("Went back to {previous}{by_whom}").format(
            previous=previous, by_whom=by_whom), "bad")
    if reverted:
        return Words(_("Failed - taken off again{by_whom}").format(by_whom=by_whom), "bad")
    if previous:
        return Words(_("Failed - visitors still see {previous}").format(previous=previous), "bad")
    return Words(_("Failed - nothing was changed"), "bad")


def target_words(status):
    """What one server's part of a deployment is called."""
    text, tone = {
        "pending": (_("Waiting"), "wait"),
        "prepared": (_("Copied"), "busy"),
        "switched": (_("Switched"), "busy"),
        "coherent": (_("PHP uses it"), "busy"),
        "proved": (_("Checked"), "good"),
        "skipped": (_("Not touched"), "quiet"),
        "failed": (_("Failed"), "bad"),
        "unknown": (_("Cannot tell yet"), "warn"),
        "reverted": (_("Went back"), "warn"),
    }[status]
    return Words(text, tone)
