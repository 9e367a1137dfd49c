"""The rules a release or a return must meet, each with its own reason in words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import policy
from ..drift_words import GRAVE
from ..models import Deployment, Project
from ..plan import build_plan, waves_of
from ..services import drift, turns
from ..services.checkups import blocked, unaccepted
from ..services.gates import may_go_through
from ..services.line import (
    asked_already,
    asked_already_words,
    comes_first,
    refusal_words,
    would_be_words,
)
from ..services.recipe import is_of_today
from ..waves import wave_words
from .terms import gates_of


@dataclass(frozen=True)
class Rule:
    """One rule: what it says, and what helps where it says no. `tone` is good, wait or bad;
    `watch` is the deployment that stands in the way."""

    text: str
    tone: str
    remedy: str = ""
    leads_to: str = ""  # the page of the remedy, as of a Decision
    watch: object = None
    is_passable: bool = False  # by waiting for another time, by leave or in an emergency

    @property
    def icon(self):
        return {"good": "check", "wait": "clock", "bad": "cross"}[self.tone]


def rules_for(environment, actor, decision, choice, *, kind="deploy"):
    """Every rule for making `choice` live there; `decision` is what policy says of the actor."""
    return [
        _allowed(environment, actor, decision, kind),
        *_gates(environment, actor, decision, choice, kind),
        _nobody_else(environment, actor, choice, kind), _servers(environment, kind),
        _version(choice), *_approval(environment, actor, kind), *_doctor(environment),
        *_drift(environment, choice),
    ]


def waits_in_line(environment):
    """Whether what is asked for now would wait for its turn."""
    return environment.project.when_busy == Project.WAIT and turns.is_busy(environment)


def what_it_replaces(environment, actor, choice, *, kind="deploy"):
    """(Deployment that would be replaced or None, whether it only comes first, and is not live)."""
    ahead = None
    if waits_in_line(environment):
        mine = choice and _asked_already(environment, actor, choice, kind)
        ahead = comes_first(environment, ahead_of=mine)
    return ahead or Deployment.objects.live(environment), ahead is not None


def is_open(rules):
    """Whether no rule says no for good (waiting for a build, an approval or another time is no
    refusal)."""
    return all(rule.tone != "bad" or rule.is_passable for rule in rules)


def server_names(environment):
    """Names of the servers that would be released to."""
    places = environment.installations.filter(is_active=True)
    return list(places.order_by("server__name").values_list("server__name", flat=True))


def plan_lines(kind, environment, release):
    """The plan as sentences; none while the version is not built."""
    if release is None or release.status != "ready":
        return []
    return list(build_plan(kind, environment, release).lines())


def irreversible_commands(environment):
    """Commands that would run, and that an administrator called impossible to undo."""
    rows = environment.project.server_commands.filter(is_irreversible=True)
    return list(rows.order_by("-moment", "position", "pk").values_list("command", flat=True))


def _allowed(environment, actor, decision, kind):
    if decision:
        return Rule(decision.reason, "good")
    may = kind == Deployment.DEPLOY and policy.may_release_in_emergency(actor, environment)
    if may:
        return Rule(decision.reason, "bad", may.reason, is_passable=True)
    return Rule(decision.reason, "bad", decision.remedy, decision.leads_to)


def _gates(environment, actor, decision, choice, kind):
    shut = gates_of(environment, choice, kind)
    for gate in shut:
        may = decision and may_go_through(actor, gate)
        yield Rule(gate.reason, "wait" if may else "bad",
                   _("You may make an exception: tick “Release in spite of this” on the page "
                     "“Confirm”. Or choose a later time there.") if may else gate.remedy,
                   "" if may else gate.leads_to, is_passable=True)
    if not shut and kind == Deployment.DEPLOY:
        first = environment.comes_after
        order = _(", and it was live in {first} first").format(first=first.name) if first else ""
        yield Rule(_("No freeze and no pause now{order}.").format(order=order), "good")


def _nobody_else(environment, actor, choice, kind):
    if waits_in_line(environment):
        mine = _asked_already(environment, actor, choice, kind)
        if mine:
            reason, remedy = asked_already_words(mine, actor)
            return Rule(reason, "bad", remedy, watch=mine)
        return Rule(would_be_words(environment, actor), "wait",
                    _("It starts by itself when its turn comes."))
    active = environment.deployments.active().first()
    if active is None:
        return Rule(_("Nobody else is releasing here now."), "good")
    reason, remedy = refusal_words(environment, actor)
    return Rule(reason, "bad", remedy, watch=active)


def _asked_already(environment, actor, choice, kind):
    return asked_already(actor, environment, kind, release=choice.release,
                         unbuilt_sha=choice.unbuilt_sha)


def _servers(environment, kind):
    names = server_names(environment)
    if not names:
        return Rule(_("{environment} has no server yet.").format(
            environment=environment.name), "bad",
                    _("Ask an administrator to add one."))
    waves = _wave_words(environment, kind)
    words = _("It goes to {servers}.").format(servers=", ".join(names))
    return Rule(f"{words} {waves}." if waves else words, "good")


def _wave_words(environment, kind):
    rows = environment.installations.filter(is_active=True).select_related("server")
    places = {row.pk: row.server for row in rows.order_by("pk")}
    waves = waves_of(environment, kind, [(server.pk, pk) for pk, server in places.items()])
    return wave_words([list(dict.fromkeys(places[pk].name for pk in wave)) for wave in waves],
                      environment.wave_pause_s)


def _version(choice):
    if choice.is_built and "found_on" in choice.release.contents:
        return Rule(_("{choice} goes live as it was found on the servers; its content is "
                      "stored.").format(choice=choice.title), "good")
    if choice.is_built and not is_of_today(choice.release):
        return Rule(_("{choice} was built before the build or the shared paths were changed, and "
                      "goes live as it was.").format(choice=choice.title), "wait",
                    _("To use them as they are now, choose its branch or tag: it is built anew."))
    if choice.is_built:
        return Rule(_("{choice} is built and stored.").format(choice=choice.title), "good")
    if choice.release and choice.release.status not in ("pending", "building"):
        return Rule(_("{choice} cannot be released: {release}.").format(
            choice=choice.title, release=choice.release.words.lower()), "bad",
                    _("Choose another version, or build this one again."))
    return Rule(_("{choice} is not built yet: it will be built first.").format(
        choice=choice.title), "wait")


def _doctor(environment):
    """What the doctor saw last may be mended by now: the release looks again and refuses then."""
    lines = blocked([environment]).get(environment.pk)
    if lines:
        yield Rule(_("The doctor found what blocks a release - {first}.").format(
            first=_first(lines)), "wait",
                   _("See the doctor's page, and press Examine again when it is put right."))
    lines = [f"{row.installation.server.name}: {line}"
             for row in unaccepted(environment).values() for line in row.changes]
    if lines:
        yield Rule(_("A server changed since it was last examined for somebody - {first}.").format(
            first=_first(lines)),
                   "wait", _("A release is refused until somebody has looked at the doctor's page "
                             "and pressed Examine again there."))


def _drift(environment, choice):
    """A version that lies there and was changed is refused when it comes to it."""
    lines = choice.release and spoilt(environment).get(choice.release.name)
    if lines:
        yield Rule(_("The drift watch found that {choice} was changed - {first}").format(
            choice=choice.title, first=_first(lines)),
                   "wait", _("It is refused as a rule while that is so. Look at the drift watch's "
                             "page, or build that version again and release the new build."))


def spoilt(environment):
    """Return {release's name: [“web-1: x.php was added.”]} of versions that lie on servers and
    were changed there, as the drift watch saw them last."""
    found = {}
    for row in drift.newest([environment]).values():
        for finding in row.findings:
            if finding["sort"] in GRAVE and "is_way_back" in finding:
                name = finding["key"].split()[1]
                found.setdefault(name, []).append(
                    f"{row.installation.server.name}: {finding['text']}")
    return found


def _first(lines):
    return lines[0] + (_(" (and {lines} more)").format(
        lines=len(lines) - 1) if len(lines) > 1 else "")


def asked_people(environment, actor, kind=Deployment.DEPLOY):
    """(how many must agree, names of those who could, why others cannot yet) for each rule of
    approval there."""
    rules = policy.rules_of(environment, kind)
    could = policy.who_could_approve(environment, actor.user) if rules else []
    later = policy.not_yet(environment, actor.user) if rules else []
    found = []
    for rule in rules:
        members = policy.members_of(rule)
        found.append((rule.people_needed,
                      [policy.name_of(user) for user in could if user in members],
                      " ".join(words for user, words in later if user in members)))
    return found


def _approval(environment, actor, kind):
    asked = asked_people(environment, actor, kind)
    if not asked:
        yield Rule(_("Nobody else needs to approve."), "good")
    for needed, names, later in asked:
        sentence = ngettext(
            "Needs {count} approval from {names} - never from the person who asks.",
            "Needs {count} approvals from {names} - never from the person who asks.", needed)
        short = "" if len(names) >= needed else \
            (_("Too few could approve it today") if names
             else _("Nobody could approve it today")) + (
                f". {later}" if later else _(": ask an administrator to name an approver."))
        yield Rule(sentence.format(
            count=needed, names=", ".join(names) or _("somebody else")), "wait", short)
