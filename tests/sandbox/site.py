"""The demo site in git: a small shop in two versions, with a history that reads like a real one.

`site/base` is version 1.0, `site/changes` what later commits brought. All hashes are the same every
time: authors, dates and generated files are fixed.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.sandbox.glazes import EMBER, TIDE, write_glazes
from tests.sandbox.site_variants import VARIANTS

SITE = Path(__file__).parent / "site"
BUILD_COMMAND = "php bin/build.php"
SHARED_FILE, SHARED_FOLDER = ".env", "storage"
WRITABLE_FOLDER, ASSET_FOLDER = "var/cache", "public/build"
ENV_FILE = 'SHOP_GREETING="Open today until six"\nSHOP_CURRENCY=€\n'

INES, TOM = ("Ines Moreau", "ines@tidewater.test"), ("Tom Bakker", "tom@tidewater.test")
MIA, BEN = ("Mia Okafor", "mia@tidewater.test"), ("Ben Hale", "ben@tidewater.test")
OPENED_AT = datetime(2026, 3, 2, 9, 14, tzinfo=UTC)


@dataclass(frozen=True)
class Change:
    """One commit: files copied over the tree, then texts replaced in it (each must be there)."""

    author: tuple[str, str]
    subject: str
    overlay: str = ""
    edits: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    hues: tuple[float, float] | None = None
    tag: str = ""


STOCK_ROUTE = (
    "            case 'POST /api/letters':",
    "            case 'GET /api/stock':\n"
    "                return Answer::json(Stock::all());\n"
    "            case 'POST /api/letters':",
)
SHOP = "config/shop.php"
HISTORY = (
    Change(INES, "Open the shop with the ember collection", overlay="base", hues=EMBER, tag="v1.0"),
    Change(TOM, "Show on the shelf how many pieces are left", overlay="changes/stock"),
    Change(
        MIA,
        "Offer gift wrapping below the shelf",
        overlay="changes/gift",
        edits={SHOP: ("'shelf', 'glazes'", "'shelf', 'gift', 'glazes'")},
    ),
    Change(BEN, "Tell the workshop tablet what is in stock", edits={"src/Api.php": STOCK_ROUTE}),
    Change(
        TOM, "Lower the price of the large jug to 52", edits={SHOP: ("1.4 l', 56", "1.4 l', 52")}
    ),
    Change(MIA, "Fire the glaze library again for the tide collection", hues=TIDE),
    Change(INES, "Repaint the shop in sea colours", overlay="changes/tide"),
    Change(INES, "Call it version 2.0", edits={SHOP: ("'1.9'", "'2.0'")}, tag="v2.0"),
)


class SiteRepository:
    """`SiteRepository(folder).create()`: a bare repository at `.path` with tags v1.0 and v2.0."""

    def __init__(self, folder: Path):
        self.path, self._tree = folder / "tidewater.git", folder / "tidewater-work"

    @property
    def url(self) -> str:
        return self.path.as_uri()

    def create(self) -> "SiteRepository":
        """Make the history on `main`; about half a second."""
        self._tree.mkdir(parents=True)
        self._git("init", "--quiet", "--initial-branch=main")
        for number, change in enumerate(HISTORY):
            self._apply(change)
            at = OPENED_AT + timedelta(days=3 * number, hours=number, minutes=17 * number)
            self._commit(change.subject, author=change.author, at=at, tag=change.tag)
        run_git("clone", "--quiet", "--bare", str(self._tree), str(self.path), cwd=self.path.parent)
        self._git("remote", "add", "origin", str(self.path))
        return self

    def commit_of(self, ref: str) -> str:
        """Return the full hash of the commit a tag, branch or abbreviated hash names."""
        return run_git("rev-parse", "--verify", f"{ref}^{{commit}}", cwd=self.path).strip()

    def add_variant(self, name: str) -> str:
        """Add the branch `name` for a fault test, one commit after v2.0; return its commit.

        The names and what each breaks: site_variants.VARIANTS. Asking again changes nothing.
        """
        if not run_git("branch", "--list", name, cwd=self.path).strip():
            variant = VARIANTS[name]
            self._git("checkout", "--quiet", "-B", name, "v2.0")
            for path, text in variant.files.items():
                (self._tree / path).parent.mkdir(parents=True, exist_ok=True)
                (self._tree / path).write_text(text)
            self._publish(variant.subject, branch=name)
        return self.commit_of(name)

    def add_version(self, number: str, *, accent: str = "#7a4fa3", style: str = "") -> str:
        """Add one more version to `main`, tagged v`number`, in its colour; return its commit.

        With a `style` its style sheet has another name than the one before.
        """
        self._git("checkout", "--quiet", "main")
        shop = self._tree / SHOP
        lines = shop.read_text().splitlines(keepends=True)
        for index, line in enumerate(lines):
            if line.lstrip().startswith("'version'"):
                lines[index] = f"    'version' => '{number}',\n"
            if line.lstrip().startswith("'accent'"):
                lines[index] = f"        'accent' => '{accent}',\n"
        shop.write_text("".join(lines))
        with (self._tree / "resources/shop.css").open("a") as sheet:
            sheet.write(style)
        self._publish(f"Call it version {number}", branch="main", tag=f"v{number}")
        return self.commit_of(f"v{number}")

    def export(self, ref: str, *, folder: Path) -> None:
        """Write the tree of `ref` into `folder`, without git's own files."""
        folder.mkdir(parents=True, exist_ok=True)
        with subprocess.Popen(
            ["git", "archive", ref], cwd=self.path, env=git_environment(), stdout=subprocess.PIPE
        ) as archive:
            subprocess.run(["tar", "-xf", "-"], cwd=folder, stdin=archive.stdout, check=True)
        if archive.returncode:
            raise ValueError(f"the site has no {ref}")

    def _apply(self, change: Change) -> None:
        if change.overlay:
            shutil.copytree(SITE / change.overlay, self._tree, dirs_exist_ok=True)
        for path, (old, new) in change.edits.items():
            text = (self._tree / path).read_text()
            if text.count(old) != 1:
                raise ValueError(f"{change.subject}: {path} does not hold {old!r} once")
            (self._tree / path).write_text(text.replace(old, new))
        if change.hues:
            write_glazes(self._tree / "src/Glazes", hues=change.hues)

    def _publish(self, subject: str, *, branch: str, tag: str = "") -> None:
        count = int(run_git("rev-list", "--count", "--all", cwd=self.path))
        self._commit(subject, author=BEN, at=OPENED_AT + timedelta(days=3 * count), tag=tag)
        self._git("push", "--quiet", "origin", branch, *([f"refs/tags/{tag}"] if tag else []))

    def _commit(self, subject: str, *, author: tuple[str, str], at: datetime, tag: str) -> None:
        name, address = author
        self._git("add", "--all")
        self._git("commit", "--quiet", f"--message={subject}", name=name, address=address, at=at)
        if tag:
            message = f"--message=Version {tag[1:]}"
            self._git("tag", "--annotate", message, tag, name=name, address=address, at=at)

    def _git(self, *args: str, name: str = "", address: str = "", at: datetime = OPENED_AT) -> str:
        stamp = at.isoformat()
        who = {"NAME": name or INES[0], "EMAIL": address or INES[1], "DATE": stamp}
        return run_git(
            *args,
            cwd=self._tree,
            env={f"GIT_{role}_{key}": who[key] for role in ("AUTHOR", "COMMITTER") for key in who},
        )


def git_environment() -> dict[str, str]:
    """Return an environment in which no configuration of this machine or user changes git."""
    return {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


def run_git(*args: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Return what git prints; CalledProcessError when it fails."""
    return subprocess.run(
        ["git", *args],
        cwd=cwd,
        env={**git_environment(), **(env or {})},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
