"""Sources over ssh: a deploy key, and the confirmed host key only."""

import os
import shutil
import subprocess

import pytest

from deployments.artifacts.faults import SourceRefused, SourceUnreachable
from deployments.artifacts.mirror import Mirror
from deployments.artifacts.source import Access
from tests.integration.artifacts.repositories import Repository, commit_of
from tests.sandbox.daemons import free_port
from tests.sandbox.sshd import make_key


@pytest.fixture
def access(sshd):
    return Access(private_key=sshd.private_key, host_key=sshd.host_key)


@pytest.fixture
def served(repository, open_place, account, request):
    """(url maker, commit): the repository in a folder of the git account."""
    place = open_place / f"git of {request.node.name[:20]}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    sha = repository.commit({"a": "1"})
    repository.bare(place / "site.git")
    if account:
        subprocess.run(["chown", "-R", account.name, place], check=True)
    return place, sha


def address(sshd, folder):
    return f"ssh://{sshd.user}@127.0.0.1:{sshd.port}{folder}".replace(" ", "%20")


def test_a_repository_is_read_with_a_deploy_key(tmp_path, sshd, served, access):
    """Paths with spaces too; the key is on disk only while git runs."""
    place, sha = served
    mirror = Mirror(tmp_path / "mir ror", url=address(sshd, place / "site.git"), access=access)
    mirror.refresh()
    assert commit_of(mirror, "main") == sha
    assert not (tmp_path / "mir ror/login").exists()


def test_relative_submodules_come_over_the_same_connection_settings(
    tmp_path, sshd, served, repository, access, account, exported
):
    """Deploy key and host key of the project hold for its host."""
    place, _ = served
    lib = Repository(tmp_path / "lib")
    lib.commit({"lib.txt": "lib"})
    sha = repository.add_submodule("lib", "../lib")
    lib.bare(place / "lib")
    repository.bare(place / "site2.git")
    if account:
        subprocess.run(["chown", "-R", account.name, place], check=True)
    mirror = Mirror(tmp_path / "mirror", url=address(sshd, place / "site2.git"), access=access)
    mirror.refresh()
    assert exported(mirror, sha)["lib/lib.txt"] == "lib"


def test_another_host_key_is_refused_before_any_login(tmp_path, sshd, served, access):
    """Somebody may stand between us and the host: our key is not even offered."""
    make_key(tmp_path / "other")
    other = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    before = len(sshd.log())
    with pytest.raises(SourceRefused, match="host key is not the confirmed one"):
        Mirror(
            tmp_path / "mirror", url=address(sshd, served[0] / "site.git"),
            access=Access(private_key=access.private_key, host_key=other),
        ).refresh()
    assert "Accepted" not in sshd.log()[before:]
    assert "publickey" not in sshd.log()[before:]


def test_without_a_confirmed_host_key_nothing_is_contacted(tmp_path, sshd, served, access):
    """No trust on first use."""
    before = sshd.log()
    for incomplete in (Access(private_key=access.private_key), Access(host_key=access.host_key)):
        with pytest.raises(SourceRefused, match=r"not confirmed yet|deploy key is missing"):
            Mirror(
                tmp_path / "mirror", url=address(sshd, served[0] / "site.git"), access=incomplete
            ).refresh()
    assert sshd.log() == before


def test_a_key_that_the_host_does_not_know_is_refused(tmp_path, sshd, served, access):
    """Neither the agent nor the account's own keys are tried instead; nothing secret is said."""
    make_key(tmp_path / "unknown")
    key = (tmp_path / "unknown").read_text()
    with pytest.raises(SourceRefused, match="deploy key") as refused:
        Mirror(
            tmp_path / "mirror", url=address(sshd, served[0] / "site.git"),
            access=Access(private_key=key, host_key=access.host_key),
        ).refresh()
    assert key.splitlines()[2] not in str(refused.value)


def test_a_deploy_key_with_a_passphrase_is_opened_for_ssh(tmp_path, sshd, served, access):
    """A pasted key may have one; ssh is never asked for it, and a wrong one is told."""
    make_key(tmp_path / "locked", passphrase="open sesame-canary")
    sshd.authorize((tmp_path / "locked.pub").read_text())
    url, key = address(sshd, served[0] / "site.git"), (tmp_path / "locked").read_text()
    right = Access(private_key=key, passphrase="open sesame-canary", host_key=access.host_key)
    mirror = Mirror(tmp_path / "mirror", url=url, access=right)
    mirror.refresh()
    assert commit_of(mirror, "main") == served[1]
    wrong = Access(private_key=key, passphrase="wrong-canary", host_key=access.host_key)
    with pytest.raises(SourceRefused, match="cannot be opened") as refused:
        Mirror(tmp_path / "m", url=url, access=wrong).refresh()
    assert "canary" not in str(refused.value) + repr(wrong)


def test_a_missing_repository_and_a_closed_port_are_told_apart(tmp_path, sshd, served, access):
    """One is a wrong address, the other a host that is down."""
    with pytest.raises(SourceRefused, match="no repository at the address"):
        Mirror(
            tmp_path / "m1", url=address(sshd, served[0] / "nothing.git"), access=access
        ).refresh()
    closed = f"ssh://git@127.0.0.1:{free_port()}/site.git"
    with pytest.raises(SourceUnreachable, match="Connection refused"):
        Mirror(tmp_path / "m2", url=closed, access=access).refresh()


def test_the_caller_s_own_ssh_settings_have_no_effect(
    tmp_path, sshd, served, access, monkeypatch
):
    """A ProxyCommand in ~/.ssh/config, GIT_SSH or an agent of the account must not be used."""
    trap = tmp_path / "sprung"
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").write_text(f"Host *\n  ProxyCommand touch {trap}\n")
    (tmp_path / ".gitconfig").write_text(f"[core]\n\tsshCommand = touch {trap}\n")
    for name, value in {
        "HOME": str(tmp_path), "GIT_SSH_COMMAND": f"touch {trap}", "GIT_SSH": f"touch {trap}",
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.sshCommand",
        "GIT_CONFIG_VALUE_0": f"touch {trap}", "GIT_DIR": "/nowhere", "GIT_EXEC_PATH": "/nowhere",
        "SSH_AUTH_SOCK": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    mirror = Mirror(tmp_path / "m", url=address(sshd, served[0] / "site.git"), access=access)
    mirror.refresh()
    assert commit_of(mirror, "main") == served[1]
    assert not trap.exists()
    assert "GIT_EXEC_PATH" in os.environ
