"""Verbs on edits of commands: keep one, let it wait, agree, decline, take back, bring back.

Who edited a project's commands last is written in one place, here, and open approvals are looked
at again with it.
"""

import json

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import audit, policy
from ..errors import Refused
from ..models import Grant, Project, RecipeVersion
from .acting import acting, demand, hold
from .approvals import reevaluate
from .notices import tell_people
from .recipe_content import content_of, differences, shown, write

_SAID = {"asked": _lazy("your yes is asked for"), "agreed": _lazy("agreed to"),
         "declined": "declined"}
UNKNOWN = _lazy("nobody known")
AS_FOUND = _lazy("As it was before edits were kept, or as it was changed outside the form.")


def hold_project(project):
    """Lock the project for an edit, its environments first: approvals lock them in this order."""
    for environment in project.environments.order_by("pk"):
        hold(environment)
    hold(project)


def waiting_of(project):
    """The edit that waits for a second person, or None."""
    return project.recipe_versions.filter(status=RecipeVersion.WAITING).first()


def waiting_for(actor):
    """Edits this person could agree to now, oldest first."""
    rows = RecipeVersion.objects.filter(status=RecipeVersion.WAITING).select_related("project")
    return [row for row in rows.order_by("pk") if policy.may_agree_to_edit(actor, row)]


def keep_edit(actor, project, before):
    """Rows were written in this transaction, after `before` (a content) was read: keep that as an
    edit, and return it; None when nothing that is code changed.

    Where edits wait for a second person, the rows say `before` again. Refused without the right.
    """
    after = content_of(project)
    if after == before:
        return None
    demand(policy.may_edit_commands(actor, project))
    if waiting_of(project):
        raise Refused(_("Another edit of the commands waits for a second person."),
                      _("Agree to it, decline it or take it back first."))
    _keep_found(project, before)
    if not before["commands_need_second"]:
        edit = _new(project, after, RecipeVersion.IN_FORCE, actor)
        _come_into_force(edit, actor)
        _record("commands.edited", _("{actor} edited what {project} runs").format(
            actor=actor.name, project=project.name), actor, edit,
                before)
        return edit
    write(project, before)
    edit = _new(project, after, RecipeVersion.WAITING, actor)
    _record("commands.proposed",
            _("{actor} edited what {project} runs: it waits for a second person").format(
                actor=actor.name, project=project.name), actor, edit, before)
    _tell(policy.who_counts_as_second(project, Grant.COMMANDS, besides=actor.user), edit, "asked",
          _("{actor} edited what {project} runs: {parts}. Nothing of it is run until somebody else "
            "agrees.").format(actor=actor.name, project=project.name, parts=_parts(edit, before)))
    return edit


def keep_first(actor, project):
    """Keep what a new project runs as its first edit."""
    edit = _new(project, content_of(project), RecipeVersion.IN_FORCE, actor)
    if policy.may_edit_commands(actor, project):
        Project.objects.filter(pk=project.pk).update(commands_edited_by=actor.user)
    return edit


def edited_last(user, projects):
    """From now on this person is who edited last what is run for these projects, in whatever form.

    For the caller's transaction, before its audit entry: what was agreed for release may be void.
    """
    for project in projects:
        Project.objects.filter(pk=project.pk).update(commands_edited_by=user)
        reevaluate(project=project)


def agree(actor, edit, *, comment=""):
    """Let the edit come into force, all of it; refused when the rows changed since it was made."""
    project = edit.project
    with acting(actor, "commands.agreed", project=project):
        _hold_waiting(project, edit)
        demand(policy.may_agree_to_edit(actor, edit))
        demand(policy.fresh(actor))
        before = content_of(project)
        base = project.recipe_versions.filter(status=RecipeVersion.IN_FORCE).first()
        if base is None or json.loads(base.content) != before:
            raise Refused(_("What the project runs changed after this edit was made."),
                          _("Decline it, and make the edit again from what is there now."))
        write(project, json.loads(edit.content))
        _answer(actor, edit, RecipeVersion.IN_FORCE, comment)
        _come_into_force(edit, actor)
        _record("commands.agreed",
                _("{actor} agreed to edit {number} of {project} by {edited_by_name}").format(
                    actor=actor.name, number=edit.number, project=project.name,
                    edited_by_name=edit.edited_by_name), actor, edit, before)
        _tell([edit.edited_by], edit, "agreed",
              _("{actor} agreed to it: it is in force.").format(actor=actor.name))


