"""What of a release deserves a second look, told from the names of the files that it changes."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

MANY = 300
"""So many changed files are more than anybody reads."""

_DATABASE = re.compile(
    r"(^|.*/)(migrations?|db/migrate|doctrine_migrations)/.+\.(php|sql|ya?ml|xml)|.*\.sql",
    re.IGNORECASE)
_LIBRARIES = re.compile(
    r"(.*/)?(composer\.lock|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml)")
_SERVER = re.compile(r"(.*/)?(\.htaccess|web\.config|\.user\.ini|php\.ini|[^/]*nginx[^/]*\.conf"
                     r"|nginx/.+|apache2?/.+|[^/]*vhost[^/]*\.conf)", re.IGNORECASE)
_SETTINGS = re.compile(r"(.*/)?(config/.+\.(php|ya?ml|json|xml|ini|neon)|\.env(\.[\w.-]+)?"
                       r"|wp-config[\w-]*\.php|settings\.php)", re.IGNORECASE)


@dataclass(frozen=True)
class Risk:
    """One sentence; `is_high` where going back may not help, `paths` are the files it is about."""

    text: str
    is_high: bool = False
    paths: tuple = ()


def risks_of(paths, *, is_complete=True):
    """Return the Risks that the names of the changed files tell of."""
    return [risk for risk in (
        _about(paths, _DATABASE, _("The database changes: going back to the version before brings "
                                   "its files back, not its data."), is_high=True),
        _about(paths, _SERVER, _("How the web server or PHP answers may change.")),
        _about(paths, _SETTINGS, _("Settings of the site change: ask whoever made the change, "
                                   "named below, whether the servers need something first.")),
        _about(paths, _LIBRARIES, _("Libraries of others come in other versions.")),
        _many(len(paths), is_complete),
    ) if risk]


def _many(count, is_complete):
    if count < MANY:
        return None
    words = _("{count} files change: more than anybody reads.") if is_complete else \
        _("More than {count} files change: more than anybody reads.")
    return Risk(words.format(count=count))


def _about(paths, pattern, text, *, is_high=False):
    found = tuple(path for path in paths if pattern.fullmatch(path))
    return Risk(text, is_high, found) if found else None
