"""What drift.sh found in the folder of a release, as findings in words; pure.

A finding is a dict: `sort` (see drift_words.SORTS), `path` and `text` as people read them,
`release` (its title), and `key`, which is the same as long as the finding is.
"""

import posixpath
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from .drift_findings import sha256_of

MOST_RECORDS, MOST_BYTES = 800, 180_000  # see drift.sh
RUN_BY_PHP = re.compile(r"\.(php\d?|phtml|phar|inc|module)\Z|(\A|/)\.(htaccess|user\.ini)\Z",
                        re.IGNORECASE)
_OURS = re.compile(rb"(\A|/)releasemgr-check-[a-z0-9.-]*\.txt(\.new)?\Z")  # testfile.sh's
_RECORD = re.compile(
    rb"(?P<hash>[0-9a-f]{64})  (?P<hashed>\..*)|(?P<sort>[df]) (?P<mode>[0-7]+) (?P<path>\..*)"
    rb"|l (?P<link>\..*?)//(?P<target>.*)|u (?P<closed>\..*)|(?P<other>.) (?P<odd>\..*)", re.DOTALL)
_WORDS = {
    "d": _lazy("a folder"), "f": _lazy("a file"), "l": _lazy("a link"), "p": _lazy("a pipe"),
    "s": _lazy("a socket"), "b": _lazy("a device"), "c": _lazy("a device"),
}


@dataclass(frozen=True)
class Wanted:
    """A release as its folder must be; `entries` are the plan's (sort, path) pairs."""

    name: str
    title: str
    digest: str
    revision: str
    entries: tuple

    def records(self):
        """Return records that place.sh adds to the manifest."""
        marker = "<?php return '" + re.sub(r"([\\'])", r"\\\1", self.name) + "';"
        hashes = {"manifest": self.digest, "marker.php": sha256_of(marker)}
        found = {b"d 755 .", b"d 755 ./.releasemgr", b"f 644 ./REVISION",
                 f"{sha256_of(self.revision + chr(10))}  ./REVISION".encode()}
        for file, digest in hashes.items():
            found |= {f"f 644 ./.releasemgr/{file}".encode(),
                      f"{digest}  ./.releasemgr/{file}".encode()}
        return found | {_entry(sort, path) for sort, path in self.entries if sort != "asset"}

    def folders(self):
        """Return records of folders that place.sh makes where the release has none."""
        made = {path for sort, path in self.entries if sort == "asset"}
        for __, path in self.entries:
            while path := posixpath.dirname(path):
                made.add(path)
        return {b"d 755 ./" + path.encode() for path in made}


def _entry(sort, path):
    if sort == "writable":
        return b"d 2775 ./" + path.encode()
    up = "/".join([".."] * (2 + path.count("/")))
    return f"l ./{path}//{up}/shared/{path}".encode()


def shown(path):
    """Return a path (bytes) as text that no page or mail can be fooled by, at most 300 letters."""
    text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode()
                   for char in path.decode("utf-8", "backslashreplace"))
    return text if len(text) <= 300 else f"{text[:150]}…{text[-149:]}"


@dataclass(frozen=True)
class Compared:
    """What differs: `findings`, the gravest first; `more` others there are at least."""

    findings: list
    more: int = 0


def compare(wanted, packed, *, user, kept=frozenset):
    """Return Compared of a release; `packed` are the records of drift.sh, `user` read them.

    `kept()`: records of other versions, whose assets it may have too. A look that did not read a
    file builds on one that did, so its kind and rights are enough then.
    """
    records = packed.split(b"\0")
    is_cut = len(packed) >= MOST_BYTES
    more = records[:-1].count(b"") + is_cut
    manifest, folder = set(), set()
    for record in filter(None, records[:-1]):
        (manifest if record[:1] == b"m" else folder).add(record[1:])
    extra = wanted.records()
    manifest |= set() if more else extra - folder
    folder -= extra | wanted.folders()
    assets = tuple(f"{path}/".encode() for sort, path in wanted.entries if sort == "asset")
    sides = _Sides(_read(manifest), _read(folder), is_cut=bool(more), user=user, assets=assets)
    rows = {path: _finding(wanted, sides, path) for path in sorted(sides.paths())}
    found = {path: row for path, row in rows.items() if row}
    ours = _kept(sides, [path for path in found if path.startswith(assets)], kept)
    return Compared([row for path, row in found.items() if path not in ours], more)


def _kept(sides, paths, records):
    """Those of `paths` that came with another version, and are as they were there."""
    added = [path for path in paths if path not in sides.manifest
             and sides.folder[path].get("node", " ")[0] == "f"]
    known = records() if added else ()
    return {path for path in added if all(
        record in known for record in _records_of(path, sides.folder[path]))}


def _records_of(path, about):
    yield f"f {about['node'][1]} ./".encode() + path
    if "hash" in about:
        yield f"{about['hash']}  ./".encode() + path


