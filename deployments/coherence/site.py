"""Site: one installation's web server, asked as visitors ask it, at its own address."""

import hashlib
import posixpath
import secrets
from functools import partial
from urllib.parse import quote

from django.utils.translation import gettext as _

from ..errors import NotConfirmed
from ..remote import http
from ..remote.faults import RemoteFault, WrongAnswer

STATIC_TRIES = 5


class Site:
    """Asks one installation by the site's host name, over SSH or directly.

    `entry` is the front controller inside a release; `release_name` the release that is live, and
    `also_known` those that may be; `questions` are what our own entry answers (see `entry`).
    """

    also_known = ()
    questions = None

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
        return row | {"problem": _("gave no answer ({why})").format(why=str(fault).rstrip("."))}
    row |= {"status": answer.status, "ms": int(answer.elapsed_ms)}
    if not page.status_from <= answer.status <= page.status_to:
        return row | {"problem": _("answered {status} instead of {status_from}-{status_to}").format(
            status=answer.status, status_from=page.status_from, status_to=page.status_to)}
    if page.text and page.text not in answer.body.decode("utf-8", "replace"):
        return row | {"problem": _("does not contain “{text}”").format(text=page.text)}
    return row


def look_at_pages(site, pages, *, say):
    """Ask all check pages before the switch; return their rows. A page that is not as wanted is
    said and stops nothing: what is live may be broken, and this release may be what mends it."""
    rows = [check_page(site, page) for page in pages]
    for row in rows:
        if row["problem"]:
            say(f"Warning: the page {row['path']} {row['problem']} before the switch. "
                "Afterwards it must be as wanted.")
        else:
            _say_answer(row, _("before the switch"), say)
    return rows


def check_pages(site, pages, *, say, known=()):
    """Ask all check pages after the switch; return their rows; NotConfirmed when one is not as
    wanted, unless it was not before either: `known` are the rows from before, () if none excuses.
    """
    rows = [check_page(site, page) for page in pages]
    excused = {row["path"] for row in known if row["problem"]}
    for row in rows:
        if not row["problem"]:
            _say_answer(row, _("after the switch"), say)
        elif row["path"] in excused:
            say(f"The page {row['path']} {row['problem']}; it was like this before")
        else:
            raise NotConfirmed(
                _("{server}: the page {path} {problem} after the switch.").format(
                    server=site.server, path=row["path"], problem=row["problem"]))
    return rows


def _say_answer(row, when, say):
    say(f"Page {row['path']} answered {row['status']} in {row['ms']} ms {when}")


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


def check_static(site, new_files, old_files, *, say, entries=()):
    """Return {path, status} of one static file served with the new content.

    NotConfirmed when the web server still serves an old one, or serves files of the release before
    but none beside them that are new. {} when it serves none of the files asked for, or none as
    it was built. `entries` are the plan's: what they put on the server is not the build's.
    """
    new_files, old_files = (_built(files, entries, site.public_folder)
                            for files in (new_files, old_files))
    telling, siblings, same = choose_static(new_files, old_files)
    missing = []
    for path in telling:
        digest = _served(site, path)
        if digest == new_files[path]:
            say(f"Static file /{path} is the new one")
            return {"path": path, "status": 200}
        if digest and digest == old_files.get(path):
            raise NotConfirmed(
                _("{server}: the web server does not serve the new /{path}; if it caches open "
                  "files (open_file_cache), switch that off for this site.").format(
                    server=site.server, path=path))
        if digest == "":
            missing.append(path)
    for path in siblings if missing == telling else ():
        if _served(site, path) == old_files[path]:
            raise NotConfirmed(
                _("{server}: the web server has /{path} of the version before, but not {values} of "
                  "this one: its root may not be the site's current folder.").format(
                    server=site.server, path=path,
                    values=", ".join(f"/{name}" for name in telling)))
    for path in same:
        if _served(site, path) == new_files[path]:
            say(f"Static file /{path} is as it should be; it did not change")
            return {"path": path, "status": 200}
    return {}


def _built(files, entries, public_folder):
    """Return those of `files` that no shared, created or writable entry replaces."""
    folder = f"{public_folder}/" if public_folder else ""
    places = [f"{path}/" for sort, path in entries if sort != "asset"]
    return {path: digest for path, digest in files.items()
            if not any(f"{folder}{path}/".startswith(place) for place in places)}


def _served(site, path):
    """Return the SHA-256 of what the web server has there, "" when it has nothing, None when its
    answer tells nothing: the build wrote down small files alone, so a large one is another."""
    try:
        answer = site.get(_once(f"/{quote(path)}"))
    except WrongAnswer:
        return None
    except RemoteFault as fault:
        raise NotConfirmed(_("{server}: the file /{path} could not be read: {fault}").format(
            server=site.server, path=path, fault=fault)) \
            from fault
    return hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else ""
