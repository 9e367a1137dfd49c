"""An address that leads to another machine: what that one answers proves nothing of this one."""

import pytest

from deployments import tasks
from deployments.models import Installation
from tests.sandbox.webhost import WebHost
from tests.show import story

from .conftest import assert_refused_before_anything_changed, live
from .moments import at


@pytest.fixture
def twin(show, stale):
    """A second server of the same site and environment, its endpoint with the same token."""
    with WebHost("web-7", kind="stale") as host:
        yield live(show, host)


def _ask_instead(server, other):
    """The address to ask of `server` leads to `other`, as a mistyped one or a balancer's may."""
    Installation.objects.filter(server__name=server.host.name).update(
        ask_address=other.host.http_address)


def test_an_address_of_another_server_is_told_before_the_switch(show, stale, twin):
    """Its endpoint takes our token, its PHP answers well; only it is not the one we release to."""
    stale.remember()
    _ask_instead(stale, twin)

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(
        deployment, stale, "PHP pool www on web-2", "another machine answered at",
        twin.host.http_address)
    assert twin.is_untouched()


def test_a_first_release_is_not_proved_on_another_server(show, stale, twin):
    """Nothing is live there that could look wrong; the machine alone gives it away."""
    with WebHost("web-8", kind="stale") as host:
        show.on(host)
        tasks.install_tokens(Installation.objects.get(server__name="web-7").pk)
        Installation.objects.filter(server__name="web-8").update(
            ask_address=twin.host.http_address)
        deployment = show.release("v2.0")

        assert deployment.status == "failed", story(deployment)
        assert "another machine answered" in deployment.result
        assert not (host.root / "current").is_symlink()


def test_a_return_is_not_proved_on_another_server_either(show, stale, twin):
    """Another worker puts back, and looks which machine it is before it touches a cache."""
    stale.remember()
    with pytest.MonkeyPatch.context() as patch:
        at(patch, "after switch", lambda ctx: stale.host.stop_fpm(), server="web-2")
        deployment = show.release("v2.0")
    assert deployment.status == "needs_attention", story(deployment)
    stale.host.start_fpm()
    address = stale.host.http_address
    _ask_instead(stale, twin)

    decided = show.decide(deployment, "put_back")

    assert decided.status == "needs_attention", story(decided)
    assert "another machine answered" in story(decided)
    Installation.objects.filter(server__name="web-2").update(ask_address=address)
    decided = show.decide(deployment, "put_back")
    assert decided.status == "failed", story(decided)
    assert stale.look()[0] == stale.before[0]


def test_a_machine_that_cannot_be_told_is_no_proof(show, stale):
    """PHP that may not read the file, or a door of an earlier version of ours."""
    (stale.host.root / ".releasemgr/identity").chmod(0o600)
    control, = (stale.host.root / ".releasemgr").glob("control-*.php")
    stale.remember()
    control.write_text(control.read_text().replace("/identity", "/no-identity"))
    stale.host.stop_fpm()
    stale.host.start_fpm()

    deployment = show.release("v2.0")

    assert_refused_before_anything_changed(deployment, stale, "PHP does not say which machine")
