"""The stage: the demo site on sandbox servers, as rows; one fresh database per test."""

import uuid

import pytest

from deployments.services import deployments as verbs
from tests import factories, stage
from tests.sandbox.placement import share


class Show:
    """What a test of a real release needs at hand: rows, people and verbs on one stage."""

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

    def release(self, release):
        """Release it now and return the ended deployment; a ref is built first."""
        if isinstance(release, str):
            release = self.build(release)
        return stage.run(verbs.request_deployment(
            self.releaser, self.environment, release=release, request_key=uuid.uuid4().hex))

    def go_back(self, **over):
        return stage.run(verbs.go_back(
            self.releaser, self.environment, request_key=uuid.uuid4().hex, **over))


@pytest.fixture
def show(transactional_db, site_repository):
    return Show(site_repository)
