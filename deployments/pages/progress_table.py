"""The table of a deployment: a row per server, a column per step people know."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .progress_waves import waves_of

STEPS = (_lazy("Get and build"), _lazy("Copy"), _lazy("Switch"), _lazy("PHP uses it"),
         _lazy("Check"))

_COLUMNS = {
    "connect": 1, "inspect": 1, "examine": 1, "copy": 1, "arm": 1, "commands before": 1,
    "switch": 2, "cohere": 3, "prove": 4, "commands after": 4, "touch": 2, "put back": 2,
}
"""Index in STEPS of each step of the flow."""

_COPIED = ("arm", "commands before", "switch")
"""Steps that a server reaches once the version is copied to it."""

_REACHED = {"switched": 3, "coherent": 4, "proved": 4}
"""The first column a server may still be in, by its status; else the first after the build."""

_CELLS = {
    "done": (_lazy("Done"), "good", "check"), "busy": (_lazy("Working"), "busy", "spin"),
    "wait": (_lazy("Waiting"), "quiet", "dash"), "failed": (_lazy("Failed"), "bad", "cross"),
    "unknown": (_lazy("Cannot tell yet"), "warn", "warning"),
    "untold": (_lazy("Not known"), "warn", "warning"), "back": (_lazy("Went back"), "warn", "back"),
    "returning": (_lazy("Going back"), "busy", "spin"), "skipped": (_lazy("Not touched"),
                                                                    "quiet", "dash"),
    "none": (_lazy("Not needed"), "quiet", "dash"),
}


def table_of(deployment):
    """Rows as plain values: server, its wave, its problem, and a cell (name, words, tone, icon) per
    step."""
    waves = {target.pk: _("Wave {number}").format(
        number=wave.number) for wave in waves_of(deployment)
             for target in wave.targets}
    return [
        {"server": target.server_name, "wave": waves.get(target.pk, ""),
         "problem": "" if _is_tried_again(deployment) else target.problem,
         "cells": [_cell(name) for name in _cells(deployment, target)]}
        for target in deployment.targets.all()
    ]


def _cell(name):
    words, tone, icon = _CELLS[name]
    return {"name": name, "words": words, "tone": tone, "icon": icon}


def column(deployment, target):
    """Index in STEPS of what the server is doing now, or stopped in; a reload only uses PHP."""
    first = 3 if deployment.kind == "reload" else 1
    if target.step == "arm" and deployment.switching_at:
        first = max(first, 2)  # a later wave asks again before its switch: it was copied long ago
    return max(first, _REACHED.get(target.status, 1), _COLUMNS.get(target.step, 1))


def step_now(deployment):
    """“Step 3 of 5: Switch” of the server that is least far; "" where it does not go forward. From
    rows alone, for lists; its own page says more."""
    targets = deployment.targets.all()
    goes_on = deployment.status == "running" and deployment.owner and not (
        deployment.is_going_back or deployment.is_worker_lost)
    if not goes_on or not targets:
        return ""
    at = min(column(deployment, target) for target in targets)
    if deployment.switching_at:
        at = max(at, 2)  # what a later wave needs was copied long ago
    return _("Step {number} of {steps}: {step}").format(
        number=at + 1, steps=len(STEPS), step=STEPS[at])


def is_going_back(target):
    """Whether the server is being put back now (its end, `reverted`, is not reached)."""
    on_its_way = target.step in ("touch", "put back") or "went_back_to" in target.evidence
    return on_its_way and target.status != "reverted"


def _cells(deployment, target):
    if deployment.status in ("running", "succeeded") or target.status not in (
            "pending", "skipped"):
        names = _since_start(deployment, target)
    else:
        names = _never_started(deployment, target)
    if deployment.kind == "reload":
        names[:3] = ["none"] * 3
    elif deployment.kind == "rollback":
        names[0] = "none"
    return names


def _never_started(deployment, target):
    rest = "wait" if deployment.is_open else "skipped"
    build = {
        "pending": "wait", "building": "busy", "ready": "done", "retired": "done",
        "failed": "failed", "errored": "failed",
    }.get(deployment.release.status, rest)
    if build in ("wait", "busy") and not deployment.is_open:
        build = "none"  # it may still be built, but no longer for this deployment
    return [build, *_left_alone(target, rest)]


def _left_alone(target, rest):
    """The cells from the copy on: it may have got that, and then not its turn."""
    is_copied = target.status == "skipped" and target.step in _COPIED
    return ["done" if is_copied else rest] + [rest] * 3


def _since_start(deployment, target):
    rest = "wait" if deployment.is_open else "skipped"
    if target.status == "reverted":
        return ["done", "done"] + ["back"] * 3
    if is_going_back(target) and target.status != "unknown" and not _is_tried_again(deployment):
        return ["done", "done", "returning", "wait", "wait"]
    if target.status == "proved":
        return ["done"] * 5
    if target.status == "skipped":
        return ["done", *_left_alone(target, "skipped")]
    if target.status == "prepared" and deployment.switching_at and target.step != "switch":
        return ["done", "done"] + [rest] * 3  # its wave has not begun
    at = column(deployment, target)
    return ["done"] * at + [_now(deployment, target, rest)] + [rest] * (len(STEPS) - at - 1)


def _is_tried_again(deployment):
    """Whether a person decided to finish it: what went wrong before that is not how it is now."""
    return (deployment.status == "running" and deployment.decision == deployment.FINISH
            and not deployment.is_going_back)


def _now(deployment, target, rest):
    if target.status == "unknown" and not deployment.is_open:
        return "untold"  # it was away before its own switch, and nobody asks any more
    if target.status in ("failed", "unknown"):
        if not _is_tried_again(deployment):
            return target.status
        return "busy" if deployment.owner else rest
    return "busy" if deployment.status == "running" and deployment.owner and target.step else rest
