"""What adopt-look.sh said of one server, as plain values; pure.

A dict per server: `place` (installation's pk), `server`, `root`, `layout`, `current`, `live`,
`user`, `owner`, `revision`, `told`, `files`, `kb`, `free_kb`, `is_public`, `digest`; `shared` and
`writable` [kind or count, path]; `links` [path, target] that must be made relative; `out` [path,
target, real path] that lead out; `odd` and `closed` paths; `assets`: folders that look
like built ones; `is_cut`: there is more of them. Or `problem`: it could not be looked at.
"""

import base64
import posixpath

MOST_BYTES = 180_000  # see adopt-look.sh
_FIELDS = {"file": 1, "dir": 1, "create": 1, "link": 3, "odd": 1, "closed": 1, "writable": 2,
           "asset": 1}


def place_of(installation, values):
    """Return the dict of a server that was looked at."""
    packed = base64.b64decode(values.get("entries", ""))
    found = {
        "place": installation.pk, "server": installation.server.name, "root": installation.root,
        "layout": values["layout"], "current": values["current"], "live": values["live"],
        "user": values["user"], "owner": values.get("owner", ""),
        "revision": values.get("revision", "").strip(), "told": values.get("told", ""),
        "files": int(values.get("files") or 0), "kb": int(values.get("kb") or 0),
        "free_kb": int(values.get("free_kb") or 0), "is_public": "public" in values, "digest": "",
        "is_cut": len(packed) >= MOST_BYTES,
        "shared": [], "writable": [], "links": [], "out": [], "odd": [], "closed": [],
        "assets": [],
    }
    for kind, *fields in _records(packed.decode("utf-8", "replace")):
        if kind in ("file", "dir", "create"):
            found["shared"].append([kind, *fields])
        elif kind == "writable":
            found["writable"].append([int(fields[0]), fields[1]])
        elif kind == "link":
            _sort(found, *fields)
        elif kind == "asset":
            found["assets"] += [path for path in fields if path not in found["assets"]]
        else:
            found[kind] += fields
    for name in ("shared", "writable", "links", "out", "odd", "closed", "assets"):
        found[name].sort()
    return found


def problem_of(installation, sentence):
    """Return the dict of a server that could not be looked at."""
    return {"place": installation.pk, "server": installation.server.name,
            "root": installation.root, "problem": sentence}


def marks_of(found):
    """Return what adopt-list.sh is told of it: what stays away, and links as they shall be."""
    leave = [path for _, path in (*found["shared"], *found["writable"])]
    return [*[part for path in leave for part in ("leave", path)],
            *[part for path, target in found["links"] for part in ("link", path, target)]]


def _records(text):
    parts = text.split("\0")
    while len(parts) > 1:
        size = _FIELDS.get(parts[0], 0) + 1
        if len(parts) <= size:  # cut off
            return
        yield parts[:size]
        parts = parts[size:]


def _sort(found, path, target, real):
    """An absolute link into the site itself may become relative; what leads out may not."""
    live, root = found["live"], found["root"]
    for own in (live, f"{root}/current", f"{root}/releases/{posixpath.basename(live)}"):
        if target.startswith(f"{own}/"):
            inside = posixpath.normpath(target.removeprefix(f"{own}/"))
            if not inside.startswith(".."):
                found["links"].append([path, "../" * path.count("/") + inside])
                return
    way = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if target.startswith("/") or way.startswith(".."):
        found["out"].append([path, target, real])
