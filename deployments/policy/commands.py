"""Who may agree to an edit of commands: somebody else than its author, with the same right."""

from django.utils.translation import gettext as _

from ..models import Grant
from .actor import Decision
from .people import counts_as_second
from .setting_up import may_edit_commands


def may_agree_to_edit(actor, edit, *, at=None):
    """Whether the person is the second one for this edit (a RecipeVersion that waits)."""
    decision = may_edit_commands(actor, edit.project, at=at)
    if not decision:
        return decision
    if edit.edited_by_id in (None, actor.user.pk):
        return Decision(False, _("You made this edit, so somebody else must agree to it."),
                        _("Ask somebody else who may edit commands."))
    if actor.system_account:
        return Decision(False, _("Edits cannot be agreed to by command."),
                        _("Open the page of the project's edits in a browser."))
    second = counts_as_second(actor, edit.project, Grant.COMMANDS)
    return second if not second else decision
