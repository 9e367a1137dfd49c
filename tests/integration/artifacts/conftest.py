"""A repository, its mirror, and the two kinds of builder: this machine and a server."""

import io
import os
import tarfile
import tempfile
from dataclasses import dataclass

import pytest

from deployments.artifacts.build import Recipe, make_room
from deployments.artifacts.deadline import Deadline
from deployments.artifacts.export import export_tree
from deployments.artifacts.making import make_artifact
from deployments.artifacts.mirror import Mirror
from deployments.artifacts.store import ArtifactStore
from deployments.remote.host import Credentials, Host
from deployments.remote.local import LocalConnection
from deployments.remote.ssh import Connection
from tests.integration.artifacts.repositories import Repository
from tests.sandbox.accounts import Account
from tests.sandbox.daemons import open_folder, remove_folder
from tests.sandbox.sshd import Sshd

EPOCH = 1_764_000_000
RELEASE = "20261123T202645Z-17"


@pytest.fixture(scope="package")
def open_place():
    """A temporary folder that other accounts may enter; pytest's own are closed."""
    folder = open_folder("relmgr-artifacts-")
    yield folder
    remove_folder(folder)


@pytest.fixture(scope="package")
def account():
    """Who builds: a throwaway account as root, else the caller (None)."""
    if os.getuid() != 0:
        yield None
        return
    with Account(groups=()) as account:
        yield account


@pytest.fixture(scope="package")
def sshd(open_place, account):
    with Sshd(open_place / "ssh", user=account and account.name) as daemon:
        yield daemon


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "site")


@pytest.fixture
def mirror(tmp_path, repository):
    """A mirror of `repository`; nothing is fetched yet."""
    return Mirror(tmp_path / "mirror", url=repository.url)


@pytest.fixture
def exported():
    """A function: the files of an exported commit, path -> content."""

    def export(mirror, sha):
        with tempfile.TemporaryFile() as tree:
            export_tree(mirror, sha, to=tree, deadline=Deadline(600))
            tree.seek(0)
            with tarfile.open(fileobj=tree, ignore_zeros=True) as archive:
                return {
                    member.name: archive.extractfile(member).read().decode()
                    for member in archive
                    if member.isfile()
                }

    return export


@dataclass
class Workshop:
    """Everything make_artifact() needs, and what it printed and made."""

    connection: LocalConnection | Connection
    folder: str
    repository: Repository
    mirror: Mirror
    store: ArtifactStore

    def make(self, files, *commands, lines=None, public_folder="", release=RELEASE, total_s=600,
             **recipe):
        """Commit `files` and build them with `commands`; returns the Contents."""
        sha = self.repository.commit(files)
        self.mirror.refresh()
        return make_artifact(
            self.connection,
            mirror=self.mirror,
            recipe=Recipe(sha=sha, ref="main", release=release, commands=commands, **recipe),
            folder=self.folder, store=self.store, project="shop", epoch=EPOCH,
            deadline=Deadline(total_s), public_folder=public_folder,
            on_line=(lines if lines is not None else []).append,
        )

    def files(self, release=RELEASE):
        """Return path -> content (or link target) of the artifact."""
        with tarfile.open(self.store.path("shop", release)) as archive:
            return {
                member.name.removeprefix("./"): _content(archive, member)
                for member in archive
                if not member.isdir()
            }

    def leftovers(self):
        """Return what is left of builds on the builder; the cache is not looked at."""
        script = 'ls -A "$1/work" "$1/home" 2>/dev/null | grep -v :$; true'
        said = io.BytesIO()
        self.connection.run(["sh", "-c", script, "sh", self.folder], stdout=said, timeout_s=10)
        return said.getvalue().decode().split()


@pytest.fixture
def local(tmp_path, open_place, repository, mirror, account):
    """Building on this machine, as another account when we are root."""
    folder = tempfile.mkdtemp(dir=open_place)
    user = account and account.name
    make_room(folder, user=user)
    store = ArtifactStore(tmp_path / "artifacts")
    return Workshop(LocalConnection(user), folder, repository, mirror, store)


@pytest.fixture
def remote(tmp_path, repository, mirror, account, sshd):
    """Building on a server, over SSH, in a folder that is not there yet."""
    home = account.home if account else tmp_path
    host = Host(
        name="builder", address="127.0.0.1", port=sshd.port, user=sshd.user,
        host_key=sshd.host_key, credentials=Credentials(private_key=sshd.private_key),
    )
    folder = tempfile.mktemp(dir=home, prefix="build er-")
    with Connection.open(host) as connection:
        store = ArtifactStore(tmp_path / "artifacts")
        yield Workshop(connection, folder, repository, mirror, store)


@pytest.fixture(params=["local", "remote"])
def workshop(request):
    """Both kinds of builder, one after the other: the same code."""
    return request.getfixturevalue(request.param)


def _content(archive, member):
    if member.issym():
        return f"-> {member.linkname}"
    return archive.extractfile(member).read().decode()
