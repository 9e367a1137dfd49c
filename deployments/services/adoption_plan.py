"""What was found of a site that is to be adopted, in sentences: what it is, what would be done,
what stands in the way. Reads nothing but the Adoption and its project's fields."""

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from ..models.fields import lines_of
from .adoption_first import copying, first_of
from .adoption_hindrances import hindrances_of
from .adoption_words import LABEL, Remark, listed, merged, size_words
from .path_rules import SHARED

_FIELD_OF = {"file": "shared_files", "create": "created_files", "dir": "shared_folders"}


@dataclass(frozen=True)
class Plan:
    """`found`: a sentence per server; `will`: what *Adopt* does; `hindrances`: why it cannot;
    `first`: what to do before the first release; `proposals`: {project's field: paths it lacks};
    `assets`: folders that look like built ones, which the project does not name either."""

    found: list
    will: list
    hindrances: list
    remarks: list
    first: list
    proposals: dict = field(default_factory=dict)
    assets: list = field(default_factory=list)


def plan_of(adoption):
    """Return the Plan by what was found last."""
    project, places = adoption.environment.project, adoption.found
    seen = [place for place in places if "problem" not in place and place["live"]]
    return Plan(
        [_sentence(place) for place in places], list(_will(seen)),
        merged(hindrances_of(adoption)), merged(_remarks(seen)), merged(first_of(seen, project)),
        _proposals(seen, project), _assets(seen, project))


def entries_of(place):
    """Return (sort, path) pairs as a version made of it is set up with."""
    return [*[[kind, path] for kind, path in place["shared"]],
            *[["writable", path] for __, path in place["writable"]]]


# -- what was found ------------------------------------------------------------------------------

_BY = {
    "capistrano": _lazy("It was deployed with Capistrano: current leads to {short}."),
    "deployer": _lazy("It was deployed with Deployer: current leads to {short}."),
    "releases": _lazy("current leads to {short}; which tool did that is not known."),
    "link": _lazy("current leads to {short}, which lies outside of releases/."),
    "folder": _lazy("current is a real folder, not a link."),
    "plain": _lazy("The site lies in {live}."),
    "ours": _lazy("A version of the release manager is live there already."),
    "none": _lazy("There is no current, and no other folder was named."),
}


def _sentence(place):
    if "problem" in place:
        return Remark(_("It could not be looked at: {problem}").format(
            problem=place["problem"]), server=place["server"])
    short = place["live"].removeprefix(f"{place['root']}/") or place["current"] or _("nothing")
    said = _BY[place["layout"]].format(short=short, live=place["live"])
    if place["live"] and place["layout"] != "ours":
        said += (_(" {files:,} files, {size_words}, of {owner}. {commit}").format(
            files=place["files"], size_words=size_words(place["kb"]), owner=place["owner"],
            commit=_commit(place)))
    return Remark(said, place["told"], server=place["server"])


def _commit(place):
    sha = place["revision"]
    if re.fullmatch(r"[0-9a-f]{7,64}", sha):
        return _("Its commit is {sha}.").format(sha=sha[:10])
    return _("Which commit it is, nothing there says.")


# -- what would be done --------------------------------------------------------------------------

def _will(places):
    if not places:
        return
    first = places[0]
    yield (_("The files on {server} are copied into the release manager’s store, as the version "
             "“{label}”. Nothing changes for visitors, and nothing on the servers.").format(
        server=first["server"], label=LABEL))
    folders = sorted({place["live"] for place in places})
    yield ngettext(
        "{folders} stays as it is: the release manager removes only versions that it put there "
        "itself.",
        "{folders} stay as they are: the release manager removes only versions that it put there "
        "itself.", len(folders)).format(folders=listed(folders))
    shared = [path for __, path in first["shared"]]
    if shared:
        yield ngettext(
            "{paths} is not copied: they lie in shared/, and going back links them again.",
            "{paths} are not copied: they lie in shared/, and going back links them again.",
            len(shared)).format(paths=listed(shared))
    writable = [path for __, path in first["writable"]]
    if writable:
        yield ngettext(
            "What lies in {folders} is not copied, because PHP writes there: going back begins "
            "with it empty.",
            "What lies in {folders} is not copied, because PHP writes there: going back begins "
            "with them empty.", len(writable)).format(folders=listed(writable))
    if len(places) > 1:
        yield _("The other servers were found to hold the same files; that is looked at once more.")
    yield (_("History says that it was found live: recorded, not released and not checked by us. "
             "From the first release on, “Go back” leads to it."))


def _remarks(places):
    for place in places:
        server, root = place["server"], place["root"]
        needed = place["kb"] * 2 + 10 * 1024
        if 0 < place["free_kb"] < needed:
            yield Remark(
                _("{free} are free; a release, and going back, need about {needed}.").format(
                    free=size_words(place["free_kb"]), needed=size_words(needed)),
                _("Make room there before the first release."),
                server=server)
        for count, path in place["writable"]:
            if count:
                yield Remark(
                    _("{count:,} files lie in {path}, where PHP writes, and every version begins "
                      "with an empty one.").format(count=count, path=path),
                    _("For a cache that is right. If they are visitors’ files, let it be a shared "
                      "folder instead: name it so in the project, and copy them right before the "
                      "first release."),
                    copying(place["live"], root, path), server)


# -- what the project lacks ----------------------------------------------------------------------

def _proposals(places, project):
    fields = (*SHARED, "writable_folders")
    known = {path for name in fields for path in lines_of(getattr(project, name))}
    shared = [path for name in SHARED for path in lines_of(getattr(project, name))]
    found = {name: [] for name in fields}
    for sort, path in dict.fromkeys(tuple(pair) for place in places for pair in entries_of(place)):
        is_inside = any(path.startswith(f"{other}/") for other in shared)
        if path not in known and not is_inside:
            known.add(path)
            found[_FIELD_OF.get(sort, "writable_folders")].append(path)
    return {name: paths for name, paths in found.items() if paths}


def _assets(places, project):
    """What a list of files lets one guess: somebody must say yes to it."""
    names = (*SHARED, "writable_folders", "asset_folders")
    known = [path for name in names for path in lines_of(getattr(project, name))]
    known += [path for place in places for __, path in entries_of(place)]
    found = []
    for path in sorted({path for place in places for path in place.get("assets", ())}):
        if not any(_overlap(path, other) for other in (*known, *found)):
            found.append(path)
    return found


def _overlap(path, other):
    return f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/")
