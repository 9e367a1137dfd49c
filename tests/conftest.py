"""The cast, named by what they may do, on the project `shop` with staging and production.

The database is a real file (WAL, IMMEDIATE, as in production), so that threads and processes meet
each other in tests as they do in life.
"""

import threading
from importlib.util import find_spec

import pytest
from django.db import connection

from . import factories

pytest_plugins = ["tests.sandbox.fixtures"] if find_spec("tests.sandbox.fixtures") else []


@pytest.fixture(scope="session")
def django_db_modify_db_settings():
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = settings.PRIVATE_ROOT / "test.sqlite3"
        # Nothing here must outlive a power cut, and waiting for the disk takes most of the time.
        database["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"


@pytest.fixture
def shop(db):
    return factories.make_project(name="Shop", slug="shop")


@pytest.fixture
def staging(shop):
    """One server, web-1; nobody needs to agree."""
    staging = factories.make_environment(shop, slug="staging", site_host="staging.shop.example")
    factories.make_installation(staging, server=factories.make_server("web-1"))
    return staging


@pytest.fixture
def production(shop):
    """Two servers, web-1 and web-2; nobody needs to agree unless `approval_rule` is asked for."""
    production = factories.make_environment(shop, slug="production", position=1)
    for name in ("web-1", "web-2"):
        factories.make_installation(production, server=factories.make_server(name))
    return production


@pytest.fixture
def approval_rule(production, approver):
    """Production needs one person's yes, the approver's."""
    return factories.make_rule(production, approver)


@pytest.fixture
def releaser(shop):
    """Looks, builds, releases and goes back, everywhere in shop."""
    return factories.make_user("releaser", shop, "look", "build", "release", "go_back")


@pytest.fixture
def approver(shop):
    """Looks, approves and decides, everywhere in shop."""
    return factories.make_user("approver", shop, "look", "approve", "decide")


@pytest.fixture
def viewer(shop):
    """Looks at shop."""
    return factories.make_user("viewer", shop, "look")


@pytest.fixture
def outsider(db):
    """Has an account and no allowlist entry."""
    return factories.make_user("outsider")


@pytest.fixture
def admin(db):
    """Sets everything up, and has no allowlist entry."""
    return factories.make_user("admin", is_staff=True, is_superuser=True)


@pytest.fixture
def queued(db):
    """A function that lists what waits in the queue: (dotted task, row's pk), oldest first."""
    from django_q.models import OrmQ

    def listed():
        tasks = [message.task for message in OrmQ.objects.order_by("pk")]
        return [(task["func"], *task["args"]) for task in tasks]

    return listed


@pytest.fixture
def at_once():
    """A function that runs calls in threads started together; results or exceptions, in order."""

    def run(*calls):
        barrier, results = threading.Barrier(len(calls)), [None] * len(calls)

        def work(index, call):
            try:
                barrier.wait(60)
                results[index] = call()
            except Exception as error:
                results[index] = error
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=pair) for pair in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        return results

    return run
