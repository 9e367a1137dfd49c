"""System health: whether the installation works, for those who look after it."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from .. import policy
from ..services.health import sections
from .door import page, show
from .times import here


@page("GET", "HEAD")
def health(request, actor):
    """Everything that can be told at once, what needs somebody first. Looking changes nothing."""
    if not policy.may_see_set_up(actor):
        raise PermissionDenied(_("Only who sets up all projects may see how the release manager "
                                 "itself is. Ask an administrator."))
    parts = sections()
    troubled = [line for __, lines in parts for line in lines if line.needs_somebody]
    return show(request, "health/health.html", title=_("System health"), parts=parts,
                here=here(), troubled=troubled, is_bad=any(line.tone == "bad" for line in troubled))
