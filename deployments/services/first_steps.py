"""How far a site has come: each step of adding it, read from the rows alone."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from .. import policy, states
from ..models import (
    Checkup,
    Deployment,
    Grant,
    Installation,
    Project,
    ServerCheck,
)
from . import checkups, protection
from .grants import waits
from .repository_addresses import is_ssh

DONE, NEXT, WAITING, PROBLEM, LATER = "done", "next", "waiting", "problem", "later"
SLOW_AFTER = timedelta(minutes=2)
SHOWN = 10

PROJECT, SERVER, PHP, PEOPLE, RELEASE = KEYS = ("project", "server", "php", "people", "release")


@dataclass(frozen=True)
class Step:
    """One step: its `state` and one sentence; `is_slow`: what it waits for should have come."""

    key: str
    state: str
    sentence: str
    is_slow: bool = False


@dataclass(frozen=True)
class Site:
    """A project with the rows that its steps are read from; each None until it is there."""

    project: Project
    environment: object = None
    place: Installation | None = None

    @property
    def server(self):
        return self.place and self.place.server

    def steps(self):
        """The five steps. What cannot be begun yet is LATER; one that is neither done nor later is
        where to go on."""
        found = [_project(self.project), _server(self), _php(self), _people(self)]
        if found[0].state != DONE and self.environment is None:
            found[1] = Step(SERVER, LATER, _("The server that visitors reach, and the key for it."))
        return [*found, _release(self, all(step.state == DONE for step in found))]


def site_of(project):
    """The project's first environment and its first server, where they are there."""
    environment = project.environments.first()
    places = environment.installations.select_related(
        "server__ssh_key", "environment__project") if environment else ()
    place = next((each for each in places if each.is_active), None)
    return Site(project, environment, place)


def unfinished(actor):
    """Projects this person sets up in which nothing was ever live and checked, newest first; what
    was only found live and adopted was not."""
    reach = policy.reach(actor, Grant.SET_UP, Grant.COMMANDS)
    proved = Deployment.objects.filter(status="succeeded").exclude(kind=Deployment.ADOPTED)
    rows = Project.objects.exclude(pk__in=proved.values("environment__project"))
    if not reach.is_everything:
        rows = rows.filter(pk__in=reach.projects)
    return list(rows.order_by("-pk")[:SHOWN])


def last_check(row, question):
    """The newest question of this sort to a server, or to a project's git host, or None."""
    return row.checks.filter(question=question).first()


def found_there(server):
    """What ran on the server when somebody last signed in: `pools` and `web`."""
    rows = server.checks.filter(question=ServerCheck.CONNECTION, is_good=True)
    newest = rows.first()
    return newest.found if newest else {}


def _is_slow(asked_at):
    return timezone.now() - asked_at > SLOW_AFTER


def _asked(key, check, words):
    """The step while a question is under way or was answered badly; None where it was not."""
    if check and not check.answered_at:
        return Step(key, WAITING, words, _is_slow(check.asked_at))
    if check and not check.is_good:
        return Step(key, PROBLEM, check.answer)
    return None


def _project(project):
    if is_ssh(project.repository_url) and not project.git_host_key:
        asked = _asked(PROJECT, last_check(project, ServerCheck.HOST_KEY),
                       _("The git host is being asked who it is."))
        return asked or Step(PROJECT, NEXT, _("Let the release manager read it, then compare the "
                                              "git host’s identity and confirm it."))
    if project.source_read_at is None:
        if project.source_asked_at is None:
            return Step(PROJECT, NEXT, _("Nobody has had the repository read yet."))
        return Step(PROJECT, WAITING, _("The repository is being read."),
                    _is_slow(project.source_asked_at))
    if project.source_problem:
        return Step(PROJECT, PROBLEM, project.source_problem)
    names = list(project.refs.values_list("name", flat=True)[:200])
    if not names:
        return Step(PROJECT, PROBLEM, _("The repository was read, and it has no branch and no tag. "
                                        "Push one, then read it again."))
    count = _("1 branch or tag") if len(names) == 1 else _("{names} branches and tags").format(
        names=len(names))
    return Step(PROJECT, DONE,
                _("{count} found; the newest is {names}.").format(count=count, names=names[0]))


