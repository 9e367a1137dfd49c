"""What visitors got around a switch: a sentence, a picture and its tables, on the deployment's page
and at an address of their own."""

from django.utils.translation import gettext as _

from ..models import WitnessRecord
from ..waves import joined
from ..witness_words import BREACH, COUNTS, UNSENT, UNTOLD, WitnessPlan, sentence, totals
from .door import deployment_page, show
from .progress_waves import waves_of
from .witness_picture import SHAPES, figure_of
from .witness_table import COLUMNS, servers_of, troubles_of


@deployment_page("GET")
def watch(request, actor, deployment):
    """The page at its own address: permalink for whoever may look at the deployment."""
    place = deployment.environment
    title = _("What visitors of {project} in {place} got").format(
        project=place.project.name, place=place.name)
    return show(request, "witness/page.html", deployment=deployment, environment=place,
                title=title, witness=witness_of(deployment), why_none=_why_none(deployment))


def drawn_sentence(deployment):
    """That there is a picture, once it has ended, for who watches; "" for none."""
    if deployment.is_open or \
            not WitnessRecord.objects.filter(target__deployment=deployment).exists():
        return ""
    return _("The picture of what visitors got is here when this page is loaded again.")


def sentence_of(deployment):
    """What visitors got, in a sentence to follow another; "" where no record was kept."""
    rows = list(WitnessRecord.objects.filter(target__deployment=deployment)
                .values(*COUNTS, "slowest_ms"))
    if not rows:
        return ""
    return f" {_sentence(deployment, totals(rows))}."


def witness_of(deployment, *, told=""):
    """What the templates show, as plain values; None where no record was kept. A sentence that the
    page has `told` already is not said again."""
    records = list(WitnessRecord.objects.filter(target__deployment=deployment)
                   .select_related("target").order_by("target__server_name", "target__pk"))
    if not records:
        return None
    rows, more = troubles_of(records)
    said, tone = f"{_said(deployment, records)}.", _tone(deployment, records)
    return {
        "sentence": f"{'' if said in told else said}{_dead_words(records)}".strip(),
        "budget": _budget_of(deployment),
        "tone": tone, "icon": _ICONS[tone],
        "figures": list(_figures(deployment, records)), "servers": servers_of(records),
        "columns": COLUMNS, "troubles": rows, "more_troubles": max(more, 0),
        "new": deployment.release.title, "old": deployment.before_title,
        "thinned": sum(row.requests for row in records) > _kept(records),
        "shapes": _shapes(records), "addresses": sorted({
            place["path"] for row in records for place in row.paths}),
    }


_ICONS = {"good": "check", "bad": "cross", "warn": "warning"}


def _budget_of(deployment):
    """That it was turned back because of what visitors got, and what was allowed; else ""."""
    if not deployment.cause.startswith(BREACH):
        return ""
    plan = WitnessPlan.from_json(deployment.plan.get("witness"))
    return (_("More than {environment} allows ({failed_allowed} failed, {old_allowed} old, "
              "{mixed_allowed} mixed), so the release was turned back by itself. What visitors got "
              "until the version before was back is counted too.").format(
        environment=deployment.environment.name, failed_allowed=plan.failed_allowed,
        old_allowed=plan.old_allowed, mixed_allowed=plan.mixed_allowed))


def _figures(deployment, records):
    """One for all servers, or one per wave: minutes may lie between waves."""
    waves = [(f"{wave.words}", {target.pk for target in wave.targets})
             for wave in waves_of(deployment)]
    if not waves:
        waves = [("", {record.target_id for record in records})]
    for number, (title, targets) in enumerate(waves, 1):
        own = [record for record in records if record.target_id in targets]
        if own:
            yield figure_of(number, title, own, _said(deployment, own))


def _said(deployment, records):
    return _sentence(deployment, _counts(records))


def _sentence(deployment, counts):
    return sentence(counts, reloads=deployment.kind == deployment.RELOAD,
                    is_first=not deployment.before_title, is_resumed=deployment.attempts > 1)


def _counts(records):
    return totals([vars(record) for record in records])


def _tone(deployment, records):
    counts = _counts(records)
    if counts["failed"] or counts["old"] or counts["mixed"]:
        return "bad"
    if _dead(records):
        return "warn"
    is_alone = deployment.kind == deployment.RELOAD or not deployment.before_title
    return "good" if counts["told"] or (is_alone and counts["requests"]) else "warn"


def _dead(records):
    """Addresses of pages that answered with an error, and never with anything else."""
    answers = {}
    for record in records:
        for sample in record.samples:
            place = record.paths[sample[4]]
            if place["sort"] == "page" and sample[5] != UNSENT:
                answers.setdefault(place["path"], set()).add(sample[1])
    return {path: codes for path, codes in sorted(answers.items())
            if all(code >= 400 for code in codes)}


def _dead_words(records):
    """That such a page shows nothing of a release; "" where there is none."""
    return "".join(
        _(" {path} answered {codes} all the time, so it shows nothing of the release: correct the "
          "witness's pages.").format(path=path, codes=joined(sorted(map(str, codes))))
        for path, codes in _dead(records).items())


def _kept(records):
    return sum(sample[5] != UNSENT for record in records for sample in record.samples)


def _shapes(records):
    """Which shapes the key must explain, beside new and old."""
    samples = [sample for record in records for sample in record.samples]
    found = {SHAPES[sample[5]][0] for sample in samples if sample[5] in SHAPES}
    is_untold = any(sample[3] == UNTOLD and sample[5] not in SHAPES for sample in samples)
    return found | ({"untold"} if is_untold else set())


def _why_none(deployment):
    """Why there is no record, in a sentence."""
    if deployment.is_open:
        return _("It is still on its way: the picture is drawn when it has ended.")
    if not deployment.plan.get("witness", {}).get("rate"):
        return (_("No witness asked for pages during this release. Give the environment a number "
                  "of requests per second, and the next one is watched."))
    if deployment.attempts > 1:
        return (_("The worker that began it was lost, and what its witness had seen was lost with "
                  "it."))
    return _("It ended before a server was switched, so there was nothing to watch.")
