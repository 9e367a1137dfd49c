"""The whole house at work: the test run's database, real servers, and our own processes.

The tests of one module share its rows and servers; each says in which state it needs them.
"""

import pytest
from django.core.management import call_command

from tests.integration.house.processes import House
from tests.sandbox.webhost import WebHost
from tests.show import Show


@pytest.fixture(scope="module")
def transactional_db(django_db_setup, django_db_blocker):
    """A database for all tests of a module, empty before and after."""
    with django_db_blocker.unblock():
        yield
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(scope="module")
def house(transactional_db, tmp_path_factory):
    """The release manager's processes; a worker counts as gone after three seconds."""
    return House(tmp_path_factory.mktemp("house"), LEASE_S="3", HEARTBEAT_S="1")


@pytest.fixture(scope="module")
def hosts():
    """web-1, which resolves `current` per request, and web-2, which would stay stale."""
    with WebHost("web-1", kind="realpath") as first, WebHost("web-2", kind="stale") as second:
        yield first, second


@pytest.fixture(scope="module")
def show(transactional_db, hosts, site_repository):
    """The site on both servers."""
    return Show(site_repository).on(*hosts)
