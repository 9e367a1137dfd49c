"""Freezes as people read them, and what follows when somebody releases in spite of one."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy
from ..freeze_windows import next_window, times_words, until_words
from ..models import Environment, Freeze, Pause
from ..policy import excepting
from .gates import READ_WITH
from .notices import tell_people, title_of


@dataclass(frozen=True)
class Listed:
    """A freeze with the window that lasts or comes next (None: it is over), in words."""

    freeze: object
    window: object
    is_in_force: bool
    covers: str
    times: str

    @cached_property
    def setter(self):
        """Who can name somebody, where it names nobody."""
        return excepting.setter_of(self.freeze)


def listed(projects):
    """Freezes that cover any of these projects, as `Listed`, the one that counts first in front;
    those that are over, or switched off, last."""
    keys, now = {None, *(row.pk for row in projects)}, timezone.now()
    rows = Freeze.objects.select_related(*READ_WITH)
    found = [_listed(row, now) for row in rows if _project_key(row) in keys]
    return sorted(found, key=lambda row: (row.window is None,
                                          row.window.start if row.window else now))


def _project_key(freeze):
    return freeze.environment.project_id if freeze.environment_id else freeze.project_id


def covers_words(freeze, *, after_no=False):
    """“Shop (Production)”, “every environment of Shop”, “every environment of every project”;
    `after_no` releases to “any environment”."""
    if freeze.environment_id:
        return f"{freeze.environment.project.name} ({freeze.environment.name})"
    if freeze.project_id:
        words = _("any environment of {project}") if after_no else \
            _("every environment of {project}")
        return words.format(project=freeze.project.name)
    return _("any environment of any project") if after_no else \
        _("every environment of every project")


def banners(projects):
    """Sentences for everybody: what is frozen or paused now, over these projects."""
    return [banner(row) for row in listed(projects) if row.is_in_force]


def banner(row):
    """The sentence on a freeze that is in force (a `Listed`)."""
    by = _(", set by {set_by_name}").format(
        set_by_name=row.freeze.set_by_name) if row.freeze.set_by_name else ""
    until = until_words(row.window, row.freeze.reason, at=timezone.now(),
                        zone=timezone.get_current_timezone(),
                        is_named=row.freeze.time_zone != timezone.get_current_timezone_name())
    return _("Freeze: no releases to {covers_words} {until}{by}.").format(
        covers_words=covers_words(row.freeze, after_no=True), until=until, by=by)


def open_pauses(projects):
    """The list of pauses that last, of environments of these projects, oldest first."""
    keys = {row.pk for row in projects}
    rows = Pause.objects.filter(Q(until=None) | Q(until__gt=timezone.now()), ended_at=None)
    rows = rows.select_related("environment__project").order_by("pk")
    return [row for row in rows if row.environment.project_id in keys]


def note_override(actor, deployment, passed):
    """Record that somebody releases in spite of these gates, and tell who set the freezes."""
    for gate in passed:
        audit.record(f"{gate.sort}.overridden",
                     _("{actor} asked to {deployment} in spite of this: {hindrance} Reason: "
                       "{reason}").format(
                         actor=actor.name, deployment=deployment, hindrance=gate.reason,
                         reason=deployment.reason),
                     actor=actor, environment=deployment.environment,
                     about=gate.row or deployment, deployment=deployment.pk, gate=gate.key,
                     reason=deployment.reason)
        setter = getattr(gate.row, "set_by", None) or getattr(gate.row, "paused_by", None)
        if setter and setter != actor.user:
            tell_people(
                [setter], event=f"{gate.sort}.overridden",
                subject=_("{title_of}: asked for in spite of “{reason}”").format(
                    title_of=title_of(deployment), reason=gate.row.reason),
                sentence=_("{actor} asked for it, giving this reason: {reason}").format(
                    actor=actor.name, reason=deployment.reason),
                path=reverse("admin:deployment-progress", args=[deployment.pk]),
                environment=deployment.environment, deployment=deployment)


def environments_of(projects):
    """Environments of these projects with their project, in the order of home."""
    return Environment.objects.filter(project__in=projects).select_related("project")


def named_in_vain(freeze):
    """The names of those whom the freeze names who may release nowhere that it covers: they can say
    no to whoever asks them for an exception, never yes."""
    releasing = excepting.releasing_under([freeze]).get(freeze.pk, [])
    return [policy.name_of(user) for user in excepting.people_of(freeze)
            if user not in releasing]


def wait_for_ever(freeze):
    """Sentences on releases of those whom the freeze names that nobody could approve: the exception
    would be made, and wait."""
    if not (people := excepting.people_of(freeze)):
        return []
    narrowed = {"pk": freeze.environment_id} if freeze.environment_id else \
        {"project": freeze.project_id} if freeze.project_id else {}
    return policy.unapprovable_of(people, Environment.objects.filter(**narrowed))


def _listed(row, now):
    window = next_window(row, now)
    return Listed(row, window, window is not None and now in window, covers_words(row),
                  times_words(row))
