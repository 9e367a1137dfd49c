"""Where everything lies on a server. Pure: names each remote path once.

Shell scripts get the root and name the same paths themselves (`remote/scripts/`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class DeployPaths:
    """The paths below one site's root folder, as a server reads them.

    ValueError when the root is not absolute or is the whole disk.
    """

    root: str

    def __post_init__(self):
        root = self.root.rstrip("/")
        if not root.startswith("/"):
            raise ValueError(f"not an absolute folder: {self.root!r}")
        object.__setattr__(self, "root", root)

    @property
    def current(self) -> str:
        """The link that visitors' requests follow."""
        return f"{self.root}/current"

    @property
    def releases(self) -> str:
        return f"{self.root}/releases"

    def release(self, name: str) -> str:
        """The folder of one release."""
        return f"{self.releases}/{_plain(name)}"

    @property
    def shared(self) -> str:
        """What outlives releases: uploads, settings."""
        return f"{self.root}/shared"

    @property
    def ours(self) -> str:
        """The folder in which nothing belongs to the site."""
        return f"{self.root}/.releasemgr"

    def control(self, name: str) -> str:
        """The file PHP runs for us, under its full name (`control-….php`)."""
        return f"{self.ours}/{_plain(name)}"

    @property
    def endpoint(self) -> str:
        """The guarded HTTP door: the web server's configuration names it."""
        return f"{self.ours}/endpoint.php"

    def incoming(self, name: str, fence: int) -> str:
        """Where the holder of this fence unpacks a release."""
        return f"{self.ours}/incoming/{_plain(name)}.{fence:d}"

    @property
    def trash(self) -> str:
        return f"{self.ours}/trash"

    @property
    def door(self) -> str:
        return f"{self.ours}/door"

    @property
    def keys(self) -> str:
        """What tokens open the door; readable for PHP's group."""
        return f"{self.door}/keys.json"

    @property
    def refusals(self) -> str:
        """JSON lines: whom the door refused, and why."""
        return f"{self.door}/refusals.log"


def _plain(name: str) -> str:
    """Return `name`; ValueError when it is not one path component."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ValueError(f"not one plain name: {name!r}")
    return name
