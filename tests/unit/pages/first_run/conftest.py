"""A site that was begun, as far as each test needs it."""

import pytest
from django.utils import timezone

from deployments.models import Project, Server
from tests import factories

from .steps import KEY, answered


@pytest.fixture
def ines(admin, sign_in):
    return sign_in(admin)


@pytest.fixture
def read(shop):
    """The shop's source was read."""
    factories.make_commits(shop, "Start")
    Project.objects.update(source_read_at=timezone.now())
    return shop


@pytest.fixture
def place(read):
    """The shop has a server that nobody has asked anything."""
    environment = factories.make_environment(read, slug="production")
    server = factories.make_server("web-1", host_key="")
    return factories.make_installation(environment, server=server, pools=[], strategy="auto")


@pytest.fixture
def reached(place):
    """Somebody signed in there, and two pools were found."""
    Server.objects.update(host_key=KEY, host_key_seen=KEY)
    answered(place.server, "connection", found={"web": ["nginx"], "pools": [
        {"name": name, "master": "php8.2-fpm", "socket": f"/run/php/{name}.sock"}
        for name in ("www", "api")]})
    place.refresh_from_db()
    return place
