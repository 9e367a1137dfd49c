"""Which version an answer is of, told by the answer itself and never guessed.

Three things tell: a header of the site, a static file's bytes, and the scripts and styles that a
page names, where these exist in one of the two builds alone. What none of them tells is not told.
"""

import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urljoin, urlsplit

from ..witness_words import BOTH, NEW, OLD, UNTOLD

READ_BYTES = 512 * 1024
"""Of a page; addresses of scripts and styles stand at its top and its end."""

_ADDRESS = re.compile(r"""\b(?:href|src)\s*=\s*["']?([^"'\s>]{1,500})""", re.IGNORECASE)
_ASKABLE = re.compile(r"/[!-~]*")
_WORD = re.compile(r"[0-9A-Za-z][\w.+-]*")
_OUR_NAME = re.compile(r"\d{8}T\d{6}Z-\d+")  # how all releases are called
_SHORTEST_SHA = 7
TELLING = (".css", ".js", ".mjs")  # pictures may stand in texts that are older than the version
ASSETS = (*TELLING, ".png", ".jpg", ".jpeg", ".webp", ".avif", ".svg", ".gif", ".ico", ".woff2")


@dataclass(frozen=True)
class Version:
    """What is known of one version: names, contents of static files, names of all public files.

    `files` maps paths below the public folder to SHA-256; `all_files` is None where the build did
    not tell: then nobody knows that a file does not exist in it.
    """

    names: frozenset = frozenset()
    files: dict = field(default_factory=dict)
    all_files: frozenset | None = None


def version_of(release, *, entries=(), public_folder=""):
    """Return the Version of a context's release; `entries` are the plan's, for what they put on
    the servers is not the build's."""
    folder = f"{public_folder}/" if public_folder else ""
    places = tuple(f"{path}/" for sort, path in entries if sort != "asset")

    def is_built(path):
        return not f"{folder}{path}/".startswith(places) if places else True

    names = release.static_names
    return Version(
        frozenset(filter(None, (release.name, *release.also_called))),
        {path: digest for path, digest in release.static_files.items() if is_built(path)},
        None if names is None else frozenset(filter(is_built, names)))


class Telling:
    """Tells NEW, OLD, BOTH or UNTOLD for each answer."""

    def __init__(self, new, old, *, mark=""):
        self._mark = mark.lower()
        self._names = {NEW: new.names - old.names, OLD: old.names - new.names}
        self._files = {NEW: new.files, OLD: old.files}
        is_known = new.all_files is not None and old.all_files is not None
        self._only = {NEW: _telling(new.all_files - old.all_files) if is_known else frozenset(),
                      OLD: _telling(old.all_files - new.all_files) if is_known else frozenset()}

    def version(self, path, answer):
        """Return what the answer to a request for `path` tells."""
        told = self._by_header(answer) | self._by_file(path, answer) | self._by_page(path, answer)
        return BOTH if len(told) > 1 else told.pop() if told else UNTOLD

    def _by_header(self, answer):
        """Each of its words that names a version of ours counts; an older one is no new one."""
        words = _WORD.findall(unquote(answer.headers.get(self._mark, "")[:2000]))
        told = {version for version, names in self._names.items()
                for word in words if any(_is_named(word, name) for name in names)}
        others = {word for word in words if _OUR_NAME.fullmatch(word)}
        return told | ({OLD} if others - self._names[NEW] - self._names[OLD] and
                       self._names[NEW] else set())

    def _by_file(self, path, answer):
        """A file that both have, with contents of its own in each: whose bytes are these?

        What one of them alone has tells nothing: pages that were loaded before still need it.
        """
        name = _file_name(path)
        digests = {version: files.get(name) for version, files in self._files.items()}
        if answer.status != 200 or None in digests.values() or len(set(digests.values())) == 1:
            return set()
        found = hashlib.sha256(answer.body).hexdigest()
        return {version for version, digest in digests.items() if digest == found}

    def _by_page(self, path, answer):
        named = {_file_name(address) for address in assets_of(path, answer)} \
            if any(self._only.values()) else set()
        return {version for version, files in self._only.items() if named & files}


def assets_of(path, answer, host=""):
    """Return addresses (path and query) of scripts, styles and pictures of the same host that a
    page names, in its order, each once; () for what is no page."""
    if "html" not in answer.headers.get("content-type", ""):
        return ()
    text = answer.body[:READ_BYTES].decode("utf-8", "replace")
    found = {}
    for address in _ADDRESS.findall(text):
        place = _place(path, address.replace("&amp;", "&"))
        if place is None or (place.netloc and place.netloc.lower() != host.lower()):
            continue
        if place.path.lower().endswith(ASSETS):
            found[place.path + (f"?{place.query}" if place.query else "")] = True
    return tuple(found)


def _place(path, address):
    """The address as a browser would ask for it from the page `path`; None for what is none."""
    try:
        place = urlsplit(urljoin(path, address))
    except ValueError:
        return None
    is_ours = place.scheme in ("", "http", "https") and _ASKABLE.fullmatch(place.path)
    if not is_ours or not _ASKABLE.fullmatch(f"/{place.query}"):
        return None
    return place


def _file_name(address):
    return unquote(address.partition("?")[0]).lstrip("/")


def _telling(paths):
    return frozenset(path for path in paths if path.lower().endswith(TELLING))


def _is_named(word, name):
    """Whether a header's word is this name, or the beginning of this commit's."""
    is_sha = len(name) >= 40 and len(word) >= _SHORTEST_SHA
    return word == name or (is_sha and name.startswith(word.lower()))
