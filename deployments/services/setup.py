"""Verbs of setting up: ask a server or a git host who it is, confirm it, read the source."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy, queue
from ..errors import Refused
from ..models import Project, Server, ServerCheck
from . import checkups
from .acting import acting, demand, hold
from .repository_addresses import is_ssh

SOURCE_AGE = timedelta(minutes=5)


def _demand_setup(actor, row):
    """Servers and repositories are code: who says where it comes from says what is run."""
    demand(policy.may_edit_commands(actor, row if isinstance(row, Project) else None))


def ask_server(actor, server, question):
    """Queue a question to a server (its identity, or whether signing in works)."""
    with acting(actor, "server.asked"):
        _demand_setup(actor, server)
        audit.record("server.asked", _("{actor} asked {server} for its {question}").format(
            actor=actor.name, server=server.name,
            question=dict(ServerCheck.QUESTIONS)[question]), actor=actor, server=server.name)
        return _ask(actor, server=server, question=question)


def ask_git_host(actor, project):
    """Queue a question for the identity of a project's git host."""
    with acting(actor, "project.git_host_asked", project=project):
        _demand_setup(actor, project)
        audit.record("project.git_host_asked",
                     _("{actor} asked the git host of {project} for its identity").format(
                         actor=actor.name, project=project.name), actor=actor, project=project)
        return _ask(actor, project=project, question=ServerCheck.HOST_KEY)


def _ask(actor, **fields):
    check = ServerCheck.objects.create(asked_by_name=actor.name, **fields)
    queue.wake(queue.CHECK_SERVER, check.pk)
    return check


def confirm_host_key(actor, server, seen):
    """Use the identity `seen` from now on; Refused when another one was fetched meanwhile."""
    with acting(actor, "server.confirmed"):
        _demand_setup(actor, server)
        hold(server)
        if not seen or seen != server.host_key_seen:
            raise Refused(_("{server} showed another identity meanwhile.").format(
                server=server.name),
                          _("Fetch it again and compare it."))
        Server.objects.filter(pk=server.pk).update(
            host_key=seen, host_key_confirmed_at=timezone.now(),
            host_key_confirmed_by=actor.user)
        audit.record("server.confirmed", _("{actor} confirmed the identity of {server}").format(
            actor=actor.name, server=server.name),
                     actor=actor, server=server.name, host_key=seen)
        checkups.ask_about_server(server)


def confirm_git_host_key(actor, project, seen):
    """Use the git host's identity `seen` from now on, and read the source from it."""
    with acting(actor, "project.git_host_confirmed", project=project):
        _demand_setup(actor, project)
        hold(project)
        if not seen or seen != project.git_host_key_seen:
            raise Refused(_("The git host showed another identity meanwhile."),
                          _("Fetch it again and compare it."))
        Project.objects.filter(pk=project.pk).update(git_host_key=seen)
        audit.record("project.git_host_confirmed",
                     _("{actor} confirmed the identity of the git host of {project}").format(
                         actor=actor.name, project=project.name),
                     actor=actor, project=project, host_key=seen)
        _read_anew(project)


def have_source_read(actor, project):
    """Queue a reading, or the question who its host is: nothing is sent to a git host that nobody
    confirmed. For the caller's transaction."""
    if is_ssh(project.repository_url) and not project.git_host_key:
        ask_git_host(actor, project)
    else:
        _read_anew(project)


def refresh_source(project, *, if_older_than=SOURCE_AGE):
    """Queue a reading of the git host's branches and tags unless the last one is fresh enough."""
    read_at = project.source_read_at
    if read_at is None or timezone.now() - read_at > if_older_than:
        queue.wake(queue.READ_SOURCE, project.pk)
        return True
    return False


def _read_anew(project):
    """Forget how the last reading ended, so that pages wait for this one."""
    Project.objects.filter(pk=project.pk).update(
        source_asked_at=timezone.now(), source_read_at=None, source_problem="")
    queue.wake(queue.READ_SOURCE, project.pk)


def read_source_again(actor, environment):
    """Queue a reading now, for somebody who misses a version in the list."""
    project = environment.project
    with acting(actor, "source.read_requested", environment=environment):
        demand(policy.may_release(actor, environment))
        refresh_source(project, if_older_than=timedelta(0))
        audit.record("source.read_requested", _(
            "{actor} asked to read the versions of {project} again").format(
            actor=actor.name, project=project.name), actor=actor, environment=environment)
