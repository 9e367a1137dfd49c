"""Which projects the home page shows: all, those with something to do, those with problems; by
name, a part at a time."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from .. import policy
from ..models import Deployment, Environment
from ..services import planned
from ..services.approvals import may_start
from ..services.checkups import blocked
from ..services.drift import lines_of
from ..services.standings import in_trouble

SHOWN = 25
CHOICES = {"": _("All"), "mine": _("Needs me"), "problems": _("Problems")}


@dataclass(frozen=True)
class Chosen:
    """`projects` of this part; the words searched for, the choice, and addresses that lead on."""

    projects: list
    asked: str = ""
    show: str = ""
    earlier: str = ""
    later: str = ""
    count: int = 0

    @property
    def is_narrowed(self):
        return bool(self.asked or self.show)

    @property
    def tabs(self):
        """(Words, address, whether it is this one) of each choice."""
        return [(words, _address(q=self.asked, show=name), name == self.show)
                for name, words in CHOICES.items()]


def narrowed(request, projects, mine):
    """The `Chosen` part of `projects` (by name); `mine()` gives the keys of those that need the
    person."""
    asked = request.GET.get("q", "").strip()[:100]
    show = request.GET.get("show", "")
    show = show if show in CHOICES else ""
    rows = [row for row in projects if all(word in f"{row.name} {row.slug}".lower()
                                           for word in asked.lower().split())]
    if show:
        wanted = mine() if show == "mine" else with_problems(rows)
        rows = [row for row in rows if row.pk in wanted]
    after = request.GET.get("after", "")
    start = next((at + 1 for at, row in enumerate(rows) if row.slug == after), 0)
    return Chosen(
        rows[start:start + SHOWN], asked, show, count=len(rows),
        earlier=_part(asked, show, rows, start - SHOWN) if start else "",
        later=_part(asked, show, rows, start + SHOWN) if rows[start + SHOWN:] else "")


def with_problems(projects):
    """Keys of those in which something went wrong, differs, blocks a release, or was missed."""
    environments = Environment.objects.filter(project__in=projects)
    of = dict(environments.values_list("pk", "project"))
    odd = [*lines_of(environments), *blocked(environments),
           *(row.environment_id for row in planned.missed_in(environments))]
    return in_trouble(projects) | {of[pk] for pk in odd}


def needing(actor, projects, *asked):
    """Keys of the projects that need this person: a decision, a start, or what was `asked` of
    them (rows with an environment)."""
    found = {row.environment.project_id for rows in asked for row in rows}
    held = Deployment.objects.filter(
        status__in=("needs_attention", "approved"), environment__project__in=projects)
    for row in held.select_related("environment__project", "release__project").defer("plan"):
        may = policy.may_decide(actor, row) if row.needs_a_person else may_start(actor, row)
        if may:
            found.add(row.environment.project_id)
    return found


def _part(asked, show, rows, start):
    return _address(q=asked, show=show, after=rows[start - 1].slug if start > 0 else "")


def _address(**values):
    return f"?{urlencode({name: value for name, value in values.items() if value})}"
