"""What of a release deserves a second look, told from the names of the files that it changes."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

MANY = 300
"""So many changed files are more than anybody reads."""


@dataclass(frozen=True)
class Risk:
    """One sentence; `is_high` where going back may not help, `paths` are the files it is about,
    `people` the names of those who changed them."""

    text: str
    is_high: bool = False
    paths: tuple = ()
    people: tuple = ()


@dataclass(frozen=True)
class Kind:
    """Files that deserve a look: `word` marks a change that touches some, `text` is the Risk."""

    word: str
    text: str
    pattern: re.Pattern
    is_high: bool = False

    def among(self, paths):
        """Those of `paths` that are of this kind, in their order."""
        return tuple(path for path in paths if self.pattern.fullmatch(path))


_KINDS = (
    Kind(_lazy("database"),
         _lazy("The database changes: going back to the version before brings its files back, not "
               "its data."),
         re.compile(r"(^|.*/)(migrations?|db/migrate|doctrine_migrations)/.+\.(php|sql|ya?ml|xml)"
                    r"|.*\.sql", re.IGNORECASE), is_high=True),
    Kind(_lazy("web server or PHP"), _lazy("How the web server or PHP answers may change."),
         re.compile(r"(.*/)?(\.htaccess|web\.config|\.user\.ini|php\.ini|[^/]*nginx[^/]*\.conf"
                    r"|nginx/.+|apache2?/.+|[^/]*vhost[^/]*\.conf)", re.IGNORECASE)),
    Kind(_lazy("settings"),
         _lazy("Settings of the site change: ask whoever changed them, named below, whether the "
               "servers need something first."),
         re.compile(r"(.*/)?(config/.+\.(php|ya?ml|json|xml|ini|neon)|\.env(\.[\w.-]+)?"
                    r"|wp-config[\w-]*\.php|settings\.php)", re.IGNORECASE)),
    Kind(_lazy("libraries"), _lazy("Libraries of others come in other versions."),
         re.compile(r"(.*/)?(composer\.lock|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock"
                    r"|pnpm-lock\.yaml)")),
)


def risks_of(paths, *, is_complete=True):
    """Return the Risks that the names of the changed files tell of."""
    found = [Risk(str(kind.text), kind.is_high, among)
             for kind in _KINDS if (among := kind.among(paths))]
    many = _many(len(paths), is_complete)
    return [*found, many] if many else found


def kinds_among(paths):
    """The words for the kinds of files among `paths` that deserve a look."""
    return [str(kind.word) for kind in _KINDS if kind.among(paths)]


def _many(count, is_complete):
    if count < MANY:
        return None
    words = _("{count} files change: more than anybody reads.") if is_complete else \
        _("More than {count} files change: more than anybody reads.")
    return Risk(words.format(count=count))
