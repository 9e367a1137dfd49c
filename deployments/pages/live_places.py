"""One environment as people see it on the home page and on its project's: what is live, what
happens there, and what this person can do about it."""

from dataclasses import dataclass, field, replace
from functools import cached_property

from django.utils.translation import gettext as _

from .. import policy
from ..models import Grant, Installation, Project
from ..policy import gating
from ..services import gates
from ..services.access import open_since
from ..services.drift import lines_of
from ..waves import listed
from .progress_result import names_of, words_of


@dataclass(frozen=True)
class Button:
    """One thing to do in an environment: the page it opens, or why this person may not, with what
    helps and the page that `leads_to` it."""

    label: str
    page: str
    reason: str = ""
    remedy: str = ""
    leads_to: str = ""
    is_main: bool = True  # something to do, not only to look at
    asked_at: object = None  # when this person asked for access to it, while that waits

    @property
    def action(self):
        """What is asked for where an entry lacks."""
        return Grant.GO_BACK if self.page == "go-back" else Grant.RELEASE


@dataclass
class Place:
    """One environment with what is asked about it."""

    standing: object
    buttons: list = field(default_factory=list)
    drift: list = field(default_factory=list)  # sentences on servers that are not as released
    frozen: object = None  # the freeze in force there, as services.freezes lists it
    pause: object = None
    may_end_pause: bool = False
    may_adopt: bool = False  # this person may say that what its servers run already is ours

    @property
    def environment(self):
        return self.standing.environment

    @property
    def live(self):
        return self.standing.live

    @property
    def newest(self):
        return self.standing.newest

    @property
    def in_line(self):
        return self.standing.in_line

    @property
    def refused(self):
        """Buttons that say why not: of several with the same reason, or that the same request for
        access would help or helps already, the first."""
        found = {}
        for button in filter(lambda each: each.reason, self.buttons):
            key = bool(button.asked_at) if button.leads_to == "access" else button.reason
            found.setdefault(key, button)
        return list(found.values())

    @property
    def is_news(self):
        """Whether the newest deployment says more than what is live."""
        return self.newest is not None and self.newest.status != "succeeded"

    @cached_property
    def shown(self):
        """The deployment whose state is the place's, and to which “See” leads: a request that came
        to nothing changed nothing there."""
        row = self.newest
        if not self.live or self.standing.active:
            return row
        came_to_nothing = row.status in ("rejected", "cancelled", "expired", "voided") or (
            row.status == "failed" and row.kind == row.RELOAD and not row.is_past_return)
        return self.live if came_to_nothing else row

    @cached_property
    def words(self):
        return self.newest_words if self.shown is self.newest else self.live.words

    @cached_property
    def newest_words(self):
        return words_of(self.newest)

    @cached_property
    def ahead(self):
        """“2.9.0 on web-1”: where visitors may get what is not checked everywhere yet; else ""."""
        row = self.newest
        if row is None or not row.switching_at or row.status not in ("running", "needs_attention"):
            return ""
        names = names_of(
            target for target in row.targets.all()
            if target.status in ("switched", "coherent", "proved")
            or (target.status == "failed" and target.switched_at and target.step != "switch"))
        return _("{release} on {names}").format(
            release=row.release.title, names=listed(names)) if names else ""

    @cached_property
    def untold(self):
        """“web-1”: servers of which nobody knows what visitors get there; else ""."""
        if self.newest is None or not self.newest.needs_a_person:
            return ""
        return listed(names_of(row for row in self.newest.targets.all()
                               if row.status == "unknown"))


def places(actor, rows, *, answerable=(), in_force=(), pauses=()):
    """The `Place`s of these `Standing`s for a person (`policy.gathered`).

    `answerable` are keys of deployments that wait for this person's answer, `in_force` freezes as
    services.freezes lists them, `pauses` those that last.
    """
    drift, adoptable = lines_of([row.environment for row in rows]), _adoptable(actor, rows)
    paused = {row.environment_id: row for row in pauses}
    found = []
    for row in rows:
        pause = paused.get(row.environment.pk)
        found.append(Place(
            row, buttons=_buttons(actor, row, answerable),
            drift=drift.get(row.environment.pk, []),
            frozen=next((listed for listed in in_force
                         if gates.covers(listed.freeze, row.environment)), None),
            pause=pause, may_adopt=row.environment.pk in adoptable,
            may_end_pause=bool(pause and gating.may_pause(actor, row.environment))))
    _tell_what_was_asked(actor, found)
    return found


def _tell_what_was_asked(actor, found):
    """Set `asked_at` of the buttons for which this person lacks an entry and waits for one."""
    shut = [place for place in found
            if any(button.leads_to == "access" for button in place.refused)]
    since = open_since(actor, (Grant.RELEASE, Grant.GO_BACK)) if shut else {}
    for place in shut:
        key, project = place.environment.pk, place.environment.project_id
        place.buttons = [
            replace(each, asked_at=since.get((each.action, project, key)) or since.get(
                (each.action, project, None))) if each.leads_to == "access" else each
            for each in place.buttons]


def _adoptable(actor, rows):
    """Keys of the environments with servers on which nothing of ours is live or under way, and
    which the person sets up."""
    empty = [row.environment.pk for row in rows if not row.live and not row.active
             and policy.may_set_up(actor, row.environment.project)]
    return set(Installation.objects.filter(
        environment__in=empty, is_active=True).values_list("environment", flat=True))


def _buttons(actor, standing, answerable):
    """What can be done there now, the most likely thing first."""
    environment, active = standing.environment, standing.active
    if active is None:
        buttons = [_release(actor, environment)]
        if standing.live and standing.before:
            buttons.append(_button(_("Go back…"), "go-back",
                                   policy.may_go_back(actor, environment)))
        return [*buttons, _see()] if standing.newest else buttons
    if active.pk in answerable:
        return [Button(_("Review"), "approval-answer")]
    may_decide = active.needs_a_person and policy.may_decide(actor, active)
    buttons = [Button(_("Decide…"), "deployment-progress") if may_decide else _see()]
    if environment.project.when_busy == Project.WAIT:
        buttons.append(_release(actor, environment))
    return buttons


def _see():
    return Button(_("See"), "deployment-progress", is_main=False)


def _release(actor, environment):
    return _button(_("Release…"), "release-start", policy.may_release(actor, environment))


def _button(label, page, decision):
    return Button(label, page) if decision else \
        Button(label, page, decision.reason, decision.remedy, decision.leads_to)
