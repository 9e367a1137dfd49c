"""On which terms a release is asked for: now or later, in spite of a gate, in an emergency."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..models import Deployment, Release
from ..services import gates, planned
from .forms import LONGEST, TERMS, written
from .times import here, moment_of

_ALMOST_A_MINUTE = timedelta(seconds=59, microseconds=999_999)
_GATES_IN_A_ROW = 10


@dataclass(frozen=True)
class Terms:
    """What the confirm step offers. `shut` are gates that stand in the way, `open_to` those of
    them that this person may go through by name."""

    shut: list
    open_to: list
    may_release: bool
    may_emergency: bool
    written: dict  # what the person wrote before a refusal

    @property
    def may_now(self):
        """Whether it may start at once, if what is shut is named."""
        return self.may_release and len(self.shut) == len(self.open_to)

    @property
    def not_now(self):
        """The gates because of which it may not start at once."""
        return [] if self.may_now else [gate for gate in self.shut if gate not in self.open_to]

    @property
    def is_later(self):
        return self.written["when"] == "later" or not self.may_now


def terms_of(request, actor, environment, choice, kept=None):
    """The `Terms` for making `choice` live there; `kept` is what `terms_written` gave before."""
    shut, may_release = gates_of(environment, choice), bool(policy.may_release(actor, environment))
    open_to = [gate for gate in shut if may_release and gates.may_go_through(actor, gate)]
    first = _first_time(environment, choice) if len(open_to) < len(shut) else ""
    kept = kept or {}
    return Terms(
        shut, open_to, may_release,
        bool(policy.may_release_in_emergency(actor, environment)),
        {name: written(request, name, kept.get(name) or default)
         for name, default in (("when", "now"), ("planned_for", first), ("start_until", ""),
                               ("zone", here()))}
        | {"in_spite_of": request.POST.getlist("in_spite_of") or kept.get("in_spite_of", [])})


def terms_written(request):
    """What the form says of now or later, as it was typed: for the draft."""
    return {name: request.POST.get(name, "")[:LONGEST] for name in TERMS} | {
        "in_spite_of": request.POST.getlist("in_spite_of")[:50]}


def gates_of(environment, choice, kind=Deployment.DEPLOY, *, at=None):
    """The gates that are shut for it at `at`, now by default. What is not built yet was never live
    anywhere."""
    release = choice.release or Release(project=environment.project, label=choice.title[:80])
    return gates.standing(environment, release=release, kind=kind, at=at)


def _first_time(environment, choice):
    """The first time when nothing is shut any more, as its field writes it, in the reader's zone;
    "" where nobody knows when, or it lies too far away."""
    at = timezone.now()
    for __ in range(_GATES_IN_A_ROW):
        shut = gates_of(environment, choice, at=at)
        if not shut:
            # up to the full minute, for that is what the field can say
            return f"{timezone.localtime(at + _ALMOST_A_MINUTE):%Y-%m-%dT%H:%M}"
        ends = [gate.ends_at for gate in shut]
        if None in ends or max(ends) > timezone.now() + planned.LONGEST_AHEAD:
            return ""
        at = max(ends)
    return ""


def asked_terms(request):
    """What the POST asks for, as `request_deployment` takes it; Refused where it contradicts
    itself."""
    is_emergency = "emergency" in request.POST
    named = request.POST.getlist("shut" if is_emergency else "in_spite_of")
    return {"slot": None if is_emergency else _slot(request), "in_spite_of": named,
            "is_emergency": is_emergency}


def _slot(request):
    planned_for = moment_of(request, "planned_for")
    is_later = request.POST.get("when") == "later"
    if planned_for and not is_later:
        raise Refused(_("You wrote a time for later, but chose “now”."),
                      _("Choose “later”, or empty the time."))
    if not is_later:
        return None
    if planned_for is None:
        raise Refused(_("You chose “later”, but wrote no time."), _("Write when it should start."))
    return planned.slot(planned_for, moment_of(request, "start_until"))
