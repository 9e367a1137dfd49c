"""Our entry outside the releases (remote/php/entry.php), and the one question that it answers us.

The web server hands PHP the same path before and after a switch, so a scoreboard tells nothing:
the entry reads the link for each request. What it runs it says itself, through the web server, to
who sends a random word that lies on the server as a file. Others get the site's page.
"""

import json
import secrets
from pathlib import Path

from django.utils.translation import gettext as _

from .. import clock
from ..errors import StepFailed
from .marked import new_mark, visit
from .pool import roster_of

FOLDER = ".releasemgr/entry"
HEADER = "X-Releasemgr-Question"
CODE = Path(__file__).parents[1] / "remote/php/entry.php"
KEPT_S = 120
"""How long one word is used. The entry takes it for five minutes (see entry.php)."""


class Questions:
    """`ask()` returns a word that the server's entry answers to, from entry.sh; `ctx` runs it."""

    def __init__(self, ctx):
        self._ctx = ctx
        self._word, self._since = "", 0.0

    def ask(self):
        """Install the entry, where it is not there as it should be, and the word."""
        if not self._word or clock.monotonic() - self._since > KEPT_S:
            ctx, word, since = self._ctx, secrets.token_hex(16), clock.monotonic()
            ctx.run_script("entry.sh", ctx.paths.root, ctx.fence, ctx.site.public_folder,
                           CODE.read_text(), word, timeout_s=20)
            self._word, self._since = word, since
        return self._word


def folder_run(site, pool, root, *, until):
    """Return the release folder that the entry runs for the pool's page, below `root`.

    `ROOT/current` where it lies elsewhere (a site brought aboard). StepFailed when the entry does
    not answer, or a worker of another pool does; NotConfirmed when nobody was free up to `until`.
    """
    told = _answer(site, pool, until)
    if pool.identity and told.get("identity") != pool.identity:
        raise StepFailed(_("{pool}: the page {page_path} is answered by another machine: correct "
                           "the address to ask so that it leads to {server} itself.").format(
            pool=pool, page_path=pool.plan.page_path, server=pool.server))
    workers = {worker.pid for worker in roster_of(pool.status(until=until), pool).workers}
    if told["pid"] and told["pid"] not in workers:
        raise StepFailed(_("{pool} never saw our request to {page_path}: another pool answers that "
                           "page. Set a page of the site that this pool answers.").format(
            pool=pool, page_path=pool.plan.page_path))
    releases = f"{told['root']}/releases/"
    if told["folder"].startswith(releases):
        return f"{root}/releases/{told['folder'].removeprefix(releases).split('/', 1)[0]}"
    return f"{root}/current"


def _answer(site, pool, until):
    word, path = site.questions.ask(), pool.plan.page_path
    answer = visit(site, pool, new_mark(), until, headers={HEADER: word})
    try:
        told = json.loads(answer.body)
        return {"root": told["root"], "folder": told["folder"], "pid": told["pid"],
                "identity": told["identity"]}
    except (ValueError, TypeError, KeyError):
        raise StepFailed(
            _("{pool}: the entry outside the versions ran the site's page for {path} instead of "
              "answering us: let PHP reach .releasemgr/questions in the site's folder.").format(
                pool=pool, path=path)) from None
