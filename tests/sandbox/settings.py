"""The process environment of a release manager that lives in one folder, with keys of its own."""

import base64
import secrets
from pathlib import Path


def own_environment(folder: Path, *, database_url: str = "", **over: str) -> dict[str, str]:
    """Return variables that leave nothing to an .env file; SQLite in `folder` by default."""
    return {
        "RELEASEMGR_IGNORE_DOTENV": "1", "DJANGO_SETTINGS_MODULE": "releasemgr.settings",
        "SECRET_KEY": _key(), "FIELD_KEYS": _key(), "AUDIT_KEYS": _key(),
        "DATA_DIR": str(folder), "STATIC_ROOT": str(folder / "static"), "PLAIN_STATIC": "1",
        "HTTPS": "0", "LOG_LEVEL": "WARNING",
        "DATABASE_URL": database_url or f"sqlite:///{folder}/private/db.sqlite3", **over}


def _key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
