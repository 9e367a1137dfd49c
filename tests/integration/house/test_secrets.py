"""Canaries: secrets that can be told apart, used for real, and then looked for everywhere."""

import base64
import json
import secrets

import pytest
from django.conf import settings

from deployments import tasks
from deployments.models import (
    BuildVariable,
    Deployment,
    LogLine,
    Project,
    Server,
    ServerCommand,
    SshKey,
    Token,
)
from deployments.pipeline.contexts import make_contexts
from deployments.pipeline.hosts import host_of
from deployments.pipeline.log import MASK, Journal
from deployments.pipeline.sources import mirror_of
from deployments.services import tokens
from deployments.services.turns import plan_now
from tests.integration.artifacts.git_host import GitHost
from tests.sandbox.nginx import make_certificate
from tests.sandbox.site import BUILD_COMMAND
from tests.sandbox.sshd import make_key
from tests.show import story

from .canaries import Visitor, Watch, rows
from .processes import House

PLACE = ("tidewater", "production")


@pytest.fixture(scope="module")
def canary():
    """The secrets we choose ourselves, by what they are."""
    return {name: f"canary-{name}-{secrets.token_hex(8)}" for name in (
        "passphrase", "git-password", "build-variable", "person")}


@pytest.fixture(scope="module")
def git_host(site_repository, tmp_path_factory, canary):
    """The site's repository behind https and a password."""
    certificate = make_certificate(tmp_path_factory.mktemp("git-tls"), names=["127.0.0.1"])
    login = ("robot", canary["git-password"])
    with GitHost(site_repository.path.parent, certificate=certificate, login=login) as host:
        host.authority = certificate.ca
        yield host


@pytest.fixture(scope="module")
def house(transactional_db, tmp_path_factory, git_host):
    """Everything is written to its logs that it can write."""
    return House(tmp_path_factory.mktemp("house"), LOG_LEVEL="DEBUG",
                 SITE_CA_FILE=str(git_host.authority))


@pytest.fixture(scope="module")
def show(show, hosts, canary, git_host, tmp_path_factory):
    """A project that needs each of the secrets, and prints what a build or command can print."""
    path = tmp_path_factory.mktemp("key") / "key"
    make_key(path, passphrase=canary["passphrase"])
    for host in hosts:
        host.sshd.authorize(path.with_suffix(".pub").read_text())
    SshKey.objects.all().update(private_key=path.read_text(), passphrase=canary["passphrase"])
    Project.objects.update(
        repository_url=git_host.url("tidewater.git"), git_user="robot",
        git_password=canary["git-password"],
        build_commands=f'echo "using $API_TOKEN"; echo "$API_TOKEN" >&2\n{BUILD_COMMAND}')
    BuildVariable.objects.create(project=show.project, name="API_TOKEN",
                                 value=canary["build-variable"])
    ServerCommand.objects.create(project=show.project, moment="before", runs_on="all",
                                 command="cat ../../.releasemgr/door/keys.json || :")
    for actor in (show.admin, show.releaser):
        actor.user.set_password(canary["person"])
        actor.user.save()
    show.project.refresh_from_db()
    return show


@pytest.fixture(scope="module")
def basic(canary):
    """How HTTP sends the git host's password."""
    return base64.b64encode(f"robot:{canary['git-password']}".encode()).decode()


@pytest.fixture(scope="module")
def every(canary, basic, show):
    """All secrets there are."""
    key = SshKey.objects.get(servers__name="web-1").private_key.splitlines()
    return [*canary.values(), basic, key[1], key[-2], *Token.objects.values_list("key", flat=True),
            settings.SECRET_KEY, *settings.FIELD_KEYS, *settings.AUDIT_KEYS]


@pytest.fixture(scope="module")
def lived(show, house, every, canary):
    """Releases that work and one whose build fails, a rotated token, a reload, all pages read."""
    with house.worker(), house.web() as address:
        with Watch(every) as watch:
            ended = _work(show, house)
        pages = {}
        for actor in (show.admin, show.releaser):
            visitor = Visitor(address, actor.user.username, canary["person"])
            pages |= {f"{path} for {actor.name}": text for path, text in visitor.pages().items()}
        pages |= _refused_forms(Visitor(address, "admin", canary["person"]), show, canary)
    assert [command.code for command in ended] == [0, 0, 0, 1, 0], [row.err for row in ended]
    return watch, ended, pages


