"""The show: what a test of a real release needs at hand - rows, people and verbs on one stage."""

import uuid

from deployments.services import deployments as verbs
from deployments.services import stopping
from tests import factories, stage
from tests.sandbox.placement import share


class Show:
    """The demo site as a project, a releaser, a decider and an admin; `on(host)` adds servers."""

    def __init__(self, repository):
        self.project = stage.make_shop(repository)
        self.releaser = self._person("releaser", "look", "build", "release", "go_back")
        self.decider = self._person("decider", "decide")
        admin = factories.make_user("admin", is_staff=True, is_superuser=True)
        self.admin = factories.actor_for(admin)
        self.environment = None

    def _person(self, name, *actions):
        return factories.actor_for(factories.make_user(name, self.project, *actions))

    def on(self, *hosts, **over):
        """Put the site's environment on these hosts."""
        for host in hosts:
            share(host)
            place = stage.make_place(self.project, host, **over)
            self.environment = place.environment
            if place.php_door == "endpoint":
                stage.give_token(self.admin, place)
        return self

    def build(self, ref):
        return stage.build(self.releaser, self.project, ref)

    def ask(self, release):
        """Ask for a release (a ref is built first); return the waiting deployment."""
        if isinstance(release, str):
            release = self.build(release)
        return verbs.request_deployment(
            self.releaser, self.environment, release=release, request_key=uuid.uuid4().hex)

    def release(self, release):
        """Release it now and return the ended deployment."""
        return stage.run(self.ask(release))

    def go_back(self, **over):
        return stage.run(verbs.go_back(
            self.releaser, self.environment, request_key=uuid.uuid4().hex, **over))

    def reload(self, **over):
        """Make PHP reload now and return the ended deployment."""
        return stage.run(verbs.request_reload(
            self.releaser, self.environment, request_key=uuid.uuid4().hex, **over))

    def decide(self, deployment, decision):
        """Decide, and run what was decided; return the deployment."""
        stopping.decide(self.decider, deployment, decision)
        return stage.run(deployment)


def story(deployment):
    """The deployment's end and log as text, for failing assertions."""
    lines = [f"{line.server_name} {line.step}: {line.text}" for line in deployment.log.all()]
    return "\n".join([f"{deployment.status}: {deployment.result}", deployment.cause, *lines])
