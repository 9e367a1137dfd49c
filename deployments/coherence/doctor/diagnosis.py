"""`diagnose(facts)`: the findings, a verdict for each strategy, and the one that is advised."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from . import about_fpm, about_php, about_server, about_web, choosing, verdicts
from .finding import BLOCKS, FINE, LEVELS, WARNS, Finding, has_preload, renewing

RULES = (about_php.preload, *about_server.RULES, *about_fpm.RULES, *about_web.RULES,
         *about_php.RULES)
LATER = {"disk", "inodes", "clock", "silent", "handed-unknown", "certificate"}
"""Codes of findings that the steps around this look decide: `inspect` by exact numbers, `arm` with
more patience than a look has, and by asking pages. What blocks otherwise stops a release at once.
"""


@dataclass(frozen=True)
class Diagnosis:
    """`findings` with the worst first; `choice` is "" where no strategy is known to be safe."""

    findings: tuple[Finding, ...]
    verdicts: dict  # strategy -> verdicts.Verdict
    choice: str
    reason: str

    @property
    def stops(self):
        """Findings that stop a release where the doctor looks before it."""
        return [each for each in self.findings
                if each.level == BLOCKS and each.code not in LATER]

    @property
    def whys(self):
        """{strategy: "" where it is safe, else why not}, as Checkup keeps it."""
        return {name: verdict.why for name, verdict in self.verdicts.items()}


def diagnose(facts):
    """Return the Diagnosis; asks nobody, and what is not known never makes a strategy safe."""
    judged = verdicts.judge(facts)
    choice, reason = choosing.choose(
        judged, way_out=renewing(facts) if has_preload(facts) else "reset")
    used = choice if facts.strategy in ("", "auto") else facts.strategy
    found = [finding for rule in RULES for finding in rule(facts, used)]
    found += _about_strategy(facts, judged, choice, reason)
    found.sort(key=lambda finding: LEVELS.index(finding.level))
    return Diagnosis(tuple(found), judged, choice, reason)


def _about_strategy(facts, judged, choice, reason):
    """Whether what is set fits; with “auto”, whether anything does."""
    if facts.strategy in ("", "auto"):
        if not choice:
            yield Finding("no-strategy", BLOCKS, _("No strategy is known to be safe here"),
                          reason.removeprefix("No strategy is known to be safe here. "),
                          _("Follow what is said above and below, then press Examine again."))
        return
    verdict = judged.get(facts.strategy)
    if verdict is None or verdict:
        yield Finding("strategy", FINE,
                      _("The strategy “{strategy}” fits here").format(strategy=facts.strategy),
                      str(choosing.REASONS.get(facts.strategy, "")))
    elif verdict.sort == verdicts.BY_HAND:
        yield Finding("strategy", WARNS, _("The strategy “{strategy}” was chosen by hand").format(
            strategy=facts.strategy),
                      verdict.why, _("Better: choose “{choice}”. {reason}").format(
                          choice=choice, reason=reason) if choice else "")
    else:
        is_sure = verdict.sort == verdicts.FAILS
        todo = _("On the installation's page choose “{choice}”. {reason}").format(
            choice=choice, reason=reason) if choice else \
            _("Follow what else is said here, then press Examine again. {reason}").format(
                reason=reason)
        if not is_sure and not facts.current and facts.was_live:
            todo = _("Leave it so: the doctor looks again by itself once the link is back.")
        elif not is_sure and not facts.current:
            todo = _("Leave it so: the doctor looks again by itself once a version is live here.")
        yield Finding(
            "strategy", BLOCKS if is_sure else WARNS,
            _("The strategy “{strategy}” would fail here").format(
                strategy=facts.strategy) if is_sure else
            _("Whether the strategy “{strategy}” fits here is not known").format(
                strategy=facts.strategy), verdict.why,
            todo)
