"""Sources over https: the login by askpass, certificates, redirects, and nothing that leaks."""

import os
import socket
import stat
import time

import pytest

from deployments.artifacts.faults import SourceRefused, SourceUnreachable
from deployments.artifacts.mirror import Mirror
from deployments.artifacts.source import Access
from tests.integration.artifacts.git_host import GitHost
from tests.integration.artifacts.repositories import Repository, commit_of
from tests.sandbox.nginx import make_certificate

LOGIN = ("bot", "pass word'$(id)\"\\ü-canary")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls"), names=["127.0.0.1"])


@pytest.fixture
def git_host(tmp_path, certificate):
    (tmp_path / "srv").mkdir()
    with GitHost(tmp_path / "srv", certificate=certificate, login=LOGIN) as host:
        yield host


@pytest.fixture
def access(certificate):
    user, password = LOGIN
    return Access(user=user, password=password, authority=str(certificate.ca))


@pytest.fixture
def served(repository, git_host):
    """The repository with one commit, on the git host; returns the commit."""
    sha = repository.commit({"a": "1"})
    repository.bare(git_host.folder / "site.git")
    return sha


def arguments_and_environments():
    """Return everything that other processes of this machine show of themselves, but us."""
    shown = b""
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            for part in ("cmdline", "environ"):
                try:
                    with open(f"/proc/{entry}/{part}", "rb") as file:
                        shown += file.read()
                except OSError:
                    continue
    return shown


def test_a_private_repository_is_read_with_user_and_password(tmp_path, served, git_host, access):
    """Any character may be in the password; nothing of the login stays on disk."""
    mirror = Mirror(tmp_path / "mirror", url=git_host.url("site.git"), access=access)
    mirror.refresh()
    assert commit_of(mirror, "main") == served
    assert not (tmp_path / "mirror/login").exists()
    for folder, _, names in os.walk(tmp_path / "mirror"):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                assert b"canary" not in file.read()


def test_the_password_is_in_no_argument_list_environment_or_open_file(
    tmp_path, served, git_host, access
):
    """Looked at while git waits for the host."""
    seen, modes = [], set()

    def look():
        seen.append(arguments_and_environments())
        for path in (tmp_path / "mirror/login").iterdir():
            modes.add(stat.S_IMODE(path.stat().st_mode))
        modes.add(stat.S_IMODE((tmp_path / "mirror/login").stat().st_mode))

    git_host.look = look
    Mirror(tmp_path / "mirror", url=git_host.url("site.git"), access=access).refresh()
    assert b"git-remote-https" in b"".join(seen)
    assert b"canary" not in b"".join(seen)
    assert modes == {0o600, 0o700}


@pytest.mark.parametrize("password", ["wrong-canary", ""])
def test_a_wrong_or_missing_password_is_refused_without_repeating_it(
    tmp_path, served, git_host, access, password
):
    """One clear sentence, no question on a terminal."""
    wrong = Access(user="bot", password=password, authority=access.authority)
    url = git_host.url("site.git", user="bot")
    with pytest.raises(SourceRefused, match="user and") as refused:
        Mirror(tmp_path / "mirror", url=url, access=wrong).refresh()
    assert "canary" not in str(refused.value)
    assert "bot@" not in str(refused.value)


def test_an_untrusted_certificate_is_refused(tmp_path, served, git_host):
    """No password is sent to a host that cannot show who it is."""
    user, password = LOGIN
    with pytest.raises(SourceRefused, match="certificate is not trusted"):
        Mirror(
            tmp_path / "mirror", url=git_host.url("site.git"),
            access=Access(user=user, password=password),
        ).refresh()
    assert git_host.seen == []


def test_a_redirect_is_refused_and_not_followed(tmp_path, served, git_host, certificate, access):
    """The login must not follow to another host."""
    with GitHost(git_host.folder, certificate=certificate, login=LOGIN) as other:
        git_host.answer = (302, {"Location": other.url("site.git/info/refs")})
        with pytest.raises(SourceRefused, match="redirect"):
            Mirror(tmp_path / "mirror", url=git_host.url("site.git"), access=access).refresh()
        assert other.seen == []


@pytest.mark.parametrize(
    ("status", "fault"), [(403, SourceRefused), (404, SourceRefused), (500, SourceUnreachable)]
)
def test_the_host_s_refusals_are_told_apart(tmp_path, served, git_host, access, status, fault):
    """Somebody must change something, or trying again may help."""
    git_host.answer = (status, {})
    with pytest.raises(fault):
        Mirror(tmp_path / "mirror", url=git_host.url("site.git"), access=access).refresh()


def test_a_host_that_is_down_or_silent_costs_no_more_than_the_deadline(tmp_path):
    """A closed port at once; a port that never answers at the deadline."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(SourceUnreachable, match="timed out"):
            Mirror(tmp_path / "m", url=f"https://127.0.0.1:{port}/x").refresh(timeout_s=1)
        assert time.monotonic() - began < 30
    with pytest.raises(SourceUnreachable):
        Mirror(tmp_path / "m", url=f"https://127.0.0.1:{port}/x").refresh()


def test_a_submodule_on_the_same_host_is_read_with_the_same_login(
    tmp_path, repository, git_host, access, exported
):
    """A relative address over https."""
    lib = Repository(tmp_path / "lib")
    lib.commit({"lib.txt": "lib"})
    sha = repository.add_submodule("lib", "../lib")
    lib.bare(git_host.folder / "lib")
    repository.bare(git_host.folder / "site.git")
    mirror = Mirror(tmp_path / "mirror", url=git_host.url("site.git"), access=access)
    mirror.refresh()
    assert exported(mirror, sha)["lib/lib.txt"] == "lib"


def test_a_submodule_on_another_host_never_gets_the_login(
    tmp_path, repository, git_host, certificate, access, exported
):
    """A hostile `.gitmodules` names a host that asks for a password: it gets none."""
    lib = Repository(tmp_path / "lib")
    lib.commit({"x": "1"})
    repository.add_submodule("lib", "../lib")
    with GitHost(git_host.folder, certificate=certificate, login=("x", "y")) as evil:
        sha = repository.commit(
            {".gitmodules": f'[submodule "lib"]\n\tpath = lib\n\turl = {evil.url("lib")}\n'}
        )
        repository.bare(git_host.folder / "site.git")
        mirror = Mirror(tmp_path / "mirror", url=git_host.url("site.git"), access=access)
        mirror.refresh()
        with pytest.raises(SourceRefused):
            exported(mirror, sha)
        assert set(evil.seen) == {None}


def test_a_folder_of_ours_is_no_submodule_of_a_project_from_the_network(
    tmp_path, repository, git_host, access, exported
):
    """`url = /srv/git/other` would show one project's source to another."""
    lib = Repository(tmp_path / "lib")
    lib.commit({"x": "1"})
    sha = repository.add_submodule("lib", str(lib.folder))
    repository.bare(git_host.folder / "site.git")
    mirror = Mirror(tmp_path / "mirror", url=git_host.url("site.git"), access=access)
    mirror.refresh()
    with pytest.raises(SourceRefused, match="folder of this machine"):
        exported(mirror, sha)
