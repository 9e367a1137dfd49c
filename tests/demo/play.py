"""What happens in the demo: people, servers, and releases through services and the real queue."""

import secrets
import time
import uuid

from django.contrib.auth import get_user_model
from django.utils import timezone

from deployments.models import ApprovalRule, Checkup, Deployment, Grant, Release, TokenInstall
from deployments.policy import Actor
from deployments.services import approvals, checkups, deployments, releases, tokens
from tests import stage
from tests.sandbox.placement import share

PATIENCE_S = 180
WITNESS = {"witness_rate": 5, "witness_mark": "Shop-Release"}
PEOPLE = {
    "releaser": ("Anna", "Releaser", ("look", "build", "release", "go_back")),
    "approver": ("Ben", "Approver", ("look", "approve", "decide")),
    "viewer": ("Vera", "Viewer", ("look",)),
    "admin": ("Ines", "Admin", ()),
}


STATE_OF = {TokenInstall: lambda row: row.state, Checkup: lambda row: bool(row.answered_at)}


class GaveUp(Exception):
    """The demo did not get where it wanted to; the sentence says where it stopped."""


class Play:
    """The shop on its two servers, with the four people of the demo."""

    def __init__(self, repository, hosts):
        self.passwords = {name: secrets.token_urlsafe(9) for name in PEOPLE}
        self.hosts = hosts
        self.project = stage.make_shop(repository)
        self.people = {name: self._person(name) for name in PEOPLE}
        for host in hosts:
            share(host)
            place = stage.make_place(self.project, host, witness=WITNESS)
        self.environment = place.environment
        rule = ApprovalRule.objects.create(environment=self.environment, people_needed=1)
        rule.users.add(self.people["approver"].user)
        tokens.issue(self.people["admin"], self.environment)
        for install in TokenInstall.objects.all():
            self._wait(TokenInstall, install.pk, until=(TokenInstall.INSTALLED,))
        for checkup in checkups.ask(self.people["releaser"], self.environment):
            self._wait(Checkup, checkup.pk, until=(True,))

    def _person(self, name):
        first, last, actions = PEOPLE[name]
        users, is_admin = get_user_model().objects, name == "admin"
        user = users.create_user(name, f"{name}@tidewater.test", self.passwords[name],
                                 first_name=first, last_name=last, is_staff=is_admin,
                                 is_superuser=is_admin)
        for action in actions:
            Grant.objects.create(user=user, project=self.project, action=action,
                                 granted_by_name="the demo")
        return Actor(user, "127.0.0.1", fresh_at=timezone.now())

    def release(self, ref):
        """Ask for `ref`, approve it, and wait until it is live and checked."""
        release = releases.request_build(self.people["releaser"], self.project, ref)
        self._wait(Release, release.pk, until=("ready",), lost=("failed", "errored"))
        release.refresh_from_db()
        return self.through(deployments.request_deployment(
            self.people["releaser"], self.environment, release=release,
            request_key=uuid.uuid4().hex, reason="The demo"))

    def go_back(self):
        """Go back to the version before, approved too."""
        return self.through(deployments.go_back(
            self.people["releaser"], self.environment, request_key=uuid.uuid4().hex))

    def through(self, deployment):
        """Approve what was asked for, and wait until it is live and checked."""
        deployment.refresh_from_db()
        approvals.approve(self.people["approver"], deployment, plan_hash=deployment.plan_hash)
        lost = [s for s in Deployment.MOVES if s not in ("succeeded", "running", "queued")]
        return self._wait(Deployment, deployment.pk, until=("succeeded",), lost=lost)

    def _wait(self, model, pk, *, until, lost=()):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            row = model.objects.get(pk=pk)
            status = STATE_OF.get(model, lambda row: row.status)(row)
            if status in until:
                return row
            if status in lost:
                raise GaveUp(f"{row}: {getattr(row, 'result', '') or getattr(row, 'problem', '')}")
            time.sleep(0.02)  # an old page between the end and its notice is not counted
        raise GaveUp(f"{row} was still {status} after {PATIENCE_S} s.")
