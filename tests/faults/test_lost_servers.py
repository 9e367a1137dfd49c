"""Servers that are lost in the middle of a release, or become others: back, or left to a person."""

import shutil

import pytest

from deployments.errors import Refused
from deployments.models import AuditEntry, Deployment
from tests import stage
from tests.sandbox.blackhole import PASS, SILENT
from tests.show import story

from .moments import at

pytestmark = pytest.mark.usefixtures("impatient")


def _statuses(deployment):
    return {row.server_name: row.status for row in deployment.targets.all()}


def _lose(network):
    def lose(ctx):
        network.mode = SILENT

    return lose


def test_a_server_lost_between_the_switches_holds_the_environment(show, park, monkeypatch):
    """Two of three switched and went back, proved; the third is unknown, and a person decides."""
    lost = park.networks["web-3"]
    at(monkeypatch, "before switch", _lose(lost), server="web-3")

    deployment = show.release("v2.0")

    assert deployment.status == "needs_attention", story(deployment)
    assert _statuses(deployment) == {"web-1": "reverted", "web-2": "reverted", "web-3": "unknown"}
    assert park.links() == park.old()
    assert "Nobody can tell yet what web-3 shows to visitors" in deployment.result
    with pytest.raises(Refused):
        show.ask("v2.0")
    lost.mode = PASS
    decided = show.decide(deployment, "put_back")
    assert decided.words == "Went back to v1.0", story(decided)
    assert set(_statuses(decided).values()) == {"reverted"}


def test_a_server_lost_while_it_goes_back_is_left_to_a_person(
        show, park, monkeypatch, site_repository):
    """The others are back and proved; this one still shows the version that failed."""
    site_repository.add_variant("broken-page")
    stage.tasks.read_source(show.project.pk)
    at(monkeypatch, "before put back", _lose(park.networks["web-2"]), server="web-2")

    deployment = show.release("broken-page")

    assert deployment.status == "needs_attention", story(deployment)
    assert _statuses(deployment) == {"web-1": "reverted", "web-2": "unknown", "web-3": "reverted"}
    assert park.links() == {**park.old(), "web-2": deployment.release.name}
    park.networks["web-2"].mode = PASS
    decided = show.decide(deployment, "put_back")
    assert decided.words == "Went back to v1.0", story(decided)
    assert park.links() == park.old()


def test_a_black_hole_before_the_switch_changes_nothing(show, near, monkeypatch):
    """Nothing is closed and nothing arrives, for good: it failed, named, with the old one live."""
    at(monkeypatch, "before copy", _lose(near.network))

    deployment = show.release("v2.0")

    assert deployment.status == "failed", story(deployment)
    assert "web-1" in deployment.result
    assert "Visitors still see v1.0" in deployment.result
    assert near.look()[0] == near.before[0]



def test_a_host_key_that_changed_in_between_is_never_trusted(show, near, monkeypatch):
    """Another machine answers after the switch: nobody logs in, and a person must look."""
    sshd = near.host.sshd
    kept = sshd.folder / "kept"

    def become_another(ctx):
        kept.mkdir()
        for path in sshd.folder.glob("host_key*"):
            shutil.copy2(path, kept)
        sshd.stop()
        sshd.renew_host_key()
        sshd.start()

    at(monkeypatch, "before cohere", become_another)

    deployment = show.release("v2.0")

    assert deployment.status == "needs_attention", story(deployment)
    assert "instead of the confirmed" in deployment.result
    assert "; nobody logged in. Find out why first." in deployment.result
    assert AuditEntry.objects.filter(action="server.identity_refused").exists()
    assert "Accepted publickey" not in sshd.log().split("Server listening")[-1]
    sshd.stop()
    for path in kept.iterdir():
        shutil.copy2(path, sshd.folder)
    sshd.start()
    assert show.decide(deployment, "finish").status == "succeeded"


def test_a_key_that_was_revoked_in_between_is_named(show, near, monkeypatch):
    """The account's keys were changed and the connection ended: before the switch it failed."""
    keys = near.host.sshd.folder / "authorized_keys"

    def revoke(ctx):
        keys.write_text("")
        near.network.cut()

    at(monkeypatch, "before arm", revoke)

    deployment = show.release("v2.0")

    assert deployment.status == "failed", story(deployment)
    assert "web-1 refuses the key for" in deployment.result
    assert "add the public key" in deployment.result
    assert near.look()[0] == near.before[0]
    assert Deployment.objects.filter(status="running").count() == 0
