"""The buttons of a progress page: which make sense now and are allowed, and what they say."""

from django.urls import reverse
from django.utils.translation import gettext as _

from .. import policy
from ..models import Deployment
from ..services import approvals
from ..services.way_back import release_before
from ..waves import listed
from .progress_result import names_of

_TRIED = ("failed", "errored", "cancelled", "expired", "voided")


def way_back(deployment):
    """The version that *Go back* leads to from this one, once it is live; None where there is
    none, or another one is live."""
    environment = deployment.environment
    if deployment.is_open:
        return release_before(environment, once=deployment)
    is_live = deployment.status == "succeeded" and not deployment.is_replaced
    return release_before(environment) if is_live else None


def offers_of(actor, deployment, back):
    """{name: whether it is offered}; `back` is its `way_back`."""
    environment, status = deployment.environment, deployment.status
    runs = status == "running"
    may_release = status in _TRIED and deployment.kind == Deployment.DEPLOY \
        and bool(policy.may_release(actor, environment))
    can_turn = runs and bool(deployment.switching_at) and not (
        deployment.is_going_back or deployment.decision)
    return {
        "stop": deployment.is_open and not deployment.needs_a_person
        and not deployment.is_past_return and not deployment.stop_requested_by_name
        and not deployment.is_going_back and bool(policy.may_stop(actor, deployment)),
        "decide": deployment.needs_a_person and bool(policy.may_decide(actor, deployment)),
        "turn_back": can_turn and bool(policy.may_turn_back(actor, deployment)),
        "go_back": status == "succeeded" and back is not None
        and bool(policy.may_go_back(actor, environment)),
        "open": status == "succeeded" and not deployment.is_replaced
        and bool(environment.site_host),
        "try_again": may_release and deployment.release.status == "ready",
        "another": may_release,
        "start": status == "approved" and bool(approvals.may_start(actor, deployment)),
        "review": status == "awaiting_approval" and bool(policy.may_approve(actor, deployment)),
        "too_late": runs and deployment.is_past_return and not deployment.is_decided
        and not deployment.is_going_back,
    }


def labels_of(deployment, back):
    """{name: the words on the button}, for those that depend on servers and versions."""
    before = deployment.before_title
    undone = names_of(row for row in deployment.targets.all() if row.status != "proved")
    return {
        "finish": _("Finish: put {release} live on {undone}").format(
            release=deployment.release.title, undone=listed(undone))
        if undone else _("Finish"),
        "put_back": _("Put all back to {before}").format(before=before) if before else _(
            "Take it off again"),
        "turn_back": _("Go back to {before} now").format(before=before) if before else _(
            "Take it off again now"),
        "go_back": _("Go back to {release}").format(
            release=back.title if back else _("the version before")),
        "too_late": _("Too late to stop: {why}").format(why=_too_late(deployment)),
    }


def links_of(deployment, back):
    """{name: address}, for those that depend on versions and on the site."""
    environment = deployment.environment
    page = reverse("admin:go-back", args=[environment.project.slug, environment.slug])
    return {"go_back": f"{page}?version={back.name}" if back else page,
            "open": f"{_scheme(deployment)}://{environment.site_host}/"}


def warning_of(deployment):
    """What going back does not undo: a command that an administrator called so and that ran."""
    if not deployment.needs_a_person and not (deployment.is_open and deployment.is_past_return):
        return ""
    ran = [row.evidence["irreversible"] for row in deployment.targets.all()
           if row.evidence.get("irreversible")]
    if not ran:
        return ""
    before = deployment.before_title or _("The version before")
    return _("“{ran}” has begun, and cannot be undone: {before} may not work after it.").format(
        ran=ran[0], before=before)


def _too_late(deployment):
    """Why: who gets the new version already."""
    if deployment.kind == Deployment.RELOAD:
        return _("PHP is being made to reload.")
    targets = deployment.targets.all()
    new = [row for row in targets if row.status in ("switched", "coherent", "proved")]
    if not new:
        return _("the switch has begun.")
    if len(new) == len(targets):
        return _("visitors get the new version already.")
    return _("visitors of {names_of} get the new version already.").format(
        names_of=listed(names_of(new)))


def _scheme(deployment):
    """What visitors come by: HTTPS, unless the servers of the site are set up without it."""
    secure = deployment.environment.installations.values_list("is_https", flat=True)
    return "https" if all(secure) else "http"
