"""Who approved a deployment, in words that follow who asked for it."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from ..models import Approval
from ..services.approvals import newest_of


def approved_words(deployment):
    """“, approved by Ben (28 Nov, 14:37)”; "" where nobody has said yes."""
    said = ", ".join(f"{vote.user_name} ({shown_at(vote.answered_at)})"
                     for vote in yes_votes(deployment))
    return _(", approved by {said}").format(said=said) if said else ""


def yes_votes(deployment):
    """The votes of those whose newest answer is a yes, without a query where they were read."""
    return [vote for vote in newest_of(deployment.approvals.all())
            if vote.answer == Approval.YES]


def shown_at(moment):
    """As parts/when.html shows it."""
    return date_format(localtime(moment), "j M, H:i")
