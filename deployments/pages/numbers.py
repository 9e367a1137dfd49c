"""Numbers: how often, how fast and how well the projects a person may look at are released."""

from statistics import median

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from ..models import Environment
from ..services.numbers import numbers_of
from .charts import Series, counts_chart, day, lengths_chart, percent, rates_chart
from .door import page, show, visible_projects
from .lengths import length

WEEKS = (12, 26, 52)

MEANT = {
    "released": _lazy("Versions that went live and were checked; and releases that began and did "
                      "not get there."),
    "to_live": _lazy("From when a worker took a release up until every server was proved to run "
                     "it."),
    "lead": _lazy("From when the newest commit of a version was written until it was first live."),
    "rates": _lazy("Failed: of the releases that began, those that did not end live and checked. "
                   "Gone back: how often somebody went back, for every version that went live."),
    "to_yes": _lazy("From the request until the last person whose yes it needed gave it; the time "
                    "a version took to be built is in it."),
}
"""What each number is, in one sentence; the page shows exactly these."""


@page("GET", "HEAD")
def numbers(request, actor):
    """The chosen weeks of the chosen projects; the address holds the choice."""
    projects = visible_projects(actor)
    places = list(Environment.objects.filter(project__in=projects).order_by(
        "position", "slug").values_list("pk", "project__slug", "slug"))
    chosen = {name: request.GET.get(name, "") for name in ("project", "environment")}
    weeks = _weeks(request.GET.get("weeks", ""))
    found = numbers_of([pk for pk, project, slug in places
                        if chosen["project"] in ("", project)
                        and chosen["environment"] in ("", slug)], weeks)
    is_empty = not (found.whole.live or found.whole.failed or found.whole.back)
    return show(
        request, "numbers/numbers.html", title=_("Numbers"), projects=projects, chosen=chosen,
        environments=list(dict.fromkeys(slug for __, __, slug in places)), weeks=weeks,
        choices=WEEKS, is_filtered=any(chosen.values()), since=found.edges[0], is_empty=is_empty,
        tiles=[] if is_empty else _tiles(found), sections=[] if is_empty else _sections(found))


def _weeks(text):
    return int(text) if text in map(str, WEEKS) else WEEKS[0]


def _tiles(found):
    """What stands on top: each number over all weeks, with what else must be known of it."""
    whole, over = found.whole, [row.live for row in found.counts[:-1]]
    usual = _("{median:,.10g} in a usual week, {over:,} in the busiest full week").format(
        median=median(over), over=max(over))
    tiles = [_tile("released", _("Versions put live"), f"{whole.live:,}", usual)]
    for name, words, times in (("to_live", _("Time to live"), found.to_live),
                               ("lead", _("Lead time"), found.lead),
                               ("to_yes", _("Time to approval"), found.to_yes)):
        if times.whole:
            tiles.append(_tile(name, words, length(times.whole.median_s),
                               _("half took no longer; the slowest {slowest}").format(
                                   slowest=length(times.whole.worst_s)), times.whole.worst))
    if whole.failure_rate is not None:
        tiles.append(_tile("rates", _("Failed"), percent(whole.failure_rate), _failed_words(whole)))
    if whole.back_rate is not None:
        note = ngettext("{back:,} for {live:,} version that went live",
                        "{back:,} for {live:,} versions that went live", whole.live)
        tiles.append(_tile("rates", _("Gone back"), percent(whole.back_rate),
                           note.format(back=whole.back, live=whole.live)))
    return tiles


def _tile(section, words, value, note, worst=None):
    return {"section": section, "words": words, "value": value, "note": note, "worst": worst}


def _failed_words(whole):
    begun = whole.live + whole.failed
    words = ngettext("{failed:,} of {begun:,} release", "{failed:,} of {begun:,} releases",
                     begun).format(failed=whole.failed, begun=begun)
    if not whole.failed:
        return words
    unseen = _("all") if whole.unseen == whole.failed else f"{whole.unseen:,}"
    return _("{words}; {unseen} before the switch, where visitors notice nothing").format(
        words=words, unseen=unseen)


def _sections(found):
    """One for each chart: heading, meaning, chart, key, and the same as a table."""
    mondays = [localtime(edge).date() for edge in found.edges[:-1]]
    live, failed = ([getattr(row, name) for row in found.counts] for name in ("live", "failed"))
    sections = [_section(
        "released", _("Releases per week"),
        counts_chart("released", _("Releases in each week"), mondays,
                     Series("live", "good", live), Series("failed", "bad", failed)),
        [("good", _("Went live")), ("bad", _("Failed"))], (_("Went live"), _("Failed")),
        list(zip(live, failed, strict=True)), mondays)]
    for name, heading, times in (("to_live", _("Time to live"), found.to_live),
                                 ("lead", _("Lead time"), found.lead)):
        sections += _of_times(name, heading, times, mondays)
    failing, back = ([getattr(row, name) for row in found.counts]
                     for name in ("failure_rate", "back_rate"))
    if any(share is not None for share in failing + back):
        sections.append(_section(
            "rates", _("Failed and gone back"),
            rates_chart("rates",
                        _("Shares that failed or were gone back from, in each week"), mondays,
                        Series("failed", "bad", failing), Series(_("gone back"), "warn", back)),
            [("bad", _("Failed")), ("warn", _("Gone back"))], (_("Failed"), _("Gone back")),
            [[_share(value) for value in pair] for pair in zip(failing, back, strict=True)],
            mondays))
    return sections + _of_times("to_yes", _("Time to approval"), found.to_yes, mondays)


def _of_times(name, heading, times, mondays):
    """The section of one length of time; none where nothing of it was measured."""
    if times.whole is None:
        return []
    chart = lengths_chart(name, _("{heading} in each week").format(heading=heading),
                          mondays, times.weeks)
    rows = [[length(span.median_s), length(span.worst_s), f"{span.count:,}"] if span
            else ["-", "-", 0] for span in times.weeks]
    key = [("busy", _("Half took no longer")), ("mark", _("Slowest"))]
    if any(mark["is_beyond"] for week in chart.weeks for mark in week["marks"]):
        key.append(("beyond", _("Slowest, beyond the picture")))
    return [_section(name, heading, chart, key, (_("Half took no longer than"), _("Slowest"),
                                                 _("How many")),
                     rows, mondays)]


def _section(name, heading, chart, key, columns, rows, mondays):
    weeks = [day(monday) for monday in mondays]
    weeks[-1] += _(", so far")
    return {"name": name, "heading": heading, "meant": MEANT[name], "chart": chart, "key": key,
            "columns": columns, "rows": list(zip(weeks, rows, strict=True))[::-1]}


def _share(value):
    return "-" if value is None else percent(value)
