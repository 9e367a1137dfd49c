"""The stand: one kept host with two releases, switched to and fro by the product's own steps.

What a deployment does around its switch is done here by its very steps (connect, arm, switch,
cohere, prove); building, copying and rows are left out, so that hundreds of switches take minutes.
Used by the matrix of traps (tests/integration/matrix) and by `python -m tests.bench.strategies`.
"""

import hashlib
import os
import secrets
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from unittest.mock import patch

from deployments.artifacts.plain_class import is_plain_class
from deployments.coherence import entry
from deployments.coherence.doctor import diagnose
from deployments.coherence.in_turn import InTurn
from deployments.coherence.strategies import STRATEGIES
from deployments.pipeline.context import Release, StepContext, Truth
from deployments.pipeline.endpoints import keys_json
from deployments.pipeline.examining import read
from deployments.pipeline.hosts import control_file, endpoint_file
from deployments.pipeline.steps.arm import Arm
from deployments.pipeline.steps.cohere import Cohere
from deployments.pipeline.steps.connect import Connect
from deployments.pipeline.steps.inspect import look_again
from deployments.pipeline.steps.prove import Prove
from deployments.pipeline.steps.switch import Switch
from deployments.plan import PagePlan, PoolPlan, TargetPlan
from deployments.remote.host import Credentials, Host
from deployments.sudoers import sudoers_line, test_line
from tests.sandbox.placement import place, share, switch
from tests.sandbox.services import services_of
from tests.sandbox.traps import preload

OLD, NEW = "20260101T000000Z-1", "20260102T000000Z-2"
PAGES = {"www": "/", "api": "/api/"}
AN_HOUR_AGO = time.time() - 3600
TOKEN = SimpleNamespace(public_id="stand", key=secrets.token_hex(32), networks="127.0.0.1/32",
                        scope="reset:opcache", expires_at=None)


@dataclass(frozen=True)
class _Placed:
    """A release that lies on the host, as the build would have told of it."""

    release: Release
    folder: object


