"""Verbs of adding a site step by step: its project and source.

Each writes in one transaction what the set-up forms write one by one, and has the machines asked
at once. The rows are all that is remembered (see first_steps): each step can be left and resumed.
"""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .. import audit, policy
from ..errors import Refused
from ..models import Project, ServerCommand
from . import edits, new_projects, presets, setup
from .acting import acting, demand
from .free_names import LONGEST_SLUG, first_free, slug_of
from .new_keys import new_key
from .recipe_content import content_of
from .repository_addresses import is_ssh, origin_of, validate_repository_url


def begin(actor, *, name, repository_url, kind, git_user="", git_password=""):
    """Make a project of this kind of site (a preset's key), have its source read; return it."""
    with acting(actor, "project.added"):
        demand(policy.may_set_up(actor))
        demand(policy.may_edit_commands(actor))
        preset = _preset(kind)
        project = Project(name=name.strip(), slug=_free_slug(name), repository_url=repository_url,
                          git_user=git_user, git_password=git_password, **preset.fields)
        _check(project)
        if is_ssh(repository_url):
            project.deploy_key = new_key(actor,
                                         _("Repository of {project}").format(project=project.name))
        project.save()
        for position, command in enumerate(preset.commands):
            ServerCommand.objects.create(project=project, **{"position": position, **command})
        audit.record("project.added", _("{actor} added project “{project}” as {label}").format(
            actor=actor.name, project=project, label=preset.label),
                     actor=actor, project=project, about=project, kind=kind,
                     repository_url=repository_url)
        new_projects.made(actor, project)
        return project


def change_source(actor, project, *, repository_url, git_user="", git_password=""):
    """Let the project come from another address, and have that read; returns the edit that keeps
    it, None where nothing changed.

    A stored password goes to no other host, and the identity of another host is confirmed anew.
    """
    with acting(actor, "commands.edited", project=project):
        edits.hold_project(project)
        demand(policy.may_edit_commands(actor, project))
        before, is_other = content_of(project), _is_other_host(project, repository_url)
        project.repository_url, project.git_user = repository_url, git_user
        if git_password or is_other:
            project.git_password = git_password
        _check(project)
        if is_ssh(repository_url) and project.deploy_key is None:
            project.deploy_key = new_key(actor,
                                         _("Repository of {project}").format(project=project.name))
        project.save(update_fields=["repository_url", "git_user", "git_password", "deploy_key"])
        edit = edits.keep_edit(actor, project, before)
        if edit is None or edit.status == edit.WAITING:
            return edit
        if is_other:
            Project.objects.filter(pk=project.pk).update(git_host_key="", git_host_key_seen="")
        project.refresh_from_db()
        setup.have_source_read(actor, project)
        return edit


def ask_source_again(actor, project):
    """Have the source read once more, or its host asked who it is where nobody confirmed that."""
    with acting(actor, "source.read_requested", project=project):
        demand(policy.may_edit_commands(actor, project))
        audit.record("source.read_requested", _("{actor} had the source of {project} read").format(
            actor=actor.name, project=project.name), actor=actor, project=project)
        setup.have_source_read(actor, project)


def _preset(kind):
    found = presets.of_key(kind)
    if found is None:
        raise Refused(_("This kind of site is not known."), _("Choose one from the list."))
    return found


def _check(project):
    try:
        validate_repository_url(project.repository_url)
        project.full_clean(exclude=["deploy_key"])
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages)) from None


def _is_other_host(project, url):
    return origin_of(url) != origin_of(project.repository_url)


def _free_slug(name):
    wanted = slug_of(name, LONGEST_SLUG - 6) or "site"  # room for a number
    taken = set(Project.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    return first_free(wanted, taken, "-")
