"""Sessions as Django's database keeps them, by a hash of their key: a copy of the database opens
none. `SESSION_ENGINE` names this file."""

import hashlib

from django.contrib.sessions.backends import db
from django.utils import timezone


def hash_of(session_key):
    """What rows name a session by: hex SHA-256 of its key."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()


def stored_key(digest):
    """The primary key of a session's row: as much of its hash as Django's column holds."""
    return digest[:40]  # 160 bits


class SessionStore(db.SessionStore):
    """Django's own, in all but what the row is called."""

    def _get_session_from_db(self):
        row = self.model.objects.filter(
            session_key=stored_key(hash_of(self.session_key)),
            expire_date__gt=timezone.now()).first()
        if row is None:
            self._session_key = None  # a key that somebody made up is never taken
        return row

    def exists(self, session_key):
        return self.model.objects.filter(session_key=stored_key(hash_of(session_key))).exists()

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        row.session_key = stored_key(hash_of(self.session_key))
        return row

    def delete(self, session_key=None):
        key = session_key or self.session_key
        if key:
            self.model.objects.filter(session_key=stored_key(hash_of(key))).delete()