def _server(site):
    place, server = site.place, site.server
    if place is None:
        return Step(SERVER, NEXT, _("Say where the site lies, and let the release manager in."))
    if not server.host_key:
        asked = _asked(SERVER, last_check(server, ServerCheck.HOST_KEY),
                       _("{server} is being asked who it is.").format(server=server.name))
        return asked or Step(SERVER, NEXT,
                             _("Let the release manager in on {server}, then compare the server’s "
                               "identity and confirm it.").format(server=server.name))
    check = last_check(server, ServerCheck.CONNECTION)
    asked = _asked(SERVER, check,
                   _("Signing in on {server} is being tried.").format(server=server.name))
    if asked or check is None:
        return asked or Step(SERVER, NEXT,
                             _("Try to sign in on {server}.").format(server=server.name))
    return Step(SERVER, DONE,
                _("Signed in on {server} as {user}.").format(server=server.name, user=server.user))


def _php(site):
    place = site.place
    if place is None or not _can_sign_in(place.server):
        return Step(PHP, LATER, _("How the site is served is read on the server."))
    if not says_how(place):
        return Step(PHP, NEXT, _("Say which PHP serves the site."))
    newest = Checkup.objects.filter(installation=place).first()
    if newest is None:
        return Step(PHP, NEXT, _("Let the doctor look at the server."))
    if not newest.answered_at:
        return Step(PHP, WAITING,
                    _("The doctor is looking at {server}.").format(server=place.server.name),
                    _is_slow(newest.asked_at))
    found = checkups.what_blocks(newest)
    if found:
        more = _(", and {found} more").format(found=len(found) - 1) if len(found) > 1 else ""
        return Step(PHP, PROBLEM, f"{found[0].rstrip('.')}{more}.")
    return Step(PHP, DONE, newest.reason or _("The doctor found nothing that stops a release."))


def says_how(place):
    """Whether somebody has said which PHP serves the site there, or that it has none."""
    return place.php_door == Installation.NO_PHP or place.pools.exists()


def _can_sign_in(server):
    check = last_check(server, ServerCheck.CONNECTION)
    return bool(server.host_key and check and check.is_good)


def _people(site):
    environment = site.environment
    if environment is None:
        return Step(PEOPLE, LATER, _("Who may release the site, and who must agree."))
    people = policy.people_with(Grant.RELEASE, environment)
    if people:
        agree = [_("A second person agrees first.")] if environment.approval_rules.exists() else []
        later = [words for __, words in policy.not_yet(environment)]
        less = [_("That nobody must agree waits for a second person’s yes.")] \
            if protection.waiting_of(environment) else []
        return Step(PEOPLE, DONE, " ".join([
            _("{people} may release.").format(people=_listed(people)), *agree, *later, *less]))
    rows = Grant.objects.filter(action=Grant.RELEASE, project=site.project)
    held = [row for row in rows if waits(row)]
    if held:
        return Step(PEOPLE, WAITING,
                    _("“{held}” waits for a second person’s yes.").format(held=held[0]))
    return Step(PEOPLE, NEXT, _("Nobody may release the site yet, administrators included."))


def _listed(people):
    names = [policy.name_of(user) for user in people]
    more = len(names) - 3
    return ", ".join(names) if more <= 0 else _("{names} and {more} more").format(
        names=", ".join(names[:3]), more=more)


def _release(site, is_ready):
    environment = site.environment
    if environment is None:
        return Step(RELEASE, LATER,
                    _("The first version goes live, and every PHP worker is asked."))
    live = Deployment.objects.live(environment)
    if live and live.kind != Deployment.ADOPTED:
        return Step(RELEASE, DONE, live.result or _("{release} is live and checked.").format(
            release=live.release.title))
    newest = newest_of(environment)
    if newest and newest.status in ("failed", "errored", "needs_attention"):
        return Step(RELEASE, PROBLEM, newest.result or str(newest.words))
    if newest and newest.status in states.OPEN:
        return Step(RELEASE, WAITING, f"{newest.release.title}: {newest.words}.")
    if is_ready and policy.rules_of(environment) and not policy.who_could_approve(environment):
        later = [words for __, words in policy.not_yet(environment)]
        return Step(RELEASE, NEXT, " ".join([_("It can be asked for; nobody could agree to it "
                                               "today."),
                                             *(later or [_("Name an approver under People.")])]))
    if is_ready and live:
        return Step(RELEASE, NEXT,
                    _("Found live and adopted, not checked: now release the first version."))
    if is_ready:
        return Step(RELEASE, NEXT, _("All is ready for the first release."))
    return Step(RELEASE, LATER, _("Comes when the steps above are done."))


def newest_of(environment):
    """The deployment that was asked for last, or None."""
    return environment.deployments.select_related("release__project").order_by("-pk").first()
