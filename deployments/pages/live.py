"""The home page: what is live where, what waits for this person, and what runs now."""

from dataclasses import dataclass, field
from functools import cached_property

from .. import policy
from ..models import Deployment, Environment, Project
from ..policy import gating
from ..services import edits, emergencies, freezes, planned, protection
from ..services.approvals import waiting_for
from ..services.checkups import blocked
from ..services.deployments import release_before
from ..services.drift import lines_of
from ..waves import listed
from .access_waiting import access_context
from .actor import actor_of
from .door import visible_projects
from .navigation import entries_page, set_up_links
from .progress_result import names_of, words_of
from .workers import nobody_works


@dataclass(frozen=True)
class Button:
    """One thing to do in an environment: where it leads, or why this person may not."""

    label: str
    page: str
    reason: str = ""
    remedy: str = ""


@dataclass
class Place:
    """One environment as the home page shows it."""

    environment: object
    live: object = None  # the deployment that made what is live so
    newest: object = None  # the active one, else the newest one
    in_line: list = field(default_factory=list)  # those that wait for their turn, oldest first
    buttons: list = field(default_factory=list)
    drift: list = field(default_factory=list)  # sentences on servers that are not as released

    @property
    def refused(self):
        """Buttons that say why not: of several with the same reason, one."""
        return list({button.reason: button for button in self.buttons if button.reason}.values())

    @property
    def is_news(self):
        """Whether the newest deployment says more than what is live."""
        return self.newest is not None and self.newest.status != "succeeded"

    @cached_property
    def words(self):
        """The state of the place: a request that came to nothing changed nothing there."""
        row = self.newest
        came_to_nothing = row.status in ("rejected", "cancelled", "expired", "voided") or (
            row.status == "failed" and row.kind == row.RELOAD and not row.is_past_return)
        return self.live.words if self.live and came_to_nothing else self.newest_words

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
        return f"{row.release.title} on {listed(names)}" if names else ""

    @cached_property
    def untold(self):
        """“web-1”: servers of which nobody knows what visitors get there; else ""."""
        if self.newest is None or not self.newest.needs_a_person:
            return ""
        return listed(names_of(row for row in self.newest.targets.all()
                               if row.status == "unknown"))


def live_context(request):
    """Context of the home page; `app_list` of the admin index says which lists are linked."""
    from ..site import site

    actor = actor_of(request)
    projects, apps = visible_projects(actor), site.get_app_list(request)
    places = {project: [_place(actor, row) for row in project.environments.all()]
              for project in projects}
    _add_drift(places)
    return {
        "places": places, "blocked_rows": _blocked(places), **_gates(actor, places),
        "unapprovable": policy.unapprovable(Environment.objects.filter(project__in=projects)),
        "waiting_rows": waiting_for(actor), "running_rows": _running(projects),
        "set_up": set_up_links(apps), "entries": entries_page(apps),
        "is_shut_out": not projects and Project.objects.exists(),
        "may_only_look": bool(projects) and policy.only_looks(request.user),
        "title": site.index_title, "nobody": nobody_works() if projects else "",
        **access_context(actor), "edit_rows": edits.waiting_for(actor),
        "protection_rows": protection.waiting_for(actor),
    }


def _gates(actor, places):
    """What stands in the way of releases, what missed its time, and what nobody reviewed yet."""
    projects = list(places)
    environments = [place.environment for rows in places.values() for place in rows]
    return {
        "freeze_lines": list(freezes.banners(projects)),
        "pauses": [(row, bool(gating.may_pause(actor, row.environment)))
                   for row in freezes.open_pauses(projects)],
        "missed_rows": planned.missed_in(environments),
        "unreviewed_rows": emergencies.unreviewed(projects),
    }


def _add_drift(places):
    everywhere = [place for rows in places.values() for place in rows]
    found = lines_of([place.environment for place in everywhere])
    for place in everywhere:
        place.drift = found.get(place.environment.pk, [])


def _blocked(places):
    """(environment, what blocks its releases) where the doctor found such a thing."""
    environments = [place.environment for rows in places.values() for place in rows]
    found = blocked(environments)
    return [(row, found[row.pk]) for row in environments if row.pk in found]


def _running(projects):
    """(deployment, its words) of each that runs."""
    rows = Deployment.objects.filter(status="running", environment__project__in=projects)
    return [(row, words_of(row)) for row in _with_names(rows)]


def _with_names(rows):
    """The rows with what their words need, without the large columns that no word needs."""
    return rows.select_related(
        "environment__project", "release__project", "previous__project",
    ).defer("plan", "release__contents", "previous__contents")


def _place(actor, environment):
    rows = _with_names(environment.deployments.all())
    active = rows.active().first()
    in_line = list(rows.filter(status="waiting_turn").order_by("pk"))
    newest = active or rows.exclude(status="waiting_turn").first() or rows.first()
    place = Place(environment, live=live_since(environment), newest=newest, in_line=in_line)
    if active and active.status == "awaiting_approval" and policy.may_approve(actor, active):
        place.buttons.append(Button("Review", "approval-answer"))
    elif active:
        may_decide = active.needs_a_person and policy.may_decide(actor, active)
        place.buttons.append(Button("Decide…" if may_decide else "See", "deployment-progress"))
        if environment.project.when_busy == Project.WAIT:
            place.buttons.append(_release(actor, environment))
    elif place.newest:
        place.buttons += [_release(actor, environment), *_go_back(actor, environment, place),
                          Button("See", "deployment-progress")]
    else:
        place.buttons.append(_release(actor, environment))
    return place


def live_since(environment):
    """The proved deployment that brought what is live (a reload changes no version), or None."""
    live = Deployment.objects.live(environment)
    if live is None or live.kind != Deployment.RELOAD:
        return live
    brought = environment.deployments.proved().filter(release=live.release)
    return brought.exclude(kind=Deployment.RELOAD).first() or live


def _release(actor, environment):
    return _button("Release…", "release-start", policy.may_release(actor, environment))


def _go_back(actor, environment, place):
    if place.live is None or release_before(environment) is None:
        return
    yield _button("Go back…", "go-back", policy.may_go_back(actor, environment))


def _button(label, page, decision):
    return Button(label, page) if decision else \
        Button(label, page, decision.reason, decision.remedy)