def _work(show, house):
    """Use every secret; return the commands as they ended."""
    ended = [house.manage(*act) for act in [
        ("deploy", *PLACE, "--ref", "v1.0", "--wait"),
        ("deploy", *PLACE, "--ref", "v2.0", "--wait", "--json"),
        ("reset_opcache", *PLACE)]]
    Project.objects.update(build_commands='echo "no, $API_TOKEN" >&2; exit 3')
    ended.append(house.manage("deploy", *PLACE, "--ref", "main", "--wait"))
    ended.append(house.manage("issue_token", *PLACE, may_speak_for="admin"))
    tokens.rotate(show.admin, Token.objects.order_by("pk").first())
    for installation in show.environment.installations.all():
        tasks.install_tokens(installation.pk)
    return ended


def _refused_forms(visitor, show, canary):
    """Forms with a secret in them that come back because something else is wrong."""
    path = f"/admin/deployments/project/{show.project.pk}/change/"
    return {
        "a key that is none": visitor.post("/admin/deployments/sshkey/add/", name="pasted",
                                           private_key=canary["build-variable"],
                                           passphrase=canary["passphrase"]),
        "a project without a name": visitor.post(path, name="",
                                                  git_password=canary["git-password"]),
    }


def leaks(every, texts):
    """Names of the texts that hold a secret."""
    return {name for name, text in texts if any(secret in text for secret in every)}


@pytest.fixture(scope="module")
def now_every(lived, every):
    """With the keys of tokens that were issued meanwhile."""
    return {*every, *Token.objects.values_list("key", flat=True)}


def test_the_secrets_were_really_used(lived, hosts, git_host, basic):
    """The git host saw the password, servers hold the keys, commands printed what they could."""
    watch, _, pages = lived
    assert f"Basic {basic}" in git_host.seen
    keys = json.loads((hosts[1].root / ".releasemgr/door/keys.json").read_text())
    assert {row["key"] for row in keys["tokens"]} & {*Token.objects.values_list("key", flat=True)}
    texts = list(LogLine.objects.values_list("text", flat=True))
    assert f"using {MASK}" in texts
    assert any(MASK in text and '"tokens"' in text for text in texts)
    assert {b"git", b"php", b"tar"} <= watch.programs
    for part in ("/project/", "/sshkey/", "/token/", "/auditentry/", "/progress/", "/builds/",
                 "/release/", "/history/", "as CSV"):
        assert any(part in path for path in pages), part


def test_no_secret_is_in_any_row(lived, now_every):
    """Not even in an encrypted column, for it is encrypted: audit, log, plans, the queue, all."""
    assert leaks(now_every, rows()) == set()


def test_no_secret_is_on_any_page_or_list(lived, now_every):
    """For an administrator and for a releaser, and on forms that come back."""
    _, _, pages = lived
    assert len(pages) > 40
    assert leaks(now_every, pages.items()) == set()


def test_no_secret_is_in_what_processes_print(lived, now_every, house):
    """Worker, web and commands, although they log all they can."""
    _, ended, _ = lived
    texts = [("logs", house.logs()), *((str(each.code), each.out + each.err) for each in ended)]
    assert "processing" in texts[0][1]
    assert leaks(now_every, texts) == set()


def test_no_secret_is_in_any_processs_arguments(lived):
    """Sampled all the time: git, ssh, tar, php, and everything else on this machine."""
    watch, _, _ = lived
    assert watch.leaks == set()


def test_no_secret_is_kept_with_the_mirror_or_the_build(lived, now_every):
    """git's own configuration above all; the builder's folder too."""
    folders = [settings.PRIVATE_ROOT / "mirrors", settings.DATA_ROOT / "build"]
    texts = [(str(path), path.read_bytes().decode("latin-1")) for folder in folders
             for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert any(name.endswith("/config") for name, _ in texts)
    assert leaks(now_every, texts) == set()


def test_no_secret_is_in_the_repr_of_what_threads_hold(lived, show, now_every):
    """A traceback or a debugger prints these."""
    deployment = Deployment.objects.filter(status="succeeded").first()
    contexts = make_contexts(deployment, plan_now(deployment), fence=1,
                             journal=Journal(deployment=deployment))
    assert any(context.endpoint_key for context in contexts), story(deployment)
    mirror = mirror_of(show.project)
    server = Server.objects.get(name="web-1")
    holders = [*contexts, host_of(server), mirror, *vars(mirror).values(), server.ssh_key,
               show.project, *Token.objects.all()]
    assert leaks(now_every, ((type(it).__name__, repr(it)) for it in holders)) == set()
