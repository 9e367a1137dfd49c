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


def check_page(site, page):
    """Ask one check page; return {path, status, ms, problem}; problem "" when it is as wanted."""
    headers = dict(line.split(":", 1) for line in page.headers if ":" in line)
    row = {"path": page.path, "status": 0, "ms": 0, "problem": ""}
    try:
        answer = site.get(page.path, headers={k.strip(): v.strip() for k, v in headers.items()})
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
    """Return paths of public static files to ask for, those that differ first.

    Both arguments map paths below the public folder to SHA-256 (see the build's `contents`).
    """
    changed = [path for path, digest in new_files.items() if old_files.get(path) != digest]
    same = [path for path in new_files if path not in changed]
    return (changed + same)[:STATIC_TRIES]


def check_static(site, new_files, old_files, *, say):
    """Return {path, status} of one static file served with the new content.

    NotConfirmed when the web server still serves an old one. {} when the public folder has no
    static file that the web server serves at all.
    """
    for path in choose_static(new_files, old_files):
        try:
            # A one-time query string, so that no cache between us and the web server answers.
            answer = site.get(f"/{path}?releasemgr={secrets.token_hex(8)}")
        except RemoteFault as fault:
            raise NotConfirmed(f"{site.server}: the file /{path} could not be read: {fault}") \
                from fault
        if answer.status != 200:
            continue
        if hashlib.sha256(answer.body).hexdigest() != new_files[path]:
            raise NotConfirmed(
                f"{site.server}: the web server does not serve the new /{path}; if it caches "
                "open files (open_file_cache), switch that off for this site.")
        say(f"Static file /{path} is the new one")
        return {"path": path, "status": answer.status}
    return {}
