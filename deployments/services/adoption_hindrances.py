"""Why what was found of a site cannot be adopted yet, each with what to do."""

import shlex
from functools import partial

from .adoption_words import AGAIN, SHOWN, Remark, listed, size_words


def hindrances_of(adoption):
    """Return the Remarks: of each server, else where they differ, else of our own room."""
    places = adoption.found
    found = [remark for place in places for remark in _hindrances(
        place, adoption.environment.project)]
    return found or [*_differences(places), *_no_room(adoption)]


def _hindrances(place, project):
    said = partial(Remark, server=place["server"])
    if "problem" in place:
        yield said(f"It could not be looked at. {place['problem']}", f"Mend that, {AGAIN}")
    elif place["layout"] == "ours":
        yield said("A version of the release manager is live there already.",
                   "There is nothing to adopt: release, or go back.")
    elif not place["live"]:
        yield _nothing(place, said)
    elif not place["is_public"]:
        yield said(f"{place['live']} has no folder “{project.public_folder}”, which the project "
                   "names as its public folder.",
                   "Correct “Public folder” on the project’s page, or write the folder above it "
                   f"here, {AGAIN}")
    elif not place["files"]:
        yield said(f"{place['live']} has no files.",
                   f"Write the folder where the site really lies, {AGAIN}")
    else:
        yield from _misfits(place, said)


def _nothing(place, said):
    root = place["root"]
    if place["current"]:
        return said(f"current leads to {place['current']}, and there is no such folder, or we may "
                    "not read it.", f"Let it name the site’s folder, or write that folder here, "
                    f"{AGAIN}")
    return said(f"Nothing was found: there is no {root}/current.",
                f"If the site lies in another folder, write it under “Where the site lies”, "
                f"{AGAIN} If there is no site yet, just release the first version.")


def _misfits(place, said):
    root = place["root"]
    for path, target, real in place["out"][:SHOWN]:
        text = f"{path} is a link that leads out of the site, to {target}."
        if real:
            shared = f"{root}/shared/{path}"
            yield said(text, f"Give it a place in shared/, by this line there, {AGAIN}",
                       f"mkdir -p -- {shlex.quote(shared.rpartition('/')[0])} && "
                       f"ln -s -- {shlex.quote(real)} {shlex.quote(shared)}")
        else:
            yield said(text, f"Take that link away, or let it lead to a place inside, {AGAIN}")
    if place["odd"]:
        yield said(f"{listed(place['odd'])} is no file, folder or link, so no version can hold it.",
                   f"Let PHP keep such things outside of the site, {AGAIN}")
    if place["closed"]:
        yield said(f"{place['user']} may not read {listed(place['closed'])}.",
                   f"Let {place['user']} read it, {AGAIN}")
    if place["is_cut"] or len(place["out"]) > SHOWN:
        yield said("There is more of this sort.", f"Mend these first, {AGAIN}")


def _differences(places):
    kinds = {}
    for place in places:
        same = (place["digest"], str(place["shared"]), str([path for _, path in place["writable"]]))
        kinds.setdefault(same, []).append(place["server"])
    if len(kinds) > 1:
        groups = [listed(servers) for servers in kinds.values()]
        yield Remark(
            f"The servers do not hold the same files: {' differs from '.join(groups)}.",
            "Deploy once more with the tool you used so far, so that all have the same, "
            f"{AGAIN} A folder that PHP fills must be writable or shared on all of them.")
    elif not places:
        yield Remark("This environment has no server yet.", "Add an installation first.")


def _no_room(adoption):
    needed = max((place["kb"] for place in adoption.found), default=0) * 3 + 10 * 1024
    if adoption.room_kb < needed:
        yield Remark(
            f"Where the release manager keeps versions {size_words(adoption.room_kb)} are free; "
            f"about {size_words(needed)} are needed.", f"Make room there, {AGAIN}")
