"""What waits for somebody's answer in the world of the matrix, a row for each door that answers."""

from datetime import time, timedelta

from django.utils import timezone

from deployments import models
from deployments.services import gates
from tests import factories

from .people import INSIDE

IDENTITY = "ssh-ed25519 c2Vlbg=="


def requests(rows, people, elsewhere):
    """The rows by what the table of doors calls them."""
    victim = rows["victim"]
    _freeze(factories.make_environment(rows["project"], slug="frozen"),
            factories.make_user("ines", email="ines@shop.example"))
    return {
        "asked_access": models.AccessRequest.objects.create(
            user=victim, project=rows["project"], action="look", reason="To read the log"),
        "joining": models.MembershipRequest.objects.create(
            user=victim, group=rows["auth.Group"], asked_by_name="Grace"),
        "edit": models.RecipeVersion.objects.create(
            project=elsewhere, number=1, content="{}", status="waiting", edited_by=victim,
            edited_by_name="victim"),
        "pause": models.Pause.objects.create(
            environment=rows["queued"].environment, reason="Sale", paused_by_name="Grace",
            until=timezone.now() + timedelta(days=1)),
        "asked_exception": _exception(rows["project"], victim, people["only approve"]),
        "less": models.ProtectionChange.objects.create(
            environment=rows["environment"], asked_by_name="Grace",
            before={"is_protected": True}, after={"is_protected": False}),
        **_on_their_way(rows, people),
    }


def _freeze(environment, named):
    """Nothing is released there, and there is somebody to ask for an exception."""
    today = timezone.now().date()
    models.Freeze.objects.create(
        environment=environment, reason="Sale", from_date=today - timedelta(days=1),
        from_time=time(), until_date=today + timedelta(days=2), until_time=time(),
    ).may_override.add(named)


def _exception(project, victim, named):
    """The victim asks for an exception from a freeze that names one of the people."""
    environment = factories.make_environment(project, slug="shut")
    _freeze(environment, named)
    gate, = gates.standing(environment)
    return models.ExceptionRequest.objects.create(
        environment=environment, asked_by=victim, asked_by_name="victim",
        reason="It sells nothing", gates=[gate.key])


def _on_their_way(rows, people):
    """Deployments: an emergency to look at, one that "only approve" agreed to, one that has
    switched."""
    agreed = _deployment(rows, people, "agreed-to", "approved", people["only approve"])
    models.Approval.objects.create(
        deployment=agreed, user=people["only approve"], user_name="only-approve", answer="yes",
        plan_hash=agreed.plan_hash)
    return {
        "voted": agreed,
        "emergency": _deployment(rows, people, "burning", "succeeded", *people.values(),
                                 emergency="The site is down"),
        "switched": _deployment(rows, people, "switched", "running",
                                switching_at=timezone.now()),
    }


def _deployment(rows, people, slug, status, *approvers, **over):
    environment = factories.make_environment(rows["project"], slug=slug)
    factories.make_installation(environment, server=factories.make_server(f"web-{slug}"))
    if approvers:
        factories.make_rule(environment, *approvers)
    factories.make_deployment(environment, release=rows["earlier"])
    return factories.make_deployment(
        environment, release=rows["release"], status=status, previous=rows["earlier"],
        requested_by=people["requester"], requested_address=INSIDE, **over)
