"""Secrets at rest: an encrypted text field, and the rotation of its keys.

Keys come from `FIELD_KEYS` (newest first) and are never derived from `SECRET_KEY`. Each ciphertext
names the column it belongs to, so a value copied into another column does not decrypt to
something usable.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models, transaction


def keyring():
    """Return the MultiFernet of `FIELD_KEYS`; ImproperlyConfigured when a key is not a key."""
    try:
        return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])
    except ValueError as error:
        raise ImproperlyConfigured(
            "FIELD_KEYS must be Fernet keys, comma-separated, newest first; make one with "
            "`make key`."
        ) from error


class EncryptedTextField(models.TextField):
    """Text that is encrypted in the database and plain in Python; "" stays ""."""

    def _label(self):
        return f"{self.model._meta.label_lower}.{self.attname}:"

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        if not value:
            return ""
        return keyring().encrypt(f"{self._label()}{value}".encode()).decode()

    def from_db_value(self, value, expression, connection):
        if not value:
            return ""
        try:
            plain = keyring().decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise ImproperlyConfigured(
                f"A secret in {self._label()} cannot be read with FIELD_KEYS; "
                "put the key it was written with back at the end of the list."
            ) from error
        label, _, secret = plain.partition(":")
        if f"{label}:" != self._label():
            raise ImproperlyConfigured(f"A secret in {self._label()} belongs to {label}.")
        return secret


def encrypted_fields():
    """Yield (model, field name) for every encrypted column of this project."""
    for model in apps.get_app_config("deployments").get_models():
        for field in model._meta.get_fields():
            if isinstance(field, EncryptedTextField):
                yield model, field.attname


def rotate_all():
    """Re-encrypt every secret under the newest key, all or none; return how many were written."""
    count = 0
    with transaction.atomic():
        for model, name in encrypted_fields():
            rows = model.objects.select_for_update(no_key=True).exclude(**{name: ""})
            for row in rows.only("pk", name):
                model.objects.filter(pk=row.pk).update(**{name: getattr(row, name)})
                count += 1
    return count
