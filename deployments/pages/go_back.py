"""Going back to a version that was live before: one page, ready in one click."""

from django.utils.translation import gettext as _

from .. import policy
from ..errors import Refused
from ..services import deployments, way_back
from ..services.acting import recording_refusals
from ..services.noticed import noticed
from ..services.source import changes_between
from .door import environment_page, see_other, show
from .forms import reason_of, request_key_of
from .rules import (
    irreversible_commands,
    is_open,
    plan_lines,
    rules_for,
    server_names,
    spoilt,
    waits_in_line,
    what_it_replaces,
)
from .versions import Choice


@environment_page("GET", "POST")
def go_back(request, actor, environment):
    """Which version, what that takes away, the rules; POST goes back and shows the progress."""
    replaced, comes_first = what_it_replaces(environment, actor, None, kind="rollback")
    stored = [row for row in way_back.releases_gone_live(environment) if row.status == "ready"]
    earlier = [row for row in stored if replaced is None or row.pk != replaced.release_id]
    values = request.POST if request.method == "POST" else request.GET
    name = values.get("version", "")
    if name:  # what comes first may be this very form, sent twice
        choices = stored if comes_first else earlier
        release = next((row for row in choices if row.name == name), None)
    else:
        release = way_back.release_before(
            environment, once=replaced if comes_first else None)
    if request.method == "GET":
        return _page(request, actor, environment, earlier, release)
    try:
        if name and release is None:
            with recording_refusals(actor, "deployment.requested", environment=environment):
                raise Refused(_("That version cannot be gone back to."),
                              _("Choose one of the list."))
        deployment = deployments.go_back(
            actor, environment, request_key=request_key_of(request), release=release,
            reason=reason_of(request))
    except Refused as refusal:
        return _page(request, actor, environment, earlier, release, refusal=refusal)
    return see_other("deployment-progress", deployment.pk)


def _page(request, actor, environment, earlier, release, *, refusal=None):
    choice = release and Choice(release.name, release.title, release.commit_sha, release=release)
    before, comes_first = what_it_replaces(environment, actor, choice, kind="rollback")
    decision = policy.may_go_back(actor, environment)
    context = {
        "title": _("Go back in {project} ({environment})").format(
            project=environment.project.name, environment=environment.name),
        "environment": environment, "earlier": earlier, "release": release, "before": before,
        "comes_first": comes_first, "refusal": refusal, "spoilt": spoilt(environment),
        "request_key": request_key_of(request), "reason": reason_of(request),
    }
    if release:
        rules = rules_for(environment, actor, decision, choice, kind="rollback")
        context |= {
            "choice": choice, "rules": rules, "is_open": is_open(rules),
            "servers": server_names(environment), "waits": waits_in_line(environment),
            "plan_lines": plan_lines("rollback", environment, choice.release),
            "needs_approval": policy.rules_of(environment, "rollback"),
            "irreversible": irreversible_commands(environment),
            "noticed": noticed("rollback", environment, release),
            "taken_away": changes_between(
                environment.project, release.commit_sha,
                before.release.commit_sha) if before else [],
        }
    status = 200 if refusal is None else 409 if decision else 403
    return show(request, "go-back/go_back.html", status=status, **context)
