"""Verbs on deployments that people say: release, go back, make PHP reload.

What happens to a request while another one is on its way there is in `turns`; how one is stopped
or turned back in `stopping`.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy
from ..errors import Refused
from ..models import Deployment, Installation, Project, Release, Target
from ..models.fields import lines_of
from ..plan import build_plan
from . import drafts, emergencies, exceptions, freezes, gates, line, turns
from .acting import acting, demand, hold
from .releases import new_release
from .way_back import release_before


def request_deployment(actor, environment, *, request_key, release=None, ref="", reason="",
                       slot=None, in_spite_of=(), is_emergency=False, ticked=()):
    """Ask for `release` (or a new build of `ref`) to be made live; return the Deployment.

    At `slot` (of `planned`), by default as soon as it can be. `in_spite_of` are keys of gates that
    the person has seen shut and goes through all the same, by a freeze's leave or, with
    `is_emergency`, without anybody's. `ticked` are the lines of the project's checklist that they
    did. The same `request_key` returns the same row: a double click is one deployment. What they
    had begun there ends.
    """
    with acting(actor, "deployment.requested", environment=environment):
        existing = _asked_before(environment, request_key, actor)
        if existing:
            return existing
        if is_emergency:
            emergencies.demand_emergency(actor, environment, reason=reason, slot=slot)
        else:
            demand(policy.may_release(actor, environment))
        if release is None:
            release = new_release(actor, environment.project, ref)
        passed = gates.pass_through(
            actor, environment, release=release, at=slot.planned_for if slot else timezone.now(),
            named=in_spite_of, reason=reason, is_emergency=is_emergency)
        if not is_emergency:
            demand_ticked(environment.project, ticked)
        drafts.end(actor.user, environment)
        return _create(
            actor, environment, release, kind=Deployment.DEPLOY, request_key=request_key,
            reason=reason, passed=passed, emergency=reason.strip()[:500] if is_emergency else "",
            checklist=_ticked(environment.project, ticked),
            planned_for=slot and slot.planned_for, start_until=slot and slot.start_until)


def missing_ticks(project, ticked):
    """Lines of the project's checklist that are not among `ticked`."""
    return [line for line in lines_of(project.checklist) if line not in ticked]


def demand_ticked(project, ticked):
    """Refused where something on the checklist is not done."""
    missing = missing_ticks(project, ticked)
    if missing:
        more = _(" and {missing} more").format(missing=len(missing) - 1) if missing[1:] else ""
        raise Refused(_("Not everything on the checklist is done: “{missing}”{more}.").format(
            missing=missing[0], more=more),
                      _("Do what is missing, and tick it on the page “Rules”."))


def _ticked(project, ticked):
    return [line for line in lines_of(project.checklist) if line in ticked]


def go_back(actor, environment, *, request_key, release=None, reason=""):
    """Ask for an earlier release to be live again; default: the one before what is live, or before
    what comes first."""
    with acting(actor, "deployment.requested", environment=environment):
        existing = _asked_before(environment, request_key, actor)
        if existing:
            return existing
        demand(policy.may_go_back(actor, environment))
        first = line.comes_first(environment) if _would_wait(environment) else None
        release = release or release_before(environment, once=first)
        if release is None:
            raise Refused(_("There is no earlier version of {project} in {environment} to go back "
                            "to.").format(
                project=environment.project.name, environment=environment.name))
        if not _was_live(environment, release):
            raise Refused(_("{release} was never live in {environment}.").format(
                release=release.title, environment=environment.name),
                          _("Release it instead."))
        return _create(actor, environment, release, kind=Deployment.ROLLBACK,
                       request_key=request_key, reason=reason)


def request_reload(actor, environment, *, request_key, server=None):
    """Ask to make PHP on all (or one) of the servers run what `current` names, and prove it."""
    with acting(actor, "deployment.requested", environment=environment):
        existing = _asked_before(environment, request_key, actor)
        if existing:
            return existing
        demand(policy.may_reload(actor, environment))
        live = _live_by_us(environment)
        return _create(actor, environment, live.release, kind=Deployment.RELOAD,
                       request_key=request_key, server=server)


def request_restart(actor, installation, *, request_key):
    """Ask to restart PHP-FPM on an installation's server, and to prove what it runs afterwards.

    Whoever may make PHP reload may do this too, although visitors may see errors meanwhile.
    """
    environment = installation.environment
    with acting(actor, "deployment.requested", environment=environment):
        existing = _asked_before(environment, request_key, actor)
        if existing:
            return existing
        demand(policy.may_reload(actor, environment))
        live = _live_by_us(environment)
        if installation.php_door == Installation.NO_PHP:
            raise Refused(_("No PHP runs for {installation}.").format(installation=installation))
        if installation.has_mod_php:
            raise Refused(_("PHP of {installation} has no socket: it runs inside Apache (mod_php), "
                            "and there is no PHP-FPM to restart.").format(
                installation=installation), _("Use “Make PHP reload”; if it is PHP-FPM, "
                                              "enter its socket on the server's page."))
        return _create(actor, environment, live.release, kind=Deployment.RELOAD,
                       request_key=request_key, place=installation, strategy=Deployment.RESTART)


