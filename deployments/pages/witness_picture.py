"""The picture of a switch as plain values: a figure per wave, a lane per server, all positions.

Across, positions are shares of the plot, so that the picture fits any width and its words keep
their size; down, they are pixels. Samples that fall together are drawn once: the picture stays
small however long the witness asked.
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from ..witness_words import (
    ACT,
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
    when,
)

GUTTER, PLOT = 11.5, 88.0
"""Percent of the width: left of the plot, and the plot itself."""

LANE, NAME, BARS, ROWS = 118, 20, 36, {"new": 74, "told": 87, "old": 100}
"""Pixels of a lane: its height, its name, the bars of latency, and the rows of answers."""

LABEL, LEAD, AXIS = 17, 8, 24
LETTER, NARROWEST = 6.6, 240
"""Pixels of a letter, and of the plot on the narrowest phone: there too words stay inside."""

MOST_LANES, MOST_SPOTS, ALL_SPOTS, MOST_MARKS, ALL_MARKS = 12, 320, 900, 40, 300
"""Bounds of one figure, so that it stays below 60 kB; a spot is a place that a sample may have."""

BEFORE_MS, AFTER_MS = 3000, 3000
WIDEST_TICKS = 6
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600)
SHAPES = {FAILED: ("cross", "told"), MIXED: ("both", "told"), STALE: ("wrong", "old"),
          EXCUSED: ("excused", "told"), UNSENT: ("unsent", "told")}
"""What is drawn by itself: its shape, and the row it stands in."""

_DRAWN_FIRST = (UNSENT, EXCUSED, STALE, MIXED, FAILED)


@dataclass
class Lane:
    """One server's part: what is drawn, in the plot's 1000 units across and the lane's pixels."""

    name: str
    words: str
    tone: str
    y: int
    bars: str = ""
    new: str = ""
    old: str = ""
    untold: str = ""
    scale: str = ""
    marks: list = field(default_factory=list)  # (shape, x in percent of the picture, y)
    lines: list = field(default_factory=list)  # (moment, x in units)
    bands: list = field(default_factory=list)  # (what, from, width), in units


@dataclass
class Figure:
    """One wave."""

    number: int
    title: str
    description: str
    lanes: list
    labels: list  # (moment, words, x, y, anchor, dx, height of its line)
    ticks: list  # (words, x)
    top: int
    bottom: int
    height: int
    left_out: str


