"""The rules a release or a return must meet, each with its own reason in words."""

from dataclasses import dataclass

from .. import policy
from ..plan import build_plan
from ..services.recipe import is_of_today


@dataclass(frozen=True)
class Rule:
    """One rule: what it says, and what helps where it says no. `tone` is good, wait or bad;
    `watch` is the deployment that stands in the way."""

    text: str
    tone: str
    remedy: str = ""
    watch: object = None

    @property
    def icon(self):
        return {"good": "check", "wait": "clock", "bad": "cross"}[self.tone]


def rules_for(environment, decision, choice):
    """Every rule for making `choice` live there; `decision` is what policy says of the person."""
    return [
        Rule(decision.reason, "good" if decision else "bad", decision.remedy),
        _nobody_else(environment), _servers(environment), _version(choice),
        _approval(environment),
    ]


def is_open(rules):
    """Whether no rule says no (waiting for a build or an approval is no refusal)."""
    return all(rule.tone != "bad" for rule in rules)


def server_names(environment):
    """Names of the servers that would be released to."""
    places = environment.installations.filter(is_active=True)
    return list(places.order_by("server__name").values_list("server__name", flat=True))


def plan_lines(kind, environment, release):
    """The plan as sentences; none while the version is not built."""
    if release is None or release.status != "ready":
        return []
    return list(build_plan(kind, environment, release).lines())


def _nobody_else(environment):
    active = environment.deployments.active().first()
    if active is None:
        return Rule("Nobody else is releasing here now.", "good")
    return Rule(f"{active.requested_by_name} already asked to {active} ({active.words.lower()}).",
                "bad", "Try again when that has ended.", watch=active)


def _servers(environment):
    names = server_names(environment)
    if not names:
        return Rule(f"{environment.name} has no server yet.", "bad",
                    "Ask an administrator to add one.")
    return Rule(f"It goes to {', '.join(names)}.", "good")


def _version(choice):
    if choice.is_built and not is_of_today(choice.release):
        return Rule(f"{choice.title} was built before the build or the shared paths were changed, "
                    "and goes live as it was.", "wait",
                    "To use them as they are now, choose its branch or tag: it is built anew.")
    if choice.is_built:
        return Rule(f"{choice.title} is built and stored.", "good")
    if choice.release and choice.release.status not in ("pending", "building"):
        return Rule(f"{choice.title} cannot be released: {choice.release.words.lower()}.", "bad",
                    "Choose another version, or build this one again.")
    return Rule(f"{choice.title} is not built yet: it will be built first.", "wait")


def _approval(environment):
    rule = policy.rule_of(environment)
    if rule is None:
        return Rule("Nobody else needs to approve.", "good")
    names = [user.get_full_name() or user.get_username() for user in rule.approvers.all()
             if policy.has_grant_to_approve(user, environment)]
    noun = "approval" if rule.people_needed == 1 else "approvals"
    return Rule(f"Needs {rule.people_needed} {noun} from {', '.join(names) or 'nobody yet'} - "
                "never from the person who asks.", "wait")
