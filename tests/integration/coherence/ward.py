"""A kept host that the doctor examines: one nginx and one PHP-FPM, changed by reloading."""

from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

from deployments.coherence.doctor import diagnose
from deployments.coherence.entry import Questions
from deployments.pipeline.context import Release
from deployments.pipeline.examining import read
from deployments.pipeline.hosts import control_file
from deployments.sudoers import sudoers_line
from tests.integration.coherence.conftest import NEW, Rig

PHP_FILES = tuple(f"src/C{number:03}.php" for number in range(145))


class Ward:
    """A kept host; `changed(...)` alters it for a block, `look(...)` gives (facts, diagnosis)."""

    def __init__(self, host, repository, services):
        self.host, self.services = host, services
        self.rig = Rig(host, repository)
        self.name, self.php = control_file()

    def ctx(self, *, strategy="auto", **over):
        """The context of a step that releases NEW here, with this strategy."""
        plan = SimpleNamespace(kind="deploy", size_bytes=900_000, files=160, pages=(),
                               file_epoch=0, site_host=self.host.site_name,
                               public_folder="public")
        ctx = self.rig.ctx(services=self.services, plan=plan, control_name=self.name,
                           control_php=self.php, release=Release(NEW, php_files=PHP_FILES), **over)
        ctx.target = replace(ctx.target, strategy=strategy)
        ctx.site.questions = Questions(replace(ctx, fence=-1))  # an examination has none
        return ctx

    def look(self, **over):
        """Examine it whole, as a new installation with this strategy."""
        facts = read(self.ctx(**over), is_whole=True)
        found = diagnose(facts)
        for each in found.findings:  # what pytest shows of a failing test, and -s of each
            print(f"{each.level}: {each.title}\n  {each.why}\n  {each.todo}\n  {each.lines}")
        print(f"-> {found.choice or 'none'}: {found.reason}")
        return facts, found

    @contextmanager
    def changed(self, *, ini=None, settings=None, http="", swap=None, pools=None):
        """PHP's ini, PHP-FPM's [global] lines, nginx's http lines or words of its site."""
        fpm, nginx = self.host.fpm, self.host.nginx
        kept = (dict(fpm.ini), dict(fpm.settings), list(fpm.pools), list(nginx.servers), nginx.http)
        fpm.ini |= ini or {}
        fpm.settings |= settings or {}
        fpm.pools = pools or fpm.pools
        nginx.http += http
        if swap:
            nginx.servers = [text.replace(*swap) for text in nginx.servers]
        self._reload(http or swap)
        try:
            yield
        finally:
            fpm.ini, fpm.settings, fpm.pools, nginx.servers, nginx.http = kept
            self._reload(http or swap)

    def _reload(self, nginx_too):
        self.host.fpm.reload()
        if nginx_too:
            self.host.nginx.reload()

    def may(self, *services):
        """The lines of sudoers that let these be reloaded."""
        return [sudoers_line(self.host.ssh_user, str(self.services.program), "reload", name)
                for name in services]


def finding(found, code):
    """The one finding with this code."""
    rows = [row for row in found.findings if row.code == code]
    assert len(rows) == 1, [row.code for row in found.findings]
    return rows[0]
