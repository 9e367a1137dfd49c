"""The drift watch's page of an environment: whether its servers are as they were released."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import policy
from ..drift_words import counted
from ..errors import Refused
from ..models import Deployment
from ..services import drift, releases
from ..services.acting import recording_refusals
from ..services.way_back import release_before
from .door import environment_page, see, see_other, show

HISTORY = 30
WORDS = {True: (_lazy("As released"), "check", "good"), False: (_lazy("Not as released"),
                                                                "warning", "warn"),
         None: (_lazy("Could not be looked at"), "dash", "wait")}


@dataclass(frozen=True)
class Answer:
    """One answer, or many equal ones in a row, as a line of the history."""

    row: object

    @property
    def words(self):
        text, icon, tone = WORDS[self.row.is_good]
        return {"text": text, "icon": icon, "tone": tone}

    @property
    def since(self):
        return datetime.fromisoformat(self.row.facts["since"])

    @property
    def looks(self):
        return self.row.facts["looks"]

    @property
    def summary(self):
        facts = self.row.facts
        return self.row.problem or counted(facts["counts"], facts.get("more", 0))


@dataclass(frozen=True)
class Seen(Answer):
    """The newest answer about an installation: what it found, with the moments as times."""

    @property
    def findings(self):
        return [found | {"since": datetime.fromisoformat(found["since"])}
                for found in self.row.findings]

    @property
    def unlisted(self):
        """How many findings are counted and not listed."""
        facts = self.row.facts
        return sum(facts["counts"].values()) - len(self.row.findings) + facts.get("more", 0)

    @property
    def sentence(self):
        return drift.sentence(self.row)

    @property
    def spoilt(self):
        """Which folders are not as released: "live", "way_back", both or none. A way back that is
        gone is not among them: going back copies it again."""
        return {"way_back" if found["is_way_back"] else "live" for found in self.row.findings
                if "is_way_back" in found and not _is_gone(found)}

    @property
    def is_way_back_gone(self):
        return any(map(_is_gone, self.row.findings))

    @property
    def sorts(self):
        return {found["sort"] for found in self.row.findings}

    @property
    def is_harmless(self):
        """Whether nobody can have brought anything else to visitors by what was found."""
        return all(found["sort"] == "stopped" or _is_gone(found) for found in self.row.findings)

    @property
    def is_amended_by_release(self):
        """Whether releasing the live version again puts right what was found, or a part of it."""
        return "live" not in self.spoilt and bool({"current", "ours"} & self.sorts)


def _is_gone(found):
    return found["sort"] == "missing" and bool(found.get("is_way_back"))


@dataclass(frozen=True)
class Place:
    """One installation; `is_waiting` False: nobody answered in time, None: nothing was asked."""

    installation: object
    seen: object
    history: list
    is_waiting: bool | None


@environment_page("GET", "HEAD")
def watch(request, actor, environment):
    """Show what was seen last and before; reloads itself while a look is under way."""
    places, live = _places(environment), Deployment.objects.live(environment)
    before = release_before(environment)
    rows = [place.seen.row for place in places if place.seen]
    return show(
        request, "drift/drift.html", environment=environment, places=places,
        title=_("Drift watch: {project} ({environment})").format(
            project=environment.project.name, environment=environment.name),
        decision=policy.may_examine(actor, environment), live=live, before=before,
        may_build=policy.may_build(actor, environment.project),
        is_busy=environment.deployments.active().exists(), every_min=settings.DRIFT_EVERY_MIN,
        differing=drift.differing(rows), is_moving=any(place.is_waiting for place in places))


@environment_page("POST")
def look(request, actor, environment):
    """*Look now*: ask, and show the page again, where the answer will appear."""
    try:
        rows = drift.ask(actor, environment)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        noun = _("server is") if len(rows) == 1 else _("servers are")
        messages.info(request, _("{rows} {noun} being compared with what was released. This page "
                                 "shows the answer.").format(rows=len(rows), noun=noun))
    return see_other("drift", environment.project.slug, environment.slug)


@environment_page("POST")
def rebuild(request, actor, environment):
    """Build the live version's commit anew and lead to releasing that build: a folder of its own
    is what makes a changed one well."""
    project, live = environment.project, Deployment.objects.live(environment)
    try:
        if live is None:
            with recording_refusals(actor, "release.requested", environment=environment):
                raise Refused(_("Nothing is live and checked in {environment} yet.").format(
                    environment=environment.name),
                              _("Release a version first."))
        row, sha = live.release, live.release.commit_sha
        is_named = project.refs.filter(name=row.ref, sha=sha).count() == 1
        release = releases.request_build(actor, project, row.ref if is_named else sha)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return see_other("drift", project.slug, environment.slug)
    messages.info(request, _("{release} is being built again. Release it here: its files "
                             "come into a folder of their own, and what was changed by hand "
                             "stays behind.").format(release=release.title))
    page = reverse("admin:release-review", args=[project.slug, environment.slug])
    return see(f"{page}?{urlencode({'version': release.name})}")


def _places(environment):
    newest, asked = drift.newest([environment]), drift.under_way(environment)
    found = []
    for place in environment.installations.filter(is_active=True).select_related("server"):
        row = newest.get(place.pk)
        rows = [Answer(earlier) for earlier in drift.answered(place)[:HISTORY] if earlier != row]
        found.append(Place(place, row and Seen(row), rows, asked.get(place.pk)))
    return found
