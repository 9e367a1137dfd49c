"""Why what was found of a site cannot be adopted yet, each with what to do."""

import shlex
from functools import partial

from django.utils.translation import gettext as _

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
        yield said(_("It could not be looked at. {problem}").format(problem=place["problem"]),
                   _("Mend that, {again}").format(again=AGAIN))
    elif place["layout"] == "ours":
        yield said(_("A version of the release manager is live there already."),
                   _("There is nothing to adopt: release, or go back."))
    elif not place["live"]:
        yield _nothing(place, said)
    elif not place["is_public"]:
        yield said(_("{live} has no folder “{public_folder}”, which the project names as its "
                     "public folder.").format(
            live=place["live"], public_folder=project.public_folder),
                   _("Correct “Public folder” on the project’s page, or write the folder above it "
                     "here, {again}").format(again=AGAIN))
    elif not place["files"]:
        yield said(_("{live} has no files.").format(live=place["live"]),
                   _("Write the folder where the site really lies, {again}").format(again=AGAIN))
    else:
        yield from _misfits(place, said)


def _nothing(place, said):
    root = place["root"]
    if place["current"]:
        return said(_("current leads to {current}, and there is no such folder, or we may not read "
                      "it.").format(current=place["current"]),
                      _("Let it name the site’s folder, or write that folder here, {again}").format(
                          again=AGAIN))
    return said(_("Nothing was found: there is no {root}/current.").format(root=root),
                _("If the site lies in another folder, write it under “Where the site lies”, "
                  "{again} If there is no site yet, just release the first version.").format(
                    again=AGAIN))


def _misfits(place, said):
    root = place["root"]
    for path, target, real in place["out"][:SHOWN]:
        text = _("{path} is a link that leads out of the site, to {target}.").format(
            path=path, target=target)
        if real:
            shared = f"{root}/shared/{path}"
            yield said(text, _("Give it a place in shared/, by this line there, {again}").format(
                again=AGAIN),
                       f"mkdir -p -- {shlex.quote(shared.rpartition('/')[0])} && "
                       f"ln -s -- {shlex.quote(real)} {shlex.quote(shared)}")
        else:
            yield said(text, _("Take that link away, or let it lead to a place inside, "
                               "{again}").format(again=AGAIN))
    if place["odd"]:
        yield said(_("{odd} is no file, folder or link, so no version can hold it.").format(
            odd=listed(place["odd"])),
                   _("Let PHP keep such things outside of the site, {again}").format(again=AGAIN))
    if place["closed"]:
        yield said(_("{user} may not read {closed}.").format(
            user=place["user"], closed=listed(place["closed"])),
                   _("Let {user} read it, {again}").format(user=place["user"], again=AGAIN))
    if place["is_cut"] or len(place["out"]) > SHOWN:
        yield said(_("There is more of this sort."),
                   _("Mend these first, {again}").format(again=AGAIN))


def _differences(places):
    kinds = {}
    for place in places:
        same = (
            place["digest"],
            str(place["shared"]),
            str([path for __, path in place["writable"]]),
        )
        kinds.setdefault(same, []).append(place["server"])
    if len(kinds) > 1:
        groups = [listed(servers) for servers in kinds.values()]
        yield Remark(
            _("The servers do not hold the same files: {groups}.").format(
                groups=_(" differs from ").join(groups)),
            _("Deploy once more with the tool you used so far, so that all have the same, {again} "
              "A folder that PHP fills must be writable or shared on all of them.").format(
                again=AGAIN))
    elif not places:
        yield Remark(_("This environment has no server yet."), _("Add an installation first."))


def _no_room(adoption):
    needed = max((place["kb"] for place in adoption.found), default=0) * 3 + 10 * 1024
    if adoption.room_kb < needed:
        yield Remark(
            _("Where the release manager keeps versions {free} are free; about {needed} are "
              "needed.").format(free=size_words(adoption.room_kb), needed=size_words(needed)),
                _("Make room there, {again}").format(again=AGAIN))