class Window:
    """The span of time that is drawn, in milliseconds since `zero` (the first switch)."""

    def __init__(self, records):
        self.base = min(record.began_at for record in records)
        begins = [self.at(record, _begin(record)) for record in records
                  if _begin(record) is not None]
        self.zero = min(begins, default=0)
        self.first = max(self.zero - BEFORE_MS, 0)
        ends = [self.at(record, record.ended_ms) for record in records]
        last = max(self._last_of_note(record) for record in records)
        rest = max(AFTER_MS, (last - self.first) // 2)
        self.last = max(min(max(ends), last + rest), self.first + 1000)

    def at(self, record, ms):
        """The moment on the clock that all servers of the figure share."""
        return int((record.began_at - self.base).total_seconds() * 1000) + ms

    def share(self, ms):
        """Where it is, from 0 at the left to 1 at the right."""
        return (ms - self.first) / (self.last - self.first)

    def shows(self, ms):
        return self.first <= ms <= self.last

    def _last_of_note(self, record):
        noted = [*record.moments.values(), 0]
        noted += [sample[0] + sample[2] for sample in record.samples if sample[5] in TROUBLES]
        return self.at(record, max(noted))


def figure_of(number, title, records, sentence):
    """Return the Figure of these records (of one wave); `sentence` says how it ended."""
    window = Window(records)
    shown = sorted(records, key=lambda record: not _is_troubled(record))[:MOST_LANES]
    shown = [record for record in records if record in shown]
    labels = _labels(records, window)
    top = LABEL * len(labels) + LEAD
    spots = min(MOST_SPOTS, ALL_SPOTS // len(shown))
    highest = _highest(shown, window)
    lanes = [_lane(record, window, y=top + LANE * index, spots=spots, highest=highest,
                   most_marks=min(MOST_MARKS, ALL_MARKS // len(shown)))
             for index, record in enumerate(shown)]
    bottom = top + LANE * len(lanes)
    return Figure(
        number=number, title=title, description=_description(records, sentence), lanes=lanes,
        labels=labels, ticks=_ticks(window), top=top, bottom=bottom, height=bottom + AXIS,
        left_out=_left_out(records, shown, window))


def _begin(record):
    return record.moments.get(SWITCH, record.moments.get(ACT))


def _is_troubled(record):
    return bool(record.failed or record.old or record.mixed)


def _percent(share):
    return f"{GUTTER + PLOT * share:.2f}%"


def _labels(records, window):
    """The moments with their words: when the first server was switched, and when the last one had
    reached the others. So stacked that lines cross few words: what stands right of its line with
    the earliest on top, then what stands left of it with the latest on top."""
    found = {}
    for moment in MOMENTS:
        times = [window.at(record, record.moments[moment]) for record in records
                 if moment in record.moments]
        if times:
            found[moment] = min(times) if moment == SWITCH else max(times)
    labels = [_label(moment, ms, window) for moment, ms in sorted(
        found.items(), key=lambda pair: pair[1])]
    begin = [label for label in labels if label["anchor"] == "start"]
    labels = begin + [label for label in reversed(labels) if label not in begin]
    return [label | {"y": LABEL * row + 12, "top": LABEL * row + 2}
            for row, label in enumerate(labels)]


def _label(moment, ms, window):
    share = window.share(ms)
    time = "0 s" if ms == window.zero else f"+{(ms - window.zero) / 1000:.2f} s"
    room = 1 - LETTER * len(f"{MOMENTS[moment]} {time}") / NARROWEST
    is_left = share <= room
    return {"moment": moment, "words": MOMENTS[moment], "time": time, "x": _percent(share),
            "anchor": "start" if is_left else "end", "dx": "5" if is_left else "-5"}


def _ticks(window):
    """Round seconds since the switch, so few that their words never touch."""
    span_s = (window.last - window.first) / 1000
    step = next((step for step in _STEPS_S if span_s / step <= WIDEST_TICKS), _STEPS_S[-1])
    first = -int((window.zero - window.first) / 1000 / step)
    ticks = []
    while window.shows(ms := window.zero + first * step * 1000):
        share = window.share(ms)
        if 0.02 < share < 0.97:
            ticks.append({"words": _seconds(first * step), "x": _percent(share)})
        first += 1
    return ticks


def _seconds(seconds):
    return "0 s" if not seconds else f"{'−' if seconds < 0 else '+'}{abs(seconds):g} s"


def _highest(records, window):
    took = [sample[2] for record in records for sample in record.samples
            if window.shows(window.at(record, sample[0])) and sample[5] != UNSENT]
    return max([*took, 50])


def _lane(record, window, *, y, spots, highest, most_marks):
    lane = Lane(_short(record.target.server_name), *_verdict(record), y=y)
    lane.scale = f"{highest} ms" if highest < 1000 else f"{highest / 1000:.1f} s"
    unit = 1000 / spots
    bars, dots, marks = {}, {"new": set(), "old": set(), "told": set()}, {}
    for sample in record.samples:
        ms = window.at(record, sample[0])
        if not window.shows(ms):
            continue
        spot = min(int(window.share(ms) * spots), spots - 1)
        shape = SHAPES.get(sample[5])
        if shape:
            marks[(shape, spot)] = sample[5]
        else:
            row = {NEW: "new", OLD: "old"}.get(sample[3], "told")
            dots[row].add(spot)
        if sample[5] != UNSENT:
            bars[spot] = max(bars.get(spot, 0), sample[2])
    at = {spot: f"{(spot + 0.5) * unit:.0f}" for spot in range(spots)}
    base = NAME + BARS
    lane.bars = "".join(f"M{at[spot]} {base}V{base - max(BARS * took / highest, 1.5):.0f}"
                        for spot, took in sorted(bars.items()))
    lane.new, lane.old = ("".join(f"M{at[spot]} {ROWS[row]}h0" for spot in sorted(dots[row]))
                          for row in ("new", "old"))
    lane.untold = "".join(f"M{at[spot]} {ROWS['told'] - 3}v6" for spot in sorted(dots["told"]))
    lane.marks = _marks(marks, spots, y, most=most_marks)
    _add_moments(lane, record, window)
    return lane


def _marks(marks, spots, y, *, most):
    """What is in trouble, the worst last and so on top; of many, evenly chosen ones."""
    found = sorted(marks.items(), key=lambda pair: (_DRAWN_FIRST.index(pair[1]), pair[0][1]))
    step = -(-len(found) // most)
    return [{"shape": shape, "x": _percent((spot + 0.5) / spots), "y": y + ROWS[row]}
            for ((shape, row), spot), __ in found[::step or 1]]


def _add_moments(lane, record, window):
    at = {moment: window.share(window.at(record, ms)) * 1000
          for moment, ms in record.moments.items()}
    lane.lines = [{"moment": moment, "x": f"{x:.1f}"} for moment, x in at.items()]
    begin, back = at.get(SWITCH, at.get(ACT)), at.get("back", 1000)
    bands = []
    if begin is not None:
        bands.append(("changing", begin, min(at.get(COHERENT, back), back)))
    if COHERENT in at and at[COHERENT] < back:
        bands.append(("sure", at[COHERENT], back))
    if "back" in at:
        bands.append(("changing", back, at.get("back_coherent", 1000)))
    if "back_coherent" in at:
        bands.append(("sure", at["back_coherent"], 1000))
    lane.bands = [{"what": what, "x": f"{start:.1f}", "width": f"{max(end - start, 0):.1f}"}
                  for what, start, end in bands]


def _verdict(record):
    """What was wrong there, in a few words, and their tone."""
    wrong = [words.format(count=count) for words, count in (
        (_("{count:,} failed"), record.failed), (_("{count:,} old"), record.old),
        (_("{count:,} mixed"), record.mixed)) if count]
    if wrong:
        return ", ".join(wrong), "bad"
    return (_("nothing wrong"), "good") if record.requests else (_("no answer"), "quiet")


def _short(name):
    return name if len(name) <= 18 else f"{name[:17]}…"


def _description(records, sentence):
    """The picture in words, for who cannot see it."""
    parts = [f"{sentence}."]
    for record in records[:MOST_LANES]:
        times = ", ".join(
            f"{MOMENTS[moment]} {when(record.moments[moment], {'moments': record.moments})}"
            for moment in MOMENTS if moment in record.moments and moment != SWITCH)
        parts.append(f"{record.target.server_name}: {_verdict(record)[0]}"
                     f"{f'; {times}' if times else ''}.")
    return " ".join(parts)


def _left_out(records, shown, window):
    """What the picture does not show, in a sentence; "" when it shows all."""
    count = sum(not window.shows(window.at(record, sample[0]))
                for record in records for sample in record.samples)
    notes = []
    if count:
        notes.append(_("{count:,} requests long before and after the switch are counted, "
                       "not drawn").format(count=count))
    if len(records) > len(shown):
        notes.append(_("{records} more servers are in the table, not drawn").format(
            records=len(records) - len(shown)))
    return f"{'; '.join(notes)}." if notes else ""
