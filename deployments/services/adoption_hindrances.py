"""Why what was found of a site cannot be adopted yet, each with what to do."""

import shlex

from .adoption_words import AGAIN, SHOWN, Remark, listed, size_words


def hindrances_of(adoption):
    """Return the Remarks: of each server, else where they differ, else of our own room."""
    places = adoption.found
    found = [remark for place in places for remark in _hindrances(
        place, adoption.environment.project)]
    return found or [*_differences(places), *_no_room(adoption)]


def _hindrances(place, project):
    server = place["server"]
    if "problem" in place:
        yield Remark(f"{server} could not be looked at: {place['problem']}", f"Mend that, {AGAIN}")
        return
    if place["layout"] == "ours":
        yield Remark(f"On {server} a version of the release manager is live already.",
                     "There is nothing to adopt: release, or go back.")
        return
    if not place["live"]:
        yield _nothing(place)
        return
    if not place["is_public"]:
        yield Remark(
            f"{place['live']} on {server} has no folder “{project.public_folder}”, which the "
            "project names as its public folder.",
            f"Correct “Public folder” on the project’s page, or write the folder above it here, "
            f"{AGAIN}")
    elif not place["files"]:
        yield Remark(f"{place['live']} on {server} has no files.",
                     f"Write the folder where the site really lies, {AGAIN}")
    yield from _misfits(place)


def _nothing(place):
    root, server = place["root"], place["server"]
    if place["current"]:
        return Remark(f"On {server} current leads to {place['current']}, and there is no such "
                      "folder, or we may not read it.",
                      f"Let it name the site’s folder, or write that folder here, {AGAIN}")
    return Remark(f"On {server} nothing was found: there is no {root}/current.",
                  f"If the site lies in another folder, write it under “Where the site lies”, "
                  f"{AGAIN} If there is no site yet, just release the first version.")


def _misfits(place):
    server, root = place["server"], place["root"]
    for path, target, real in place["out"][:SHOWN]:
        lines, todo = "", f"Take that link away, or let it lead to a place inside, {AGAIN}"
        if real:
            shared = shlex.quote(f"{root}/shared/{path}")
            folder = shlex.quote(f"{root}/shared/{path}".rpartition("/")[0])
            lines = f"mkdir -p -- {folder} && ln -s -- {shlex.quote(real)} {shared}"
            todo = f"Give it a place in shared/, by this line on {server}, {AGAIN}"
        yield Remark(f"{server}: {path} is a link that leads out of the site, to {target}.", todo,
                     lines)
    if place["odd"]:
        yield Remark(f"{server}: {listed(place['odd'])} is no file, folder or link, so no version "
                     "can hold it.", f"Let PHP keep such things outside of the site, {AGAIN}")
    if place["closed"]:
        yield Remark(f"{server}: {place['user']} may not read {listed(place['closed'])}.",
                     f"Let {place['user']} read it, {AGAIN}")
    if place["is_cut"] or len(place["out"]) > SHOWN:
        yield Remark(f"{server}: there is more of this sort.", f"Mend these first, {AGAIN}")


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
