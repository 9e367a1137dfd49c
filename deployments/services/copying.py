"""Verbs of copying a project's set-up: see what a copy would be, and make it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import audit, policy
from ..errors import Refused
from ..models import ApprovalRule, Grant
from . import approvals, copied_rows, grants, new_projects
from .acting import acting, demand
from .checkups import ask_after_change
from .new_keys import new_key
from .repository_addresses import is_ssh
from .still_approvable import still_approvable

NEVER = (
    _lazy("Passwords, access tokens and keys. Where the code is read over SSH, a new deploy key is "
          "made."),
    _lazy("The git host's confirmed identity, and the tokens of guarded endpoints."),
    _lazy("History: versions, releases, approvals, edits, freezes and pauses."),
)
"""What no copy has, whatever is chosen."""


def may_copy(actor):
    """A copy is a new project, with commands: it takes both entries for every project."""
    decision = policy.may_set_up(actor)
    return policy.may_edit_commands(actor) if decision else decision


def copy(actor, source, wanted, digest, *, is_sure=False):
    """Make the copy and return its project; `digest` is that of the copy as it was shown.

    Refused where it would be another one by now, or anything of it is wrong: then nothing is made.
    Entries that need a second person wait for one, as new ones do.
    """
    why = []
    with acting(actor, "project.copied", project=source), still_approvable(
            is_sure, again=_("press “Make this project” again"), why=why):
        demand(may_copy(actor))
        copied = copied_rows.build(source, wanted, actor.user)
        if copied.problems:
            raise Refused(copied.problems[0][1], _("Correct it, and look at it again."))
        if copied.digest != digest:
            raise Refused(_("This is not the copy that was shown: something changed meanwhile."),
                          _("Look at it again, then make it."))
        _save(actor, copied)
        _record(actor, source, copied)
        new_projects.made(actor, copied.project)
        written = [grants.write(actor, copied_rows.entry_of(copied, source, entry))
                   for entry in copied.entries]
        why += _not_yet(copied, written)
        return copied.project


def _not_yet(copied, written):
    """Why a yes of those who may approve there does not count yet."""
    yield from (_("“{row}” waits for a second person.").format(row=row) for row in written
                if row.action == Grant.APPROVE and grants.waits(row))
    yield from dict.fromkeys(words for __, new in copied.environments
                             for __, words in policy.not_yet(new))


def _save(actor, copied):
    project = copied.project
    if is_ssh(project.repository_url):
        project.deploy_key = new_key(actor,
                                     _("Repository of {project}").format(project=project.name))
    project.save()
    for row in copied.rows:
        row.save()
    for __, new in copied.environments:
        new.comes_after, later = None, new.comes_after
        new.save()
        new.comes_after = later
    for old, new in copied.environments:
        new.save(update_fields=["comes_after"])
        for rule in old.approval_rules.all():
            same = copied_rows.twin(rule, ("id",), environment=new)
            same.save()
            same.users.set(rule.users.all())
            same.groups.set(rule.groups.all())
    for __, new in copied.places:
        new.save()
    for use in copied.uses:
        use.save()
    for __, new in copied.environments:
        approvals.reevaluate(environment=new)
    for __, new in copied.places:
        ask_after_change(new)


def _record(actor, source, copied):
    project = copied.project
    audit.record("project.copied",
                 _("{actor} copied the set-up of “{source}” to the new project “{project}”").format(
                     actor=actor.name, source=source, project=project),
                 actor=actor, project=project, about=project, after={
                     "copied_from": source.slug, "repository_url": project.repository_url})
    for __, new in copied.environments:
        rules = ApprovalRule.objects.filter(environment=new)
        audit.record("environment.added", _("{actor} added environment “{new}” with the "
                                            "copy").format(actor=actor.name, new=new),
                     actor=actor, environment=new, about=new, after={
                         "site_host": new.site_host, "rules": [str(rule) for rule in rules],
                         "is_protected": new.is_protected})
    for __, new in copied.places:
        audit.record("installation.added",
                     _("{actor} put {environment} on {new} with the copy").format(
                         actor=actor.name, environment=new.environment, new=new),
                     actor=actor, environment=new.environment, about=new)
