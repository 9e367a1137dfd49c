"""Gates: what stands between a release and a place, whoever asks: freeze, pause, order.

They stop releases only. Going back and making PHP reload stay open, for a way out must be open
when it is needed most. Asked at the request, when a turn or a planned time comes, and right before
the start. Reads rows; writes nothing.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ..errors import Refused
from ..freeze_windows import current_window
from ..models import Deployment, Freeze, Grant, Pause
from ..policy import excepting, people_with
from .acting import demand
from .moments import near

FREEZE, PAUSE, ORDER = "freeze", "pause", "order"


@dataclass(frozen=True)
class Gate:
    """One thing that says no. `key` names it in this one stretch of time; `row` is its Freeze or
    Pause; `ends_at` is when it opens by itself, None: not by itself, or nobody knows when."""

    key: str
    sort: str
    reason: str
    remedy: str = ""
    row: object = None
    ends_at: object = None
    leads_to: str = ""  # the page of the remedy, as of a Decision

    @property
    def as_passed(self):
        """What a deployment keeps of a gate that its requester went through."""
        return {"gate": self.key, "words": self.reason}


def standing(environment, *, release=None, kind=Deployment.DEPLOY, at=None):
    """The list of `Gate`s that are shut there at `at`, now by default.

    Without `release` the order is left out: it is about the bytes.
    """
    if kind != Deployment.DEPLOY:
        return []
    at = at or timezone.now()
    order = [_order(environment, release, at)] if release else []
    return [*_freezes(environment, at), *_pauses(environment, at), *filter(None, order)]


def why_not(deployment, at=None):
    """The sentence why it may not start at `at`, by default now or when it is planned for; ""
    when it may. What its requester went through by name does not count."""
    at = at or max(timezone.now(), deployment.planned_for or timezone.now())
    named = {passed["gate"] for passed in deployment.overridden}
    shut = [gate for gate in standing(deployment.environment, release=deployment.release,
                                      kind=deployment.kind, at=at) if gate.key not in named]
    return " ".join(gate.reason for gate in shut)


def pass_through(actor, environment, *, release, at, named=(), reason="", is_emergency=False):
    """Return the shut gates that this person goes through; Refused where there is one that they
    did not name, or may not go through.

    `named` are keys, as the page showed them: what was shut since then was not agreed to.
    """
    shut = standing(environment, release=release, at=at)
    for gate in shut:
        if gate.key not in named:
            raise _unnamed(actor, environment, gate)
        if not is_emergency:
            _demand_exception(actor, gate)
    if shut and not reason.strip():
        raise Refused(_("Releasing in spite of this needs a reason."),
                      _("Write one sentence under “Why now?”: it is told to whoever set it."))
    return shut


def may_go_through(actor, gate):
    """Whether this person may name the gate and go on without an emergency."""
    return gate.sort == FREEZE and bool(excepting.may_override(actor, gate.row))


def _unnamed(actor, environment, gate):
    """The refusal of a gate that was not named; it asks nobody else where this person may."""
    is_shown = any(each.key == gate.key for each in standing(environment))
    if is_shown and may_go_through(actor, gate):
        return Refused(gate.reason, _("You may make an exception: tick “Release in spite of this” "
                                      "and say why. Or choose a later time."))
    return Refused(gate.reason, gate.remedy, leads_to=gate.leads_to)


def _demand_exception(actor, gate):
    if gate.sort != FREEZE:
        raise Refused(gate.reason, gate.remedy, leads_to=gate.leads_to)
    demand(excepting.may_override(actor, gate.row))


# -- freezes -------------------------------------------------------------------------------------

READ_WITH = ("set_by", "project", "environment__project")
"""What policy asks of a freeze."""


def freezes_over(environment):
    """Freezes that are switched on and cover the environment, in force or not."""
    return Freeze.objects.filter(
        Q(project=None) | Q(project=environment.project_id),
        Q(environment=None) | Q(environment=environment.pk),
        is_active=True).select_related(*READ_WITH)


def shut_by_freezes(environments):
    """{environment's key: {gate's key: Freeze}} of what is shut there now, in as many queries for
    many places as for one."""
    at, found = timezone.now(), {}
    rows = list(Freeze.objects.filter(is_active=True).select_related(*READ_WITH))
    shut = [(_key(freeze, window), freeze) for freeze in rows
            if (window := current_window(freeze, at))]
    excepting.gather([freeze for __, freeze in shut])
    for place in environments:
        found[place.pk] = {key: freeze for key, freeze in shut if covers(freeze, place)}
    return found


def covers(freeze, environment):
    """Whether the freeze is for this environment, as `freezes_over` asks the database."""
    return freeze.project_id in (None, environment.project_id) and \
        freeze.environment_id in (None, environment.pk)


def _freezes(environment, at):
    shut = [(freeze, window) for freeze in freezes_over(environment)
            if (window := current_window(freeze, at))]
    excepting.gather([freeze for freeze, __ in shut])
    is_naming = any(excepting.people_of(freeze) for freeze, __ in shut)
    releasing = people_with(Grant.RELEASE, environment) if is_naming else []
    for freeze, window in shut:
        until = near(window.end, at=_read_at(at))
        yield Gate(
            _key(freeze, window), FREEZE,
            _("Releases to {environment} are frozen until {until} ({reason}).").format(
                environment=environment.name, until=until, reason=freeze.reason),
            _way_out(freeze, releasing, until, is_planned=at > timezone.now()), freeze, window.end,
            excepting.leads_to(freeze))


def _key(freeze, window):
    return f"{FREEZE}:{freeze.pk}:{window.start:%Y%m%dT%H%MZ}"


def _read_at(at):
    """When words about the moment `at` are read: for a later one today, so the day is named."""
    return min(at, timezone.now())


def _way_out(freeze, releasing, until, *, is_planned):
    """What helps: another time than now (or than the one that was planned), or an exception of
    those whom the freeze names and who may release there; of who set it, where it names nobody."""
    exception = excepting.exception_words(freeze, releasing=releasing)
    if is_planned:
        return _("Choose a time after {until}. {exception}").format(
            until=until, exception=exception).strip()
    if exception:
        return _("{exception} Or plan it for a time after {until}.").format(
            exception=exception, until=until)
    setter = excepting.setter_of(freeze)
    if setter:
        return _("Plan it for a time after {until}, or ask {setter} for an exception.").format(
            until=until, setter=setter)
    in_vain = excepting.in_vain_words(freeze, releasing)
    return _("Plan it for a time after {until}. {in_vain}").format(
        until=until, in_vain=in_vain).strip()


# -- pauses --------------------------------------------------------------------------------------

def pauses_of(environment, at=None):
    """Pauses of the environment that have not ended at `at`, now by default."""
    at = at or timezone.now()
    return Pause.objects.filter(Q(until=None) | Q(until__gt=at), environment=environment.pk,
                                ended_at=None)


def _pauses(environment, at):
    for pause in pauses_of(environment, at):
        until = _(" until {near}").format(
            near=near(pause.until, at=_read_at(at))) if pause.until else ""
        yield Gate(f"{PAUSE}:{pause.pk}", PAUSE,
                   _("{paused_by_name} paused releases to {environment}{until} ({reason}).").format(
                       paused_by_name=pause.paused_by_name, environment=environment.name,
                       until=until, reason=pause.reason),
                   _("Ask {paused_by_name}, or whoever sets it up, to press “Release again” on the "
                     "page “Freezes and pauses”.").format(paused_by_name=pause.paused_by_name),
                   pause, pause.until)


# -- order ---------------------------------------------------------------------------------------

def _order(environment, release, at):
    """The gate of an environment that wants to see the bytes elsewhere first; None: it is open."""
    first = environment.comes_after
    if first is None:
        return None
    needed = timedelta(minutes=environment.comes_after_min)
    stretches = _stretches(first, release.digest, at)
    if any(until - since >= needed for since, until in stretches):
        return None
    key = f"{ORDER}:{first.pk}"
    if not stretches:
        return Gate(key, ORDER, _("{release} was not live and checked in {first} yet, as "
                                  "{environment} demands.").format(
            release=release.title, first=first.name, environment=environment.name),
            _("Release it to {first} first.").format(first=first.name))
    since, until = stretches[-1]
    opens = since + needed if until == at else None
    remedy = (_("It may be released from {near} on, if it stays live there.").format(
        near=near(opens, at=_read_at(at))) if opens else _("Release it to {first} again.").format(
            first=first.name))
    minutes = int(max(until - since for since, until in stretches).total_seconds() // 60)
    return Gate(key, ORDER, _("{release} was live in {first} for {minutes} min at a stretch; "
                              "{environment} demands {comes_after_min} min.").format(
        release=release.title, first=first.name, minutes=minutes, environment=environment.name,
        comes_after_min=environment.comes_after_min), remedy,
                ends_at=opens)


def _stretches(environment, digest, at):
    """(since, until) of each time, up to `at`, that bytes with this digest were live and checked
    there, until another version was; oldest first. The last one ends `at` while it lasts."""
    if not digest:
        return []
    done = environment.deployments.proved().filter(finished_at__lte=at).exclude(
        kind=Deployment.ADOPTED)  # that was found live, and not checked
    found, since = [], None
    rows = list(done.values_list("release__digest", "finished_at"))[::-1]
    for proved, when in [*rows, ("", at)]:
        if since is not None and proved != digest:
            found.append((since, when))
            since = None
        elif since is None and proved == digest:
            since = when
    return found
