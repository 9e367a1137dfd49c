"""What was found of a site that is to be adopted, in sentences: what it is, what would be done,
what stands in the way. Reads nothing but the Adoption and its project's fields."""

import re
from dataclasses import dataclass, field

from ..models.fields import lines_of
from .adoption_first import copying, first_of
from .adoption_hindrances import hindrances_of
from .adoption_words import LABEL, Remark, listed, merged, size_words
from .path_rules import SHARED

_FIELD_OF = {"file": "shared_files", "create": "created_files", "dir": "shared_folders"}


@dataclass(frozen=True)
class Plan:
    """`found`: a sentence per server; `will`: what *Adopt* does; `hindrances`: why it cannot;
    `first`: what to do before the first release; `proposals`: {project's field: paths it lacks}."""

    found: list
    will: list
    hindrances: list
    remarks: list
    first: list
    proposals: dict = field(default_factory=dict)


def plan_of(adoption):
    """Return the Plan by what was found last."""
    project, places = adoption.environment.project, adoption.found
    seen = [place for place in places if "problem" not in place and place["live"]]
    return Plan(
        [_sentence(place) for place in places], list(_will(seen)),
        merged(hindrances_of(adoption)), merged(_remarks(seen)), merged(first_of(seen, project)),
        _proposals(seen, project))


def entries_of(place):
    """Return (sort, path) pairs as a version made of it is set up with."""
    return [*[[kind, path] for kind, path in place["shared"]],
            *[["writable", path] for _, path in place["writable"]]]


# -- what was found ------------------------------------------------------------------------------

_BY = {
    "capistrano": "It was deployed with Capistrano: current leads to {short}.",
    "deployer": "It was deployed with Deployer: current leads to {short}.",
    "releases": "current leads to {short}; which tool did that is not known.",
    "link": "current leads to {short}, which lies outside of releases/.",
    "folder": "current is a real folder, not a link.",
    "plain": "The site lies in {live}.",
    "ours": "A version of the release manager is live there already.",
    "none": "There is no current, and no other folder was named.",
}


def _sentence(place):
    if "problem" in place:
        return Remark(f"It could not be looked at: {place['problem']}", server=place["server"])
    short = place["live"].removeprefix(f"{place['root']}/") or place["current"] or "nothing"
    said = _BY[place["layout"]].format(short=short, live=place["live"])
    if place["live"] and place["layout"] != "ours":
        said += (f" {place['files']:,} files, {size_words(place['kb'])}, of {place['owner']}."
                 f" {_commit(place)}")
    return Remark(said, place["told"], server=place["server"])


def _commit(place):
    sha = place["revision"]
    if re.fullmatch(r"[0-9a-f]{7,64}", sha):
        return f"Its commit is {sha[:10]}."
    return "Which commit it is, nothing there says."


# -- what would be done --------------------------------------------------------------------------

def _will(places):
    if not places:
        return
    first = places[0]
    yield (f"The files on {first['server']} are copied into the release manager’s store, as the "
           f"version “{LABEL}”. Nothing changes for visitors, and nothing on the servers.")
    folders = sorted({place["live"] for place in places})
    yield (f"{listed(folders)} {'stays' if len(folders) == 1 else 'stay'} as "
           f"{'it is' if len(folders) == 1 else 'they are'}: the release manager removes only "
           "versions that it put there itself.")
    shared = [path for _, path in first["shared"]]
    if shared:
        yield (f"{listed(shared)} {'is' if len(shared) == 1 else 'are'} not copied: they lie in "
               "shared/, and going back links them again.")
    writable = [path for _, path in first["writable"]]
    if writable:
        yield (f"What lies in {listed(writable)} is not copied, because PHP writes there: going "
               f"back begins with {'it' if len(writable) == 1 else 'them'} empty.")
    if len(places) > 1:
        yield "The other servers were found to hold the same files; that is looked at once more."
    yield ("History says that it was found live: recorded, not released and not checked by us. "
           "From the first release on, “Go back” leads to it.")


def _remarks(places):
    for place in places:
        server, root = place["server"], place["root"]
        needed = place["kb"] * 2 + 10 * 1024
        if 0 < place["free_kb"] < needed:
            yield Remark(
                f"{size_words(place['free_kb'])} are free; a release, and going back, need about "
                f"{size_words(needed)}.", "Make room there before the first release.",
                server=server)
        for count, path in place["writable"]:
            if count:
                yield Remark(
                    f"{count:,} files lie in {path}, where PHP writes, and every version begins "
                    "with an empty one.",
                    "For a cache that is right. If they are visitors’ files, let it be a shared "
                    "folder instead: name it so in the project, and copy them right before the "
                    "first release.",
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
