"""Whether the links of a tree stay inside it, also when they lead through each other."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from deployments.artifacts.faults import ContentRefused

_FOLLOWED_AT_MOST = 40  # Linux gives up after as many; a loop leads nowhere, so not outside
_RELATIVE = _lazy("make it a relative link inside the project, or remove it")


class Tree:
    """The paths of an archive in the order they come; a path needs its folder before it."""

    def __init__(self):
        self._folders = {""}
        self._links: dict[str, str] = {}
        self._seen = {""}

    def add_folder(self, path: str) -> None:
        self._add(path)
        self._folders.add(path)

    def add_file(self, path: str) -> None:
        self._add(path)

    def add_link(self, path: str, *, target: str) -> None:
        self._add(path)
        if target.startswith("/"):
            raise ContentRefused(path, why=_("a link to the absolute {target}").format(
                target=target), remedy=_RELATIVE)
        if not target or "//" in target or "\0" in target:
            raise ContentRefused(path, why=_("a link with an odd target"), remedy=_RELATIVE)
        self._links[path] = target

    def check_links(self) -> None:
        """ContentRefused with the first link that leads out; call it when all paths are known."""
        for path, target in self._links.items():
            if self._leads_out(path.split("/")[:-1], target.split("/")):
                raise ContentRefused(path, why=_("a link that leads out: {target}").format(
                    target=target), remedy=_RELATIVE)

    def _add(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        if path in self._seen or parent not in self._folders:
            raise ContentRefused(
                path, why=_("its entry in the archive is doubled or has no folder"),
                remedy=_("build again; this is no ordinary tar archive"),
            )
        self._seen.add(path)

    def _leads_out(self, place: list[str], todo: list[str]) -> bool:
        followed = 0
        while todo:
            step, todo = todo[0], todo[1:]
            if step in ("", "."):
                continue
            if step == "..":
                if not place:
                    return True
                place = place[:-1]
                continue
            target = self._links.get("/".join([*place, step]))
            if target is None:
                place = [*place, step]
                continue
            followed += 1
            if followed > _FOLLOWED_AT_MOST:
                return False
            todo = target.split("/") + todo
        return False
