"""What the steps after the first one share: the version in the address, and the draft."""

from dataclasses import dataclass
from functools import wraps

from django.shortcuts import redirect
from django.utils.translation import gettext as _

from ..errors import Refused
from ..services import drafts
from . import versions
from .door import environment_page, see, show
from .release_choice import choice_page
from .release_way import START, address_of, chosen, recording, way_to


@dataclass(frozen=True)
class Begun:
    """A release on its way: the `choice`, as `asked` for by its name, and the person's draft."""

    environment: object
    asked: str
    choice: versions.Choice
    draft: object = None

    @property
    def is_kept(self):
        """Whether the draft is about this version."""
        return self.draft is not None and self.draft.version in (self.asked, self.choice.value)

    @property
    def moved_from(self):
        """What the name stood for when the person chose it, where that is another commit now."""
        is_moved = self.is_kept and self.draft.sha != self.choice.sha
        return self.draft.sha[:10] if is_moved else ""

    @property
    def ticked(self):
        """What the person ticked, of this very commit."""
        return self.draft.ticked if self.is_kept and not self.moved_from else []

    @property
    def reason(self):
        return self.draft.reason if self.draft else ""

    @property
    def terms(self):
        return self.draft.terms if self.is_kept else {}

    def keep(self, user, step, **written):
        """Write it into the draft, with the page that comes next."""
        return drafts.keep(user, self.environment, version=self.choice.value, sha=self.choice.sha,
                           title=self.choice.title, step=step, **written)

    def demand_unmoved(self, seen_sha):
        """Refused where the page that was sent showed another commit."""
        if seen_sha != self.choice.sha:
            raise Refused(_("{choice} has moved since this page was opened: it is {sha} "
                            "now.").format(
                choice=self.choice.title, sha=self.choice.sha[:10]),
                _("Read what changes, then confirm again."))


def go_to(step, begun):
    """A redirect after a POST to that step of the same release."""
    return see(address_of(step, begun.environment, begun.choice.value))


def step_page(view):
    """A step after the first one: (request, actor, environment, begun).

    The version is the one in the form or the address, else the one in the person's draft; without
    any, and with one that there is not, the first step is shown.
    """

    @environment_page("GET", "POST")
    @wraps(view)
    def answer(request, actor, environment):
        draft = drafts.draft_of(actor.user, environment)
        asked = chosen(request.POST if request.method == "POST" else request.GET)
        if not asked and request.method == "GET":
            if draft is None:
                return redirect(address_of(START, environment))
            asked = draft.version
        try:
            with recording(request, actor, environment):
                choice = versions.choose(environment.project, asked)
        except Refused as refusal:
            return choice_page(request, actor, environment, refusal=refusal)
        return view(request, actor, environment, Begun(environment, asked, choice, draft))

    return answer


def show_step(request, step, begun, *, status=200, **context):
    """The page of a step, with the way to it."""
    environment, choice = begun.environment, begun.choice
    return show(
        request, f"release/{step.removeprefix('release-')}.html", status=status,
        title=_("Release {project} to {environment}").format(
            project=environment.project.name, environment=environment.name),
        environment=environment, choice=choice, begun=begun,
        way=way_to(step, environment, choice.value), **context)
