"""The picture as tables: what each server answered in each part of the switch, and each trouble."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..witness_words import (
    ACT,
    BACK,
    BACK_COHERENT,
    COHERENT,
    EXCUSED,
    FAILED,
    MIXED,
    MOMENTS,
    NEW,
    OLD,
    STALE,
    SWITCH,
    TROUBLES,
    UNSENT,
    UNTOLD,
    trouble,
    when,
)

MOST_TROUBLES = 50
COLUMNS = (_lazy("Requests"), _lazy("New"), _lazy("Old"), _lazy("Told none"), _lazy("Mixed"),
           _lazy("Failed"),
           _lazy("Slowest"))


def servers_of(records):
    """A row per server: its counts, and when it reached each moment, in words."""
    return [{
        "server": record.target.server_name, "requests": f"{record.requests:,}",
        "failed": f"{record.failed:,}", "old": f"{record.old:,}", "mixed": f"{record.mixed:,}",
        "slowest": f"{record.slowest_ms:,} ms",
        "moments": [f"{MOMENTS[moment]}: {_after(record, ms)}"
                    for moment, ms in sorted(record.moments.items(), key=lambda pair: pair[1])],
        "parts": parts_of(record),
    } for record in records]


def parts_of(record):
    """A row per part of the switch, for one server: its name and what COLUMNS say."""
    groups = {}
    for sample in record.samples:
        if sample[5] != UNSENT:
            groups.setdefault(_part(sample[0], record.moments), []).append(sample)
    return [{"name": name, "cells": _cells(groups[name])} for name in _PARTS if name in groups]


def troubles_of(records):
    """(rows, how many are left out): what failed, was old or mixed, in the order of time."""
    found = [(record.began_at, sample, record) for record in records
             for sample in record.samples if sample[5] in TROUBLES]
    found.sort(key=lambda row: (row[0].timestamp() * 1000 + row[1][0], row[1]))
    rows = [{"when": when(sample[0], _plain(record)), "server": record.target.server_name,
             "path": record.paths[sample[4]]["path"],
             "what": trouble(sample, _plain(record)), "took": f"{sample[2]:,} ms"}
            for __, sample, record in found[:MOST_TROUBLES]]
    counted = sum(record.failed + record.old + record.mixed for record in records)
    return rows, counted - len(rows)


_PARTS = (_lazy("Before the switch"), _lazy("Until PHP used it"), _lazy("After that"),
          _lazy("While going back"),
          _lazy("After going back"))


def _part(sent, moments):
    begin = moments.get(SWITCH, moments.get(ACT))
    if begin is None or sent < begin:
        return _PARTS[0]
    if BACK in moments and sent > moments[BACK]:
        return _PARTS[4] if sent > moments.get(BACK_COHERENT, sent) else _PARTS[3]
    return _PARTS[2] if sent > moments.get(COHERENT, sent) else _PARTS[1]


def _cells(samples):
    def count(test):
        return f"{sum(map(test, samples)):,}"

    excused = sum(sample[5] == EXCUSED for sample in samples)
    more = _(" ({excused:,} not counted)").format(excused=excused) if excused else ""
    values = (
        f"{len(samples):,}", count(lambda s: s[3] == NEW), count(lambda s: s[3] == OLD),
        count(lambda s: s[3] == UNTOLD and s[5] not in (FAILED, EXCUSED)),
        count(lambda s: s[5] == MIXED), count(lambda s: s[5] == FAILED) + more,
        f"{max(s[2] for s in samples):,} ms")
    tones = ["bad" if any(s[5] == bad for s in samples) else "" for bad in (
        None, None, STALE, None, MIXED, FAILED, None)]
    return [{"name": name, "value": value, "tone": tone}
            for name, value, tone in zip(COLUMNS, values, tones, strict=True)]


def _after(record, ms):
    begin = record.moments.get(SWITCH, record.moments.get(ACT))
    return "0 s" if ms == begin else f"+{(ms - begin) / 1000:.2f} s"


def _plain(record):
    return {"moments": record.moments, "paths": record.paths}
