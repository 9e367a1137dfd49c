"""Rows for real servers: the demo site as a project, sandbox hosts as its installations.

Used by the integration tests and by `make demo`; everything goes through the same services and
tasks as in life, only nobody waits for the queue.
"""

from django.utils import timezone

from deployments import tasks
from deployments.models import (
    Environment,
    Installation,
    InstallationPool,
    PhpPool,
    Project,
    Server,
    SshKey,
)
from deployments.services import releases, tokens
from tests.sandbox.site import (
    ASSET_FOLDER,
    BUILD_COMMAND,
    SHARED_FILE,
    SHARED_FOLDER,
    WRITABLE_FOLDER,
)

PAGE_OF = {"www": "/", "api": "/api/"}


def make_shop(repository, **over):
    """The demo site as a project whose source has been read."""
    fields = {
        "name": "Tidewater", "slug": "tidewater", "repository_url": str(repository.path),
        "build_commands": BUILD_COMMAND, "shared_files": SHARED_FILE,
        "shared_folders": SHARED_FOLDER, "writable_folders": WRITABLE_FOLDER,
        "asset_folders": ASSET_FOLDER,
    }
    project = Project.objects.create(**fields | over)
    tasks.read_source(project.pk)
    project.refresh_from_db()
    return project


def make_place(project, host, *, slug="production", name="Production", witness=None,
               **over):
    """The environment, made when it is new, with a sandbox host as its installation.

    `witness`: its fields of the witness; nobody watches without them.
    """
    environment, _ = Environment.objects.get_or_create(
        project=project, slug=slug, defaults={"name": name, "site_host": host.site_name}
        | (witness or {"witness_rate": 0}))
    server = make_server(host)
    strategies = {"stale": "reset", "entry": "front-controller"}
    is_by_endpoint = host.kind == "stale" or not host.fpm
    fields = {
        "root": str(host.root), "web_group": host.web_group,
        "strategy": strategies.get(host.kind, host.kind),
        "php_door": "endpoint" if is_by_endpoint else "fastcgi",
        "ask_address": host.http_address, "is_https": False,
        "web_server": "nginx" if host.nginx else "apache",
    }
    installation = Installation.objects.create(environment=environment, server=server,
                                               **fields | over)
    for pool_name, socket in host.pools:
        pool, _ = PhpPool.objects.get_or_create(
            server=server, socket=socket,
            defaults={"name": pool_name, "master": "php-fpm" if host.fpm else "apache2"})
        InstallationPool.objects.create(
            installation=installation, pool=pool, page_path=PAGE_OF[pool_name],
            endpoint_path=f"/_releasemgr/{pool_name}")
    return installation


def make_server(host):
    """A sandbox host as a Server whose identity is confirmed."""
    existing = Server.objects.filter(name=host.name).first()
    if existing:
        return existing
    key = SshKey.objects.create(name=f"key of {host.name}", private_key=host.private_key)
    return Server.objects.create(
        name=host.name, address=host.ssh_host, port=host.ssh_port, user=host.ssh_user,
        ssh_key=key, host_key=host.host_key, host_key_seen=host.host_key,
        host_key_confirmed_at=timezone.now())


def build(actor, project, ref):
    """Build `ref` now; return the Release, ready or failed."""
    release = releases.request_build(actor, project, ref)
    tasks.build_release(release.pk)
    release.refresh_from_db()
    return release


def give_token(actor, installation):
    """Issue a token for the installation's environment and install it now."""
    token = tokens.issue(actor, installation.environment)
    tasks.install_tokens(installation.pk)
    return token


def run(deployment):
    """Run it now, in this process; return it as it ended."""
    tasks.run_deployment(deployment.pk)
    deployment.refresh_from_db()
    return deployment
