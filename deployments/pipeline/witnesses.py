"""The witnesses of one run: begun before a wave's switch, asked about the budget after its proof,
ended with the run, and kept with its targets. All of it in the main thread, which alone writes.
"""

from dataclasses import replace

from django.db import DatabaseError, transaction

from .. import clock
from ..errors import StepFailed
from ..models import Target, WitnessRecord
from ..remote import http
from ..witness_words import asset_addresses, breach, excess, sentence, totals
from .judging import Ledger, Place
from .telling import Telling, Version, version_of
from .witness import STOP_WAIT_S, Witness

LOOK_S = 5
"""How long a switch waits at most until every page was seen as it is before."""

BEFORE_S = 1
DEADLINE_S = 30
MOST_BYTES = 8 * 1024 * 1024
WHO = {"User-Agent": "Releasemgr-Witness"}  # so that nobody counts it as a visitor
ANNOUNCES_ERRORS = ("fpm-restart",)


def witness_of(ctx):
    """Return the Witness of one target, not begun; None where the plan wants none."""
    plan = ctx.plan.witness
    if not plan.rate:
        return None
    strategy = ctx.evidence.get("strategy_chosen", {}).get("strategy", ctx.target.strategy)
    ledger = Ledger(_places(ctx.plan), is_first=not ctx.truth.previous,
                    is_announced=strategy in ANNOUNCES_ERRORS)
    return Witness(
        lambda path, headers: _ask(ctx, path, headers), ledger=ledger, rate=plan.rate,
        telling=Telling(_version(ctx, ctx.release), _old_version(ctx), mark=plan.mark),
        host=ctx.plan.site_host, is_connected=lambda: _is_connected(ctx))


def begin(run, contexts):
    """Begin to ask these servers, and return once each page was seen as it is before the switch.

    Servers of waves before are asked on: what visitors meet there while others follow counts.
    """
    fresh = [ctx for ctx in contexts if ctx.witness is None]
    for ctx in fresh:
        ctx.witness = ctx.ports.witness(ctx)
        if ctx.witness:
            ctx.witness.start()
    witnesses = _of(fresh)
    began = clock.monotonic()
    while witnesses and clock.monotonic() < began + LOOK_S:
        is_seen = all(witness.has_looked for witness in witnesses)
        if is_seen and clock.monotonic() >= began + BEFORE_S:
            break
        run.tick()
        clock.sleep(0.1)


def settle(run, listen=lambda: None):
    """Ask on for a while after the proof, and for every page and asset once.

    StepFailed as soon as visitors met more than is allowed; not where somebody goes back: he
    would get the version again that he wants to be rid of. And a reload has nothing to go back to.
    """
    _judge(run, clock.monotonic() + run.plan.witness.settle_s, listen)


def judge(run):
    """The same at once: what came since it settled, while commands ran, counts as well."""
    _judge(run, clock.monotonic(), lambda: None)


def _judge(run, until, listen):
    """A question that was asked by then is waited for: without an answer it has failed."""
    if not _of(run.contexts):
        return
    at_most = until + DEADLINE_S + 1
    while (now := clock.monotonic()) < at_most and not _is_over(run):
        if now >= until and all(witness.has_looked_again and witness.has_answers_to(until)
                                for witness in _of(run.contexts)):
            break
        run.tick()
        listen()
        clock.sleep(0.1)
    why = breach([(ctx.target.server, ctx.witness.record()) for ctx in run.contexts
                  if ctx.witness], run.plan.witness, asset_addresses(run.plan))
    if why and run.plan.kind == "deploy":
        raise StepFailed(why)
    if why:
        run.journal.say(why)


def _is_over(run):
    """Whether more went wrong than a release may: each second more of it would cost visitors."""
    counts = totals([witness.counts() for witness in _of(run.contexts)])
    return run.plan.kind == "deploy" and bool(excess(counts, run.plan.witness))


def said(run):
    """Stop asking; return what visitors got as a sentence to follow another, "" for no witness."""
    stop(run)
    records = [witness.record() for witness in _of(run.contexts)]
    if not records:
        return ""
    return f" {_sentence(run, totals(records))}."


def _sentence(run, counts):
    return sentence(counts, reloads=run.plan.kind == "reload",
                    is_first=not any(ctx.truth.previous for ctx in run.contexts),
                    is_resumed=run.deployment.attempts > 1)


def end(run):
    """Stop asking and keep what was seen; a second call changes nothing. TakenOver as everywhere.

    What a worker saw that was lost, or that handed over, is lost with it.
    """
    stop(run)
    for ctx in run.contexts:
        if ctx.witness:
            run.journal.say(f"{_sentence(run, ctx.witness.record())}.",
                            server=ctx.target.server)
    _keep(run)


def stop(run):
    """Ask no more, and wait a moment for answers under way; a second call does nothing."""
    witnesses = _of(run.contexts)
    for witness in witnesses:
        witness.hush()
    until = clock.monotonic() + STOP_WAIT_S
    while any(witness.is_waiting for witness in witnesses) and clock.monotonic() < until:
        clock.sleep(0.05)  # shorter than any lease
    for witness in witnesses:
        witness.stop(wait_s=0)


def drop(run):
    """Stop asking, and keep nothing: another worker has the deployment."""
    for witness in _of(run.contexts):
        witness.hush()
        witness.stop(wait_s=0)


def _keep(run):
    records = {ctx.target.installation_id: ctx.witness.record()
               for ctx in run.contexts if ctx.witness}

    def write():
        with transaction.atomic():
            run.claim.demand()
            for row in Target.objects.filter(deployment=run.deployment,
                                             installation__in=list(records)):
                WitnessRecord.objects.update_or_create(
                    target=row, defaults=records[row.installation_id])

    try:
        if records:
            run.claim.patiently(write)
    except (DatabaseError, ValueError) as problem:  # the deployment ends as it ended
        run.journal.say(f"What the witness saw could not be kept: {type(problem).__name__}")
    for ctx in run.contexts:
        ctx.witness = None


def _of(contexts):
    return [ctx.witness for ctx in contexts if ctx.witness]


def _places(plan):
    """What is asked for: the wanted pages, by default the check pages; these with their headers
    and the statuses that they may answer."""
    checks = {page.path: page for page in plan.pages}
    places = []
    for path in dict.fromkeys(plan.witness.paths or checks):
        page = checks.get(path)
        pairs = [line.split(":", 1) for line in page.headers if ":" in line] if page else []
        places.append(Place(
            path, headers=tuple((name.strip(), value.strip()) for name, value in pairs),
            expected=(page.status_from, page.status_to) if page else None))
    return places


def _old_version(ctx):
    """What was live before; of a version that is not ours its name at most is known."""
    if ctx.older and ctx.older.name == ctx.truth.previous_name:
        return _version(ctx, ctx.older)
    return Version(frozenset(filter(None, (ctx.truth.previous_name,))))


def _version(ctx, release):
    return version_of(release, entries=ctx.plan.entries, public_folder=ctx.plan.public_folder)


def _ask(ctx, path, headers):
    call = replace(ctx.site.call(), path=path, headers=WHO | headers, deadline_s=DEADLINE_S,
                   max_bytes=MOST_BYTES)
    return http.ask(call)


def _is_connected(ctx):
    """Whether what stands between us and the site is ours and still there."""
    return ctx.target.asked_over != "ssh" or bool(ctx.connection and ctx.connection.alive())
