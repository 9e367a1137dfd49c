"""What is to be done by hand before the first release of an adopted site, as lines to copy.

`current` must lead into releases/: what lies elsewhere is copied there; nothing is taken away.
"""

import shlex

from django.utils.translation import gettext as _

from .adoption_words import COPY, Remark, listed


def first_of(places, project):
    """Yield the Remarks, in the order of doing."""
    public = f"/{project.public_folder}" if project.public_folder else ""
    for place in places:
        layout, root, server = place["layout"], place["root"], place["server"]
        if layout == "folder":
            yield Remark(
                _("current is a real folder; a link must take its place."),
                _("Run this there, as who owns the folder. Visitors may meet errors for some "
                  "milliseconds."), _moving(root), server)
        elif layout in ("link", "plain"):
            yield Remark(
                _("current must lead into releases/."),
                _("Run this there in a quiet moment. It copies the site; the old folder stays as "
                  "it is, and from then on visitors get the same files from the copy."),
                _copying_all(place), server)
        if layout == "plain":
            yield Remark(
                _("The web server must follow current from then on."),
                _("Change this line of its configuration, then reload it."),
                _("nginx:   root {root}/current{public};\nApache:  DocumentRoot "
                  "{root}/current{public}").format(root=root, public=public), server)
        if place["owner"] != place["user"]:
            yield Remark(
                _("It belongs to {owner}, and we sign in as {user}.").format(
                    owner=place["owner"], user=place["user"]),
                _("We write a folder of ours beside it and into it: let these be ours. Run this as "
                  "root."), _owning(place), server)
    tools = {"capistrano": "Capistrano", "deployer": "Deployer"}
    names = sorted({tools[place["layout"]] for place in places if place["layout"] in tools})
    if names:
        yield Remark(_("Deploy with {names} no more.").format(names=listed(names)),
                     _("Two tools that switch the same site undo each other’s work."))


def _owning(place):
    root, live = place["root"], place["live"]
    live = live if live.startswith(f"{root}/releases/") else f"{root}/{COPY}"
    paths = (root, f"{root}/releases", f"{root}/shared", live)
    return (f"mkdir -p -- {shlex.quote(f'{root}/shared')} && chown -- {place['user']} "
            f"{' '.join(map(shlex.quote, paths))}")


def _moving(root):
    there = shlex.quote(f"{root}/current")
    return (f"mkdir -p -- {shlex.quote(f'{root}/releases')} && mv -T -- {there} "
            f"{shlex.quote(f'{root}/{COPY}')} && ln -s -- {COPY} {there}")


def _copying_all(place):
    """Lines to copy; links into shared/ are written anew, they may have been relative ones."""
    root, copy = place["root"], shlex.quote(f"{place['root']}/{COPY}")
    links = [f"ln -sfn -- {shlex.quote(f'{root}/shared/{path}')} "
             f"{shlex.quote(f'{root}/{COPY}/{path}')} && \\"
             for __, path in place["shared"]]
    return "\n".join([
        f"mkdir -p -- {shlex.quote(f'{root}/releases')} && \\",
        f"cp -a -- {shlex.quote(place['live'])} {copy} && \\", *links,
        f"ln -s -- {COPY} {shlex.quote(f'{root}/current.new')} && \\",
        f"mv -T -- {shlex.quote(f'{root}/current.new')} {shlex.quote(f'{root}/current')}"])


def copying(live, root, path):
    """The line that copies what lies in a folder of the live site into shared/."""
    target = shlex.quote(f"{root}/shared/{path}")
    return f"mkdir -p -- {target} && cp -a -- {shlex.quote(f'{live}/{path}')}/. {target}"