def _read(records):
    """Return {path: {"node": (sort, detail), "hash": …, "closed": True}} of records."""
    found = {}
    for record in records:
        match = _RECORD.fullmatch(record)
        if not match:
            continue
        path, about = _parts(match)
        found.setdefault(path[2:], {}).update(about)
    return found


def _parts(match):
    if match["hash"]:
        return match["hashed"], {"hash": match["hash"].decode()}
    if match["sort"]:
        return match["path"], {"node": (match["sort"].decode(), match["mode"].decode())}
    if match["link"] is not None:
        return match["link"], {"node": ("l", shown(match["target"]))}
    if match["closed"] is not None:
        return match["closed"], {"closed": True}
    return match["odd"], {"node": (match["other"].decode("ascii", "replace"), "")}


class _Sides:
    """Both sides by path: what the manifest alone has, and what the folder alone has."""

    def __init__(self, manifest, folder, *, is_cut, user, assets):
        self.manifest, self.folder, self.is_cut, self.user = manifest, folder, is_cut, user
        self.assets = assets
        self.closed = {path for path, about in folder.items() if about.get("closed")}
        self._gone = {path for path, about in manifest.items() if self._is_gone(path, about)}

    def _is_gone(self, path, about):
        """Whether a folder of the manifest is none any more."""
        now = self.folder.get(path, {}).get("node")
        return about.get("node", " ")[0] == "d" and (now is None or now[0] != "d")

    def paths(self):
        """All paths, but for what lies in a folder that is told of itself."""
        for path in self.manifest.keys() | self.folder.keys():
            above = path
            while above := posixpath.dirname(above):
                if above in self._gone or above in self.closed:
                    break
            else:
                yield path

    def below(self, path):
        """How many files of the manifest a folder that is gone had."""
        inside = path + b"/"
        return sum("hash" in about for each, about in self.manifest.items()
                   if each.startswith(inside))


def _finding(wanted, sides, path):
    was, now = sides.manifest.get(path, {}), sides.folder.get(path, {})
    told = _tell(sides, path, was, now)
    if told is None:
        return None
    sort, words = told
    if path.startswith((b".releasemgr", b"REVISION")):
        sort = "manifest" if path == b".releasemgr/manifest" else "ours"
    if sort == "manifest":
        words = (_("was rewritten: it is not the list of contents that was approved. Somebody may "
                   "have wanted to hide what else was changed."))
    name = shown(path) or _("The version's own folder")
    return {"sort": sort, "path": name, "text": f"{name} {words}", "release": wanted.title,
            "key": f"{sort} {wanted.name} {name} {now.get('hash', '')} {now.get('node', '')}"}


def _tell(sides, path, was, now):
    """Return (sort, words) of one path; None for what is no finding."""
    if now.get("closed"):
        return "unreadable", _("cannot be read by {user}: nobody knows what is in it now.").format(
            user=sides.user)
    before, after = was.get("node"), now.get("node")
    if before and after:
        return _tell_both(before, after, is_changed="hash" in was or "hash" in now)
    if before:
        return _tell_removed(sides, path, before)
    if after:
        return _tell_added(sides, path, after)
    is_asset = path.startswith(sides.assets)  # drift.sh is silent on what older ones are
    if "hash" in was and "hash" not in now and not (sides.is_cut or is_asset):
        return "unreadable", _("could not be read to its end.")
    return "changed", _("was changed.")


def _tell_both(before, after, *, is_changed):
    if before[0] != after[0]:
        sentence = _("was {before} and is {after} to {place} now.") if after[0] == "l" else \
            _("was {before} and is {after} now.")
        return "replaced", sentence.format(
            before=_WORDS[before[0]], after=_WORDS.get(after[0], _("something else")),
            place=after[1])
    if before[0] == "l":
        return "replaced", _("leads to {after} now; it led to {before}.").format(
            after=after[1], before=before[1])
    rights = _("has the rights {after}; it had {before}").format(after=after[1], before=before[1])
    if after[1][-1] in "2367":
        rights += _(", and now everybody on the server may write to it")
    if is_changed:
        return "changed", _("was changed, and {rights}.").format(rights=rights)
    return "mode", f"{rights}."


def _tell_removed(sides, path, before):
    if sides.is_cut:
        return "removed", _("is missing, or was replaced.")
    if files := sides.below(path) if before[0] == "d" else 0:
        return "removed", ngettext("is missing, and {count} file in it.",
                                   "is missing, and {count} files in it.", files).format(
            count=files)
    return "removed", _("is missing.")


def _tell_added(sides, path, after):
    if _OURS.search(path) and after[0] == "f":
        return None
    if after[0] == "d":
        inside = path + b"/"
        if any(each.startswith(inside) for each in sides.folder):
            return None  # what is in it says so
        return "added", _("was added: a folder.")
    if after[0] == "l":
        return "added", _("was added: a link to {after}.").format(after=after[1])
    if after[0] == "f" and RUN_BY_PHP.search(shown(path)):
        return "script", _("was added: a hand edit, or an intruder’s file.")
    return "added", _("was added.") if after[0] == "f" else \
        _("was added: {what}.").format(what=_WORDS.get(after[0], _("something else")))