def _live_by_us(environment):
    """The deployment that made what is live; Refused where there is none, or it was found live."""
    live = Deployment.objects.live(environment)
    if live is None:
        raise Refused(_("Nothing is live in {environment} yet.").format(
            environment=environment.name), _("Release a version first."))
    if live.kind == Deployment.ADOPTED:
        raise Refused(_("What is live in {environment} was found there, and not released by the "
                        "release manager.").format(environment=environment.name),
                        _("Release a version first."))
    return live


def _asked_before(environment, request_key, actor):
    """The row of an earlier click on the same form. Holds the environment: one asks at a time."""
    if not 0 < len(request_key) <= 64:
        raise Refused(_("This form is not complete."), _("Open the page again."))
    hold(environment)
    row = Deployment.objects.filter(request_key=request_key).first()
    if row and row.requested_by_id != actor.user.pk:
        raise Refused(_("This form belongs to somebody else."), _("Open the page again."))
    return row


def _was_live(environment, release):
    return environment.deployments.filter(status="succeeded", release=release).exists()


def _create(actor, environment, release, *, kind, request_key, reason="", server=None,
            place=None, strategy="", passed=(), **terms):
    _check_release(environment, release)
    places = _places(environment, server, place)
    _check_pauses(build_plan(kind, environment, release))
    waits = _would_wait(environment)
    if waits:
        _demand_new(actor, environment, release, kind)
    live = None if waits else Deployment.objects.live(environment)
    try:
        with transaction.atomic():
            deployment = Deployment.objects.create(
                environment=environment, release=release, kind=kind, strategy=strategy,
                request_key=request_key,
                previous=live.release if live else None, reason=reason[:500],
                requested_by=actor.user, requested_by_name=actor.name,
                requested_address=actor.address, requested_account=actor.system_account,
                status="waiting_turn" if waits else "waiting_for_build",
                overridden=[gate.as_passed for gate in passed], **terms,
            )
    except IntegrityError:
        raise Refused(*line.refusal_words(environment, actor)) from None
    for row in places:
        Target.objects.create(deployment=deployment, installation=row,
                              server_name=row.server.name)
    audit.record("deployment.requested", _("{actor} asked to {deployment}").format(
        actor=actor.name, deployment=deployment), actor=actor,
                 environment=environment, deployment=deployment.pk, release=release.name,
                 reason=reason,
                 **({"checklist": deployment.checklist} if deployment.checklist else {}))
    freezes.note_override(actor, deployment, passed)
    exceptions.note_used(actor, deployment, passed)
    if deployment.emergency:
        emergencies.announce(actor, deployment)
    if waits:
        turns.line_up(deployment)
    elif release.status == "ready":
        turns.advance(deployment)
    return deployment


def _would_wait(environment):
    return environment.project.when_busy == Project.WAIT and turns.is_busy(environment)


def _demand_new(actor, environment, release, kind):
    """Standing in line twice for the same thing helps nobody."""
    unbuilt_sha = release.commit_sha if release.status == "pending" else ""
    row = line.asked_already(actor, environment, kind, release=release, unbuilt_sha=unbuilt_sha)
    if row:
        raise Refused(*line.asked_already_words(row, actor))


def _places(environment, server, place):
    """The active installations there; on `server` alone, or `place` alone, when one is given."""
    places = environment.installations.filter(is_active=True).select_related("server")
    if not places:
        raise Refused(_("{environment} has no server yet.").format(environment=environment),
                      _("Ask an administrator to add one."))
    if place is not None:
        places = places.filter(pk=place.pk)
        if not places:
            raise Refused(_("{place} is not active.").format(place=place),
                          _("Make it active first."))
    if server is None:
        return places
    places = places.filter(server=server)
    if not places:
        raise Refused(_("{server} does not carry {environment}.").format(
            server=server.name, environment=environment))
    return places


def _check_pauses(plan):
    if problem := turns.too_long(plan):
        raise Refused(problem, _("Ask an administrator for fewer waves or shorter pauses there."))


def _check_release(environment, release):
    # Its build may end just now: it must see this deployment, or we its end.
    turns.hold_line(environment, release=release)
    if release.project_id != environment.project_id:
        raise Refused(_("{release} belongs to another project.").format(release=release),
                      _("Choose a version of this one."))
    if release.status not in ("pending", "building", "ready"):
        raise Refused(_("{release} cannot be released: {state}.").format(
            release=release.title, state=release.words.lower()),
                      _("Choose another version, or build this one again."))


def ready_releases(project):
    """Stored releases of the project, newest first."""
    rows = Release.objects.filter(project=project, status="ready")
    return rows.select_related("project").defer("contents")
