"""Site: one installation's web server, asked as visitors ask it, at its own address."""

import hashlib
import posixpath
import secrets
from functools import partial

from ..errors import NotConfirmed
from ..remote import http
from ..remote.faults import RemoteFault

STATIC_TRIES = 3


class Site:
    """Asks one installation by the site's host name, over SSH or directly.

    `entry` is the front controller inside a release; `release_name` the release that is live.
    """

    def __init__(self, target, *, host, public_folder, connection, release_name, ca_file=""):
        scheme = "https" if target.is_https else "http"
        dial = partial(connection.open_socket, target.ask_address) \
            if target.asked_over == "ssh" else None
        self._call = partial(
            http.HttpCall, site=f"{scheme}://{host}", dial=dial, address=target.ask_address,
            ca_bundle=ca_file, server=target.server)
        self.server = target.server
        self.public_folder = public_folder
        self.entry = posixpath.join(public_folder, "index.php")
        self.release_name = release_name

    def get(self, path, *, headers=None, deadline_s=30):
        """Return the HttpAnswer of one GET; RemoteFault when there was none."""
        return http.ask(self._call(path=path, headers=headers or {}, deadline_s=deadline_s))

    def call(self):
        """Return an HttpCall to this installation, the template of the guarded endpoint's door."""
        return self._call()


def _once(path):
    """Return the address with a one-time query string: no cache between us and PHP answers it."""
    return f"{path}{'&' if '?' in path else '?'}releasemgr={secrets.token_hex(8)}"


def check_page(site, page):
    """Ask one check page; return {path, status, ms, problem}; problem "" when it is as wanted."""
    pairs = [line.split(":", 1) for line in page.headers if ":" in line]
    headers = {name.strip(): value.strip() for name, value in pairs}
    row = {"path": page.path, "status": 0, "ms": 0, "problem": ""}
    try:
        answer = site.get(_once(page.path), headers=headers)
    except RemoteFault as fault:
        return row | {"problem": str(fault)}
    row |= {"status": answer.status, "ms": int(answer.elapsed_ms)}
    if not page.status_from <= answer.status <= page.status_to:
        return row | {"problem": f"answered {answer.status} instead of "
                                 f"{page.status_from}-{page.status_to}"}
    if page.text and page.text not in answer.body.decode("utf-8", "replace"):
        return row | {"problem": f"does not contain “{page.text}”"}
    return row


def check_pages(site, pages, *, when, say):
    """Ask all check pages; return their rows; NotConfirmed when one is not as wanted."""
    rows = [check_page(site, page) for page in pages]
    for row in rows:
        if row["problem"]:
            raise NotConfirmed(f"{site.server}: the page {row['path']} {row['problem']} {when}.")
        say(f"Page {row['path']} answered {row['status']} in {row['ms']} ms {when}")
    return rows


def choose_static(new_files, old_files):
    """Return (telling, siblings, same): paths to ask for. First what changed, then what is new;
    files of the release before that lie beside those and are of their sort; what did not change.

    Both arguments map paths below the public folder to SHA-256 (see the build's `contents`).
    """
    changed = [path for path, digest in new_files.items()
               if path in old_files and old_files[path] != digest]
    new = [path for path in new_files if path not in old_files]
    telling = (changed + new)[:STATIC_TRIES]
    sorts = {_sort_of(path) for path in telling}
    siblings = [path for path in old_files if path not in changed and _sort_of(path) in sorts]
    same = [path for path in new_files if path not in changed + new]
    return telling, siblings[:STATIC_TRIES], same[:STATIC_TRIES]


def _sort_of(path):
    return posixpath.dirname(path), posixpath.splitext(path)[1]


def check_static(site, new_files, old_files, *, say):
    """Return {path, status} of one static file served with the new content.

    NotConfirmed when the web server still serves an old one, or serves files of the release before
    but none beside them that are new. {} when it serves none of the files asked for.
    """
    telling, siblings, same = choose_static(new_files, old_files)
    for path in telling:
        if _is_served(site, path, new_files[path]):
            say(f"Static file /{path} is the new one")
            return {"path": path, "status": 200}
    for path in siblings:
        if _is_served(site, path, new_files.get(path)):
            raise NotConfirmed(
                f"{site.server}: the web server has /{path} of the version before, but not "
                f"{', '.join(f'/{name}' for name in telling)} of this one: its root may not be "
                "the site's current folder.")
    for path in same:
        if _is_served(site, path, new_files[path]):
            say(f"Static file /{path} is as it should be; it did not change")
            return {"path": path, "status": 200}
    return {}


def _is_served(site, path, digest):
    """Whether the web server has it; NotConfirmed when its content has another digest."""
    try:
        answer = site.get(_once(f"/{path}"))
    except RemoteFault as fault:
        raise NotConfirmed(f"{site.server}: the file /{path} could not be read: {fault}") \
            from fault
    if answer.status != 200:
        return False
    if digest and hashlib.sha256(answer.body).hexdigest() != digest:
        raise NotConfirmed(
            f"{site.server}: the web server does not serve the new /{path}; if it caches "
            "open files (open_file_cache), switch that off for this site.")
    return True
