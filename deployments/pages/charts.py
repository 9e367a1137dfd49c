"""Charts week by week as plain values: bars, marks, ticks. Templates draw them as SVG.

Across, positions are percent, so that a chart fits any width and its words keep their size; down,
they are pixels.
"""

from dataclasses import dataclass

from django.utils.dateformat import format as in_words
from django.utils.translation import gettext as _

from .lengths import length

TOP, BOTTOM, HEIGHT = 14, 150, 176
"""Pixels: of the plot's upper and lower end, and of the whole with the weeks below it."""

MOST_LABELS, GRID = 6, 3
MOST_TOLD = 26
"""Weeks that the words for who cannot see it list one by one: a page stays below 150 kB."""

BEYOND = 3
"""Where the worst is so many times the largest middle one, it is drawn at the edge."""

_STEPS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200,
            86_400, 172_800, 432_000, 864_000, 1_728_000, 2_592_000, 4_320_000, 8_640_000)
MANY_DAYS_S = 100 * 86_400


@dataclass(frozen=True)
class Series:
    """One value for each week (None: nothing to show), in a tone, called by a word."""

    word: str
    tone: str
    values: list


@dataclass(frozen=True)
class Chart:
    """What is drawn of each week, the grid with its words, and the names of some weeks."""

    name: str
    title: str
    description: str
    weeks: list  # {"x", "width", "words", "bars": [{"x", "width", "y", "height", "tone"}], "marks"}
    grid: list  # {"y", "words"}
    labels: list  # {"x", "words", "is_spare": left out on a phone}
    height: int = HEIGHT
    bottom: int = BOTTOM

    @property
    def is_dense(self):
        """Whether there are so many weeks that marks must be small."""
        return len(self.weeks) > MOST_TOLD


def counts_chart(name, title, mondays, *series):
    """Bars on top of each other: how many, in whole numbers."""
    totals = [sum(values) for values in zip(*(each.values for each in series), strict=True)]
    step = _count_step(max(totals))
    return _stacked(name, title, mondays, series, step, str, is_stacked=True)


def rates_chart(name, title, mondays, *series):
    """Bars beside each other: shares from 0 to 1, shown in percent."""
    most = max((value or 0 for each in series for value in each.values), default=0)
    step = next(step for step in (0.02, 0.05, 0.1, 0.2, 1 / GRID) if step * GRID >= most)
    return _stacked(name, title, mondays, series, step, percent, is_stacked=False)


def lengths_chart(name, title, mondays, spans):
    """A bar for the middle one of each week, and a mark for its worst."""
    middle = max(span.median_s for span in spans if span)
    worst = max(span.worst_s for span in spans if span)
    most = worst if worst <= BEYOND * middle else middle * 1.4
    step = next((step for step in _STEPS_S if step * GRID >= most), None) \
        or -(-most // (GRID * MANY_DAYS_S)) * MANY_DAYS_S
    top, weeks = step * GRID, []
    for place, span in zip(_places(len(spans)), spans, strict=True):
        if span is None:
            weeks.append(place | {"words": _("nothing"), "bars": [], "marks": []})
            continue
        is_beyond = span.worst_s > top
        weeks.append(place | {
            "words": _("middle {middle}, slowest {slowest}, {count:,} in all").format(
                middle=length(span.median_s), slowest=length(span.worst_s), count=span.count),
            "bars": [_bar(place, 0.2, 0.6, 0, span.median_s / top, "busy")],
            "marks": [{"x": place["middle"], "y": TOP if is_beyond else _y(span.worst_s / top),
                       "is_beyond": is_beyond}]})
    return _chart(name, title, mondays, weeks, step, length)


def percent(share):
    """“4 %”; below ten, with the digit that tells them apart."""
    value = share * 100
    return f"{value:.0f} %" if value >= 10 or value == round(value) else f"{value:.1f} %"


def _stacked(name, title, mondays, series, step, words, *, is_stacked):
    top, weeks = step * GRID, []
    for number, place in enumerate(_places(len(mondays))):
        bars, below = [], 0
        for index, each in enumerate(series):
            share = (each.values[number] or 0) / top
            left, width = (0.2, 0.6) if is_stacked else (0.14 + index * 0.38, 0.34)
            if share:
                bars.append(_bar(place, left, width, below, share, each.tone))
            below += share if is_stacked else 0
        said = ", ".join(f"{words(each.values[number])} {each.word}" for each in series
                         if each.values[number] is not None)
        weeks.append(place | {"words": said or _("nothing"), "bars": bars, "marks": []})
    return _chart(name, title, mondays, weeks, step, words)


def _chart(name, title, mondays, weeks, step, words):
    for monday, week in zip(mondays, weeks, strict=True):
        week["words"] = _("Week of {day}: {words}").format(day=day(monday), words=week["words"])
    every = -(-len(weeks) // MOST_LABELS)
    labels = [{"x": week["middle"], "words": day(monday), "is_spare": number // every % 2}
              for number, (monday, week) in enumerate(zip(mondays, weeks, strict=True))
              if number % every == 0]
    grid = [{"y": _y(line / GRID), "words": words(step * line)} for line in range(GRID + 1)]
    told = f"{'. '.join(week['words'] for week in weeks)}." if len(weeks) <= MOST_TOLD \
        else _("The table below has each week.")
    return Chart(name, title, told, weeks, grid, labels)


def day(monday):
    """“7 Sep”."""
    return in_words(monday, "j M")


def _places(count):
    share = 100 / count
    return [{"x": f"{number * share:.2f}%", "width": f"{share:.2f}%", "share": share,
             "left": number * share, "middle": f"{(number + 0.5) * share:.2f}%"}
            for number in range(count)]


def _bar(place, left, width, below, share, tone):
    """From `below` up by `share`, both of the plot; wide as that part of a week's place."""
    high, low = _y(below + share), _y(below)
    return {"x": f"{place['left'] + left * place['share']:.2f}%", "tone": tone,
            "width": f"{width * place['share']:.2f}%", "y": high, "height": max(low - high, 1.5)}


def _y(share):
    return round(BOTTOM - share * (BOTTOM - TOP), 1)


def _count_step(most):
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * GRID >= most:
                return step
        size *= 10