def decline(actor, edit, *, comment=""):
    """Say no, with a reason: the rows stay. Whoever made the edit takes it back without one."""
    project = edit.project
    with acting(actor, "commands.declined", project=project):
        _hold_waiting(project, edit)
        is_own = edit.edited_by_id == actor.user.pk
        demand(policy.may_edit_commands(actor, project) if is_own
               else policy.may_agree_to_edit(actor, edit))
        if not is_own and not comment.strip():
            raise Refused(_("Saying no needs a reason."), _("Write one sentence for the author."))
        _answer(actor, edit, RecipeVersion.DECLINED, comment)
        sentence = _("{actor} took back edit {number} of {project}") if is_own else \
            _("{actor} declined edit {number} of {project}")
        audit.record("commands.declined", sentence.format(
            actor=actor.name, number=edit.number, project=project.name),
            actor=actor, project=project, about=edit, comment=comment[:300])
        if not is_own:
            _tell([edit.edited_by], edit, "declined",
                  _("{actor} said no: {comment}").format(actor=actor.name, comment=comment.strip()))


def bring_back(actor, edit):
    """Make a new edit that says what an earlier one said; return it."""
    project = edit.project
    with acting(actor, "commands.edited", project=project):
        hold_project(project)
        demand(policy.may_edit_commands(actor, project))
        before = content_of(project)
        write(project, json.loads(edit.content))
        made = keep_edit(actor, project, before)
        if made is None:
            raise Refused(_("The project runs exactly that already."))
        return made


def _hold_waiting(project, edit):
    hold_project(project)
    hold(edit)
    if edit.status != RecipeVersion.WAITING:
        raise Refused(_("This edit no longer waits: it is {state}.").format(
            state=edit.get_status_display()))


def _keep_found(project, content):
    """What the rows said before is an edit, too, unless the newest one in force said the same."""
    newest = project.recipe_versions.filter(status=RecipeVersion.IN_FORCE).first()
    if newest is None or json.loads(newest.content) != content:
        found = _new(project, content, RecipeVersion.IN_FORCE, None, comment=AS_FOUND)
        _replace_others(found)


def _new(project, content, status, actor, comment=""):
    newest = project.recipe_versions.first()
    return RecipeVersion.objects.create(
        project=project, number=newest.number + 1 if newest else 1, status=status,
        content=json.dumps(content), shown=shown(content), comment=comment,
        edited_by=actor.user if actor else None,
        edited_by_name=actor.name if actor else UNKNOWN)


def _answer(actor, edit, status, comment):
    edit.status, edit.comment = status, comment.strip()[:300]
    edit.answered_by, edit.answered_by_name = actor.user, actor.name
    edit.answered_at = timezone.now()
    edit.save(update_fields=["status", "comment", "answered_by", "answered_by_name",
                             "answered_at"])


def _replace_others(edit):
    others = edit.project.recipe_versions.filter(status=RecipeVersion.IN_FORCE)
    others.exclude(pk=edit.pk).update(status=RecipeVersion.REPLACED)


def _come_into_force(edit, actor):
    """The edit's author edited last, whoever agreed; what was agreed for release may be void."""
    _replace_others(edit)
    edited_last(edit.edited_by or actor.user, [edit.project])


def _tell(people, edit, what, sentence):
    """Those who could agree learn that it waits, its author what became of it."""
    name = edit.project.name
    tell_people([user for user in people if user is not None], event=f"commands.{what}",
                subject=_("Edit {number} of the commands of {name}: {said}").format(
                    number=edit.number, name=name, said=_SAID[what]),
                sentence=sentence, path=reverse("admin:command-edits", args=[edit.project.slug]))


def _parts(edit, before):
    """What it changes, as the audit log names it: “build commands, repository”."""
    return ", ".join(dict(differences(shown(before), edit.shown))).lower()


def _record(action, sentence, actor, edit, before):
    """The audit entry, with the lines that went and that came; secrets are fingerprints."""
    changed = dict(differences(shown(before), edit.shown))
    parts = [{name: [line for sign, line in lines if sign == wanted]
              for name, lines in changed.items()} for wanted in "-+"]
    audit.record(action, f"{sentence}: {', '.join(changed).lower()}", actor=actor,
                 project=edit.project, about=edit, before=parts[0], after=parts[1],
                 edit=edit.number)