class Stand:
    """`with on_stand(host, repository) as stand:` OLD is live; `arm`, `switch`, `act`, `prove` are
    the steps of one release. `live` is what `current` names."""

    def __init__(self, host, repository, services, *, preloads=False, limit_s=20):
        self.host, self.services, self.live, self.limit_s = host, services, OLD, limit_s
        self.said = []
        share(host)
        self.placed = {name: _place(host, repository, ref, name)
                       for name, ref in ((OLD, "v1.0"), (NEW, "v2.0"))}
        switch(host, release=OLD)
        if preloads:
            preload(host, [each.folder for each in self.placed.values()])
        services.allow(self._lines())
        self._base = self._context()
        if not host.fpm:
            self._install_door()
        Connect().open(self._base)
        look_again(self._base)
        if host.kind == "entry":
            self._base.site.questions.ask()
            os.utime(host.root / entry.FOLDER / "public/index.php", (AN_HOUR_AGO, AN_HOUR_AGO))
        if host.kind == "web-config":  # as after its first release
            STRATEGIES["web-config"].act(self.ctx("web-config", NEW))

    def ctx(self, strategy, release):
        """The context of a deployment that makes `release` live by this strategy."""
        base, older = self._base, self.live
        ctx = replace(
            base, target=replace(base.target, strategy=strategy), evidence={},
            turns=InTurn(),
            release=self.placed[release].release, older=self.placed[older].release,
            truth=Truth(previous=f"releases/{older}", previous_name=older, is_known=True,
                        identity=base.truth.identity))
        ctx.site.release_name = older
        return ctx

    def look(self, strategy="auto"):
        """What the doctor makes of this host: its Diagnosis."""
        facts = read(self.ctx(strategy, NEW if self.live == OLD else OLD), is_whole=True)
        return diagnose(facts)

    def arm(self, strategy, release):
        """All that comes before the switch; returns the context for the steps after it."""
        ctx = self.open(strategy, release)
        self.prepare(ctx)
        return ctx

    def prepare(self, ctx):
        Arm().run(ctx)

    def open(self, strategy, release):
        """A context over an open connection, nothing learned and nothing armed."""
        ctx = self.ctx(strategy, release)
        Connect().open(ctx)
        self._base.connection, self._base.site, self._base.pools = \
            ctx.connection, ctx.site, ctx.pools
        return ctx

    def switch(self, ctx):
        Switch().run(ctx)
        self.live = ctx.release.name

    def act(self, ctx):
        Cohere().run(ctx)

    def prove(self, ctx):
        Prove().run(ctx)

    def heal(self):
        """OLD is live again in every cache, whatever was done before: the host's own daemons are
        told, without the product."""
        switch(self.host, release=OLD)
        self.live = OLD
        config = self.host.root / ".releasemgr/web.conf"
        if self.host.kind == "web-config":
            config.write_text(config.read_text().replace(NEW, OLD))
        else:
            config.unlink(missing_ok=True)
        if self.host.fpm:
            self.host.fpm.reload()
        if self.host.apache:
            self.host.apache.reload(wait=True)
        else:
            self.host.nginx.reload()

    def close(self):
        if self._base.connection:
            self._base.connection.close()

    def _context(self):
        host, (control_name, control_php) = self.host, control_file()
        plan = SimpleNamespace(
            kind="deploy", size_bytes=900_000, files=160, pages=(PagePlan(), PagePlan("/api/")),
            file_epoch=0, site_host=host.site_name, public_folder="public", entries=(), digest="")
        return StepContext(
            plan=plan, target=self._target(), deployment=1, fence=1,
            release=self.placed[NEW].release, older=self.placed[OLD].release,
            host=Host(host.name, host.ssh_host, host.ssh_user, host.host_key,
                      Credentials(host.private_key), host.ssh_port),
            control_name=control_name, control_php=control_php,
            endpoint_key=(TOKEN.public_id, TOKEN.key), ca_file="", proof_limit_s=self.limit_s,
            say=self.said.append,
            truth=Truth(previous=f"releases/{OLD}", previous_name=OLD, is_known=True))

    def _target(self):
        host = self.host
        return TargetPlan(
            1, 1, host.name, f"{host.ssh_user}@{host.ssh_host}:{host.ssh_port}", str(host.root),
            host.web_group, "auto", "fastcgi" if host.fpm else "endpoint",
            tuple(PoolPlan(name, "php-fpm" if host.fpm else "apache2", socket, PAGES[name],
                           f"/_releasemgr/{name}") for name, socket in host.pools),
            host.http_address, False, "direct", web_server="nginx" if host.nginx else "apache",
            web_service="nginx" if host.nginx else "apache2", web_test=_web_test(host),
            service_manager=str(self.services.program))

    def _lines(self):
        """Of sudoers: every right that a strategy could need here."""
        user, names = self.host.ssh_user, ["nginx" if self.host.nginx else "apache2"]
        names += ["php-fpm"] if self.host.fpm else []
        program = str(self.services.program)
        lines = [sudoers_line(user, program, "reload", name) for name in names]
        lines += [sudoers_line(user, program, "restart", "php-fpm")] if self.host.fpm else []
        return [*lines, test_line(user, _web_test(self.host))]

    def _install_door(self):
        """The guarded endpoint with its one token, as the product's task installs it."""
        ctx = self._base
        ctx.connection = ctx.ports.open_connection(ctx.host)
        keys = keys_json([TOKEN], control_name=ctx.control_name, endpoint_php=endpoint_file())
        ctx.run_script("door.sh", ctx.paths.root, 1, self.host.web_group, endpoint_file(), keys,
                       ctx.control_name, ctx.control_php)


@contextmanager
def on_stand(host, repository, **over):
    """A Stand on this WebHost, which is started and stopped with it."""
    with ExitStack() as stack:
        stack.enter_context(host)
        services = stack.enter_context(services_of(host))
        stand = Stand(host, repository, services, **over)
        stack.callback(stand.close)
        yield stand


def unchecked(name, **over):
    """The device of tests that force what the product refuses: inside `with unchecked(NAME):` this
    strategy's own check is left out (and the examination, which refuses too, is never run here).
    """
    return patch.dict(STRATEGIES, {
        name: replace(STRATEGIES[name], check=lambda ctx: None, **over)})


def _web_test(host):
    if host.apache:
        return " ".join(host.apache.test_command)
    nginx = host.nginx
    return f"/usr/sbin/nginx -t -e {nginx.log_path} -c {nginx.folder}/nginx.conf"


def _place(host, repository, ref, name):
    folder = place(host, repository=repository, ref=ref, release=name)
    (folder / ".releasemgr").mkdir()
    (folder / ".releasemgr/marker.php").write_text(f"<?php return '{name}';\n")
    for path in folder.rglob("*.php"):  # older than opcache.file_update_protection, as in life
        os.utime(path, (AN_HOUR_AGO, AN_HOUR_AGO))
    php = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.php")
                 if ".releasemgr" not in path.parts)
    classes = [path for path in php if path.startswith("src/")
               and is_plain_class((folder / path).read_bytes())]
    public = folder / "public"
    static = {str(path.relative_to(public)): hashlib.sha256(path.read_bytes()).hexdigest()
              for path in sorted(public.rglob("*")) if path.is_file() and path.suffix != ".php"}
    return _Placed(Release(name, php_files=tuple(php), plain_classes=tuple(classes[:8]),
                           static_files=static), folder)
