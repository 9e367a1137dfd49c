"""The whole house at work: the test run's database, real servers, and our own processes.

The tests of one module share its rows and servers; each says in which state it needs them.
"""

import pytest
from django.core.management import call_command

from deployments.models import Deployment
from tests.browser.hands import Keyboard, Mouse
from tests.integration.house.gates import Gate, again, ended, other
from tests.integration.house.processes import House, wait_until
from tests.sandbox.webhost import WebHost
from tests.show import Show, story


@pytest.fixture(scope="module")
def transactional_db(django_db_setup, django_db_blocker):
    """A database for all tests of a module, empty before and after."""
    with django_db_blocker.unblock():
        yield
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture(scope="module")
def house(request, transactional_db, tmp_path_factory):
    """The release manager's processes; a worker counts as gone after three seconds, or after the
    usual minute in a module in which `NOBODY_IS_LOST`: a busy machine may halt one so long."""
    lease = {} if getattr(request.module, "NOBODY_IS_LOST", False) else {"LEASE_S": "3"}
    return House(tmp_path_factory.mktemp("house"), HEARTBEAT_S="1", **lease)


@pytest.fixture(scope="module")
def hosts():
    """web-1, which resolves `current` per request, and web-2, which would stay stale."""
    with WebHost("web-1", kind="realpath") as first, WebHost("web-2", kind="stale") as second:
        yield first, second


@pytest.fixture(scope="module")
def show(transactional_db, hosts, site_repository):
    """The site on both servers."""
    return Show(site_repository).on(*hosts)


@pytest.fixture(scope="module")
def gates(show, hosts):
    """Both gates, in a folder that servers' users may look into."""
    folder = hosts[0].folder / "gates"
    folder.mkdir()
    return {moment: Gate(folder, show.project, moment) for moment in ("before", "after")}


@pytest.fixture(scope="module")
def versions(show, gates):
    """v1.0, live and proved, and v2.0, built."""
    for gate in gates.values():
        gate.close()
        gate.open()
    first, second = show.build("v1.0"), show.build("v2.0")
    deployment = show.release(first)
    assert deployment.status == "succeeded", story(deployment)
    return first, second


@pytest.fixture
def start(house, show, versions, gates):
    """A function that starts a worker and has it deploy `version` up to a gate.

    It returns the worker and the deployment. Afterwards nothing runs any more.
    """
    workers = []

    def started(moment, *, version=None, until="at the gate"):
        workers.append(house.worker().start())
        gates[moment].close()
        deployment = show.ask(version or other(show, versions))
        reached = deployment.log.filter(text__startswith=until)
        wait_until(reached.exists, story=lambda: story(again(deployment)))
        return workers[-1], deployment

    yield started
    for gate in gates.values():
        gate.open()
    for deployment in Deployment.objects.active():
        ended(deployment)
    for worker in workers:
        worker.stop()


@pytest.fixture(params=[Mouse, Keyboard], ids=lambda hand: hand.name)
def hand(request):
    """What presses the buttons: each flow is played by mouse, and by keyboard alone."""
    return request.param
