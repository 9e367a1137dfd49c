"""The doctor's look before each deployment: nothing has changed, and what “auto” means today."""

from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ...coherence.doctor import Facts, diagnose
from ...coherence.doctor.verdicts import FAILS
from ...errors import StepFailed
from ..examining import compare, read

SHOWN = 4


class Examine:
    """Only looks. It comes after `inspect`, which puts the file there that PHP runs for us."""

    name = "examine"
    verb = _lazy("examine")
    changes_server = False

    def run(self, ctx):
        """Leave `evidence["doctor"]` (facts) and, for “auto”, `evidence["strategy_chosen"]`.

        StepFailed when something that decides about caches is not as the doctor saw it last (going
        back says it and goes on: it is the way out), when no strategy fits, when the one that is
        set would fail, or when a new version has something else in its way. A strategy chosen
        before a lost worker stays: another one might not undo what it did.
        """
        lately = ctx.known.get("is_file_cached_lately", ctx.known.get("is_file_cached"))
        facts = replace(read(ctx), is_file_cached=lately)
        ctx.evidence["doctor"] = facts.as_json()
        if ctx.truth.may_be_switched or ctx.plan.kind == "reload":
            self._decide(ctx, diagnose(facts))  # making PHP reload is what helps after a change
            return
        found = diagnose(facts)
        self._compare(ctx, facts)
        self._decide(ctx, found)
        if ctx.plan.kind == "deploy" and found.stops:
            first = found.stops[0]
            raise StepFailed(f"{facts.server}: {first.title}. {first.why} {_todo(first)}")

    def _compare(self, ctx, facts):
        if not ctx.known:
            ctx.say("The doctor has not been here before: there is nothing to compare with")
            return
        changes = compare(Facts.from_json(ctx.known), facts)
        if changes:
            more = _("; and {changes} more").format(
                changes=len(changes) - SHOWN) if len(changes) > SHOWN else ""
            told = (_("{server} changed since it was last examined: {changes}{more}.").format(
                server=facts.server, changes="; ".join(changes[:SHOWN]), more=more))
            if ctx.plan.kind != "rollback":
                raise StepFailed(_("{told} Look at the doctor's page, press Examine again, then "
                                   "release.").format(told=told))
            ctx.say(f"{told} Going back goes on all the same; look at the doctor's page afterwards")
            return
        ctx.say("Nothing that decides about caches has changed since the doctor's last look")

    def _decide(self, ctx, found):
        if ctx.target.strategy != "auto":
            verdict = found.verdicts.get(ctx.target.strategy)
            if verdict is not None and verdict.sort == FAILS and ctx.plan.kind != "reload":
                raise StepFailed(
                    _("{server}: the strategy “{strategy}” would fail here. {why}").format(
                        server=ctx.target.server, strategy=ctx.target.strategy, why=verdict.why)
                    + (_(" Choose “{choice}”.").format(choice=found.choice) if found.choice else "")
                    + "".join(
                        f" Or: {_todo(each)}"
                        for each in found.stops[:2]
                        if each.code != "strategy" and each.lines
                    )
                )
            return
        if "strategy_chosen" in ctx.evidence:
            return
        if not found.choice:
            raise StepFailed(_("{server}: {reason} Look at the doctor's page.").format(
                server=ctx.target.server, reason=found.reason))
        ctx.evidence["strategy_chosen"] = {"strategy": found.choice, "reason": found.reason}
        ctx.say(f"PHP cache: {found.choice}. {found.reason}")


def _todo(finding):
    """What to do, in one line with what is to be pasted: between quotes, for more may follow."""
    lines = "; ".join(f"“{line}”" for line in finding.lines)
    return f"{finding.todo.rstrip(':.')}: {lines}." if lines else finding.todo
