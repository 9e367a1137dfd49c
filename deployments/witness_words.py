"""The witness in words and codes: what it asks, what a sample says, the result sentence. Pure.

A sample is `[ms, status, took_ms, version, path, verdict]`, and for what is in trouble a seventh
part: why, in a few words. `ms` is when it was sent, since the record's `began_at`; status 0 means
no answer; `path` is an index into the record's `paths`.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

UNTOLD, OLD, NEW, BOTH = range(4)
"""Which version an answer told. OLD is the one that was live before, NEW the one released."""

FINE, FAILED, STALE, MIXED, STILL_OLD, EXCUSED, UNSENT = range(7)
"""What an answer counts as. STALE: of the wrong version, once PHP had followed."""

TROUBLES = (FAILED, STALE, MIXED)
WHERE_OLD = _lazy("See the doctor's page for why, and whether a cache in front of PHP keeps pages.")
BREACH = "Visitors got"
"""How the reason of a return begins that the budget brought about: pages know it by this."""

SWITCH, ACT, COHERENT, PROVED = "switch", "act", "coherent", "proved"
BACK, BACK_COHERENT, BACK_PROVED = "back", "back_coherent", "back_proved"
MOMENTS = {
    SWITCH: _lazy("Switch"), ACT: _lazy("PHP is told"), COHERENT: _lazy("PHP uses it"),
    PROVED: _lazy("Checked"), BACK: _lazy("Going back"), BACK_COHERENT: _lazy("PHP is back"),
    BACK_PROVED: _lazy("Checked again"),
}
"""The moments of a switch in their order, as people read them. The first of each kind counts."""

COUNTS = ("requests", "told", "untold", "failed", "announced", "old", "mixed", "still_old",
          "excused", "unsent", "unanswered")


@dataclass(frozen=True)
class WitnessPlan:
    """What is asked of each installation while it is switched, and what visitors may meet.

    `rate` is requests per second, 0 for no witness; `paths` () means the check pages; `mark` is the
    response header that names the version, "" for none.
    """

    rate: int = 0
    paths: tuple[str, ...] = ()
    settle_s: int = 0
    mark: str = ""
    failed_allowed: int = 0
    old_allowed: int = 0
    mixed_allowed: int = 0

    @classmethod
    def of(cls, environment):
        """Return what this environment (a row) wants."""
        return cls(
            environment.witness_rate, tuple(environment.witness_paths.split()),
            environment.witness_settle_s, environment.witness_mark, environment.failed_allowed,
            environment.old_allowed, environment.mixed_allowed)

    @classmethod
    def from_json(cls, saved):
        """Return the WitnessPlan that was saved; none asks where none was planned."""
        return cls(**saved | {"paths": tuple(saved["paths"])}) if saved else cls()


NO_WITNESS = WitnessPlan()


def totals(records):
    """Return the counts of several records together, and the slowest answer of all."""
    sums = {name: sum(record[name] for record in records) for name in COUNTS}
    return sums | {"slowest_ms": max((record["slowest_ms"] for record in records), default=0)}


def sentence(counts, *, reloads=False, is_first=False, is_resumed=False):
    """“Every test visit got a good page while it was switched: 1,204 visits, none failed, none old
    or mixed; slowest 84 ms”, and what limits its worth.

    Where PHP only `reloads` there is one version, and nothing can be old or mixed. Before a
    version that `is_first` nothing was there to answer. `is_resumed`: another worker took
    it up, and what the one before had seen is lost.
    """
    asked, untold = counts["requests"], counts["untold"] if counts["told"] else 0
    if not asked:
        return _("No test visit was answered")
    how = _(" ({untold:,} did not tell their version)").format(untold=untold) if untold else ""
    visits = ngettext("{count:,} visit", "{count:,} visits", asked).format(count=asked)
    failed = _("{failed:,} failed").format(failed=counts["failed"]) if counts["failed"] else (
        _("none failed"))
    versions = "" if reloads or _is_blind(counts, is_first) else _versions(counts)
    text = _("{head}: {visits}, {failed}{versions}{how}; slowest {slowest_ms:,} ms").format(
        head=_head(counts, reloads, is_first), visits=visits, failed=failed, versions=versions,
        how=how, slowest_ms=counts["slowest_ms"])
    since = [_("seen only since another worker took it up")] if is_resumed else []
    return "; ".join([text, *_notes(counts, reloads, is_first), *since])


def _head(counts, reloads, is_first):
    """How it went, before any number. What is “good” was told by the page itself."""
    if counts["failed"] or counts["old"] or counts["mixed"]:
        return _("Not every test visit got a good page while PHP reloaded") if reloads else (
            _("Not every test visit got a good page while it was switched"))
    if counts["excused"] or counts["unanswered"] or (counts["untold"] and not is_first):
        return _("No test visit went wrong because PHP reloaded") if reloads else (
            _("No test visit went wrong because of the switch"))
    return _("Every test visit got a good page while PHP reloaded") if reloads else (
        _("Every test visit got a good page while it was switched"))


def _versions(counts):
    if not counts["old"] and not counts["mixed"]:
        return _(", none old or mixed")
    return _(", {old} old, {mixed} mixed").format(
        old=f"{counts['old']:,}" if counts["old"] else _("none"),
        mixed=f"{counts['mixed']:,}" if counts["mixed"] else _("none"))


def _is_blind(counts, is_first):
    """Whether no answer told of which version it was, where there are two."""
    return bool(counts["untold"] and not counts["told"] and not is_first)


def _notes(counts, reloads, is_first):
    if _is_blind(counts, is_first) and not reloads:
        yield _("no answer told its version, so old and mixed ones could not be seen")
    if counts["still_old"]:
        yield _("{still_old:,} from the version before until PHP followed").format(
            still_old=counts["still_old"])
    if counts["announced"]:
        yield _("{announced:,} of the failed ones were announced").format(
            announced=counts["announced"])
    if counts["excused"] and is_first:
        yield _("{excused:,} of them before anything was there").format(excused=counts["excused"])
    elif counts["excused"]:
        yield _("{excused:,} more failed before the switch, or as they did before").format(
            excused=counts["excused"])
    if counts["unsent"]:
        yield _("{unsent:,} could not be asked").format(unsent=counts["unsent"])
    if counts["unanswered"]:
        yield _("{unanswered:,} still without an answer when the witness ended").format(
            unanswered=counts["unanswered"])


def excess(counts, plan):
    """Return in words what is more than `plan` allows, one item per kind; [] when nothing is.

    The plan's limits are for all servers together, and so are `counts`.
    """
    return [
        f"{found:,} {word} {'answer' if found == 1 else 'answers'} "
        f"({allowed:,} {'is' if allowed == 1 else 'are'} allowed)"
        for word, found, allowed in (
            ("failed", counts["failed"] - counts["announced"], plan.failed_allowed),
            ("old", counts["old"], plan.old_allowed),
            ("mixed", counts["mixed"], plan.mixed_allowed)) if found > allowed]


def asset_addresses(plan):
    """Return how the addresses begin whose files a Plan keeps for pages that were loaded before."""
    public = f"{plan.public_folder}/" if plan.public_folder else ""
    return tuple(f"/{path.removeprefix(public)}/" for sort, path in plan.entries
                 if sort == "asset" and path.startswith(public))


def breach(records, plan, assets=()):
    """Return why what visitors met is more than `plan` allows, in one sentence; "" when it is not.

    `records` are (server, record) pairs of one environment, `assets` as of `asset_addresses`.
    """
    over = excess(totals([record for __, record in records]), plan)
    if not over:
        return ""
    first = next(filter(None, (
        first_trouble(record, server, assets) for server, record in records)), "")
    return f"{BREACH} {' and '.join(over)}.{f' {first}' if first else ''}"


def first_trouble(record, server, assets=()):
    """Return a sentence on the record's first trouble that counts, and what to do; "" for none."""
    found = [sample for sample in record["samples"] if sample[5] in TROUBLES]
    if not found:
        return ""
    first = min(found)
    place = record["paths"][first[4]]
    says = f"{server}: {place['path']} {trouble(first, record)}"
    if place["sort"] == "asset" and first[1] in (404, 410):
        says += _(", which breaks pages that were loaded before; ")
        says += (_("its folder is one of the project's asset folders, so see on the server what "
                   "took the file away") if place["path"].startswith(tuple(assets)) else
                 _("add its folder to the project's asset folders"))
    first_words = _("First {when} on {says}.").format(when=when(first[0], record), says=says)
    return f"{first_words} {WHERE_OLD}" if first[5] == STALE else first_words


def trouble(sample, record):
    """“answered 502”, “came from the old version”: what was wrong with this answer."""
    why = sample[6] if len(sample) > 6 else ""
    if sample[5] == MIXED:
        return _("was made of both versions")
    if sample[5] == STALE:
        is_back = sample[0] >= record["moments"].get(BACK_COHERENT, float("inf"))
        return _("came from the new version") if is_back else _("came from the old version")
    if sample[1]:
        return _("answered {status}").format(status=sample[1])
    return _("gave no answer ({why})").format(why=why) if why else _("gave no answer")


def when(ms, record):
    """“0.31 s after the switch”, by the record's own moments."""
    begin = record["moments"].get(SWITCH, record["moments"].get(ACT))
    name = _("the switch") if SWITCH in record["moments"] else _("PHP was told")
    if begin is None:
        return _("{ms:.2f} s after the witness began").format(ms=ms / 1000)
    words = _("{s:.2f} s before {what}") if ms < begin else _("{s:.2f} s after {what}")
    return words.format(s=abs(ms - begin) / 1000, what=name)
