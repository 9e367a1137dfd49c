"""The doctor's page of an environment: findings per installation, and the strategy advised."""

import secrets
from dataclasses import dataclass

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import policy
from ..errors import Refused
from ..models import Deployment, Installation
from ..models.installation import STRATEGIES
from ..services import checkups
from ..services.noticed import noticed
from .door import environment_page, see_other, show

ICONS = {"blocks": "cross", "warns": "warning", "fine": "check"}
WORDS = {"blocks": _lazy("Blocks a release"), "warns": _lazy("Look at this"), "fine": _lazy("Fine")}
TONES = {"blocks": "bad", "warns": "wait", "fine": "good"}
HEADLINES = {"blocks": _lazy("Something blocks releases"), "warns": _lazy("Releases work; look at "
                                                                          "this"),
             "fine": _lazy("All is well")}
CHANGED = _lazy("Changed: a release is refused until somebody presses Examine again")


@dataclass(frozen=True)
class Seen:
    """One finding as the page shows it: icon, word and tone; `lines` are to be copied."""

    level: str
    title: str
    why: str
    todo: str
    lines: str

    @property
    def icon(self):
        return ICONS[self.level]

    @property
    def word(self):
        return WORDS[self.level]

    @property
    def tone(self):
        return TONES[self.level]


@dataclass(frozen=True)
class Patient:
    """One installation: its newest answered examination, if any, and whether one is under way;
    `is_waiting` False: nobody answered in time; None: nothing was asked since. `is_accepted` False:
    what it saw is not what somebody accepted."""

    installation: object
    checkup: object
    is_waiting: bool | None
    is_accepted: bool
    restart: dict | None = None  # what *Restart PHP* needs; None where it is not offered

    @property
    def findings(self):
        return [Seen(row["level"], row["title"], row["why"], row["todo"], "\n".join(row["lines"]))
                for row in self.checkup.findings]

    @property
    def level(self):
        levels = [row["level"] for row in self.checkup.findings]
        return next((level for level in ICONS if level in levels), "fine")

    @property
    def words(self):
        if not self.is_accepted and self.level != "blocks":
            return {"text": CHANGED, "icon": ICONS["warns"], "tone": TONES["warns"]}
        return {"text": HEADLINES[self.level], "icon": ICONS[self.level],
                "tone": TONES[self.level]}

    @property
    def strategy(self):
        return self.installation.get_strategy_display()

    @property
    def is_auto(self):
        return self.installation.strategy == "auto"

    @property
    def choice_words(self):
        return dict(STRATEGIES).get(self.checkup.choice, "")

    @property
    def verdicts(self):
        """(strategy, why not or "") in the order of the choices; “auto” is none."""
        known = self.checkup.verdicts
        return [(name, known[name]) for name, __ in STRATEGIES if name in known]


@environment_page("GET", "HEAD")
def doctor(request, actor, environment):
    """Show what was found last; the page reloads itself while an examination is under way."""
    decision, patients = policy.may_examine(actor, environment), _patients(environment, actor)
    return show(
        request, "doctor/doctor.html",
        title=_("Doctor: {project} ({environment})").format(
            project=environment.project.name, environment=environment.name),
        environment=environment, patients=patients, decision=decision,
        is_known=any(patient.checkup for patient in patients),
        is_moving=any(patient.is_waiting for patient in patients))


@environment_page("POST")
def examine(request, actor, environment):
    """*Examine again*: ask, and show the page again, where the answer will appear."""
    try:
        rows = checkups.ask(actor, environment)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        noun = _("installation is") if len(rows) == 1 else _("installations are")
        messages.info(request, _("{rows} {noun} being examined. This page shows the "
                                 "answer.").format(rows=len(rows), noun=noun))
    return see_other("doctor", environment.project.slug, environment.slug)


def _patients(environment, actor):
    places = environment.installations.filter(is_active=True).select_related("server")
    answers, asked = checkups.newest_answers([environment]), checkups.under_way(environment)
    other = checkups.unaccepted(environment)
    return [Patient(place, answers.get(place.pk), asked.get(place.pk), place.pk not in other,
                    _restart(place, actor)) for place in places]


def _restart(place, actor):
    """The form's key and the sentence to be ticked, for who may; releasers see no other page that
    has the button."""
    environment = place.environment
    if place.php_door == Installation.NO_PHP or place.has_mod_php \
            or not policy.may_reload(actor, environment) \
            or not Deployment.objects.live(environment):
        return None
    return {"key": secrets.token_hex(16), "sure": " ".join(noticed(
        "reload", environment, installations=[place.pk], strategy=Deployment.RESTART))}
