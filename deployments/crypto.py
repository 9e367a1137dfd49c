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


def seal(label, text):
    """Return the ciphertext of a text that belongs to `label`."""
    return keyring().encrypt(f"{label}:{text}".encode()).decode()


def unseal(label, sealed):
    """Return the text that `seal` was given; ImproperlyConfigured when it is another label's."""
    try:
        plain = keyring().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured(
            f"A secret in {label}: cannot be read with FIELD_KEYS; "
            "put the key it was written with back at the end of the list."
        ) from error
    whose, _, text = plain.partition(":")
    if whose != label:
        raise ImproperlyConfigured(f"A secret in {label}: belongs to {whose}.")
    return text


class EncryptedTextField(models.TextField):
    """Text that is encrypted in the database and plain in Python; "" stays ""."""

    def _label(self):
        return f"{self.model._meta.label_lower}.{self.attname}"

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return seal(self._label(), value) if value else ""

    def from_db_value(self, value, expression, connection):
        return unseal(self._label(), value) if value else ""


class PlanField(models.JSONField):
    """A deployment's plan as JSON. The headers of its check pages, which can hold a password, are
    encrypted in the database and plain in Python."""

    _LABEL = "deployments.deployment.plan"

    def get_db_prep_value(self, value, connection, prepared=False):
        if isinstance(value, dict):
            value = _with_headers(value, lambda line: seal(self._LABEL, line))
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value, expression, connection):
        return _with_headers(super().from_db_value(value, expression, connection), self._opened)

    def _opened(self, line):
        """A header has a colon, a ciphertext has none: plans from before are read as they are."""
        return line if ":" in line else unseal(self._LABEL, line)


def _with_headers(plan, changed):
    """The plan with each header of its pages changed; without any, the plan itself."""
    if not plan or not any(page.get("headers") for page in plan.get("pages", ())):
        return plan
    return plan | {"pages": [
        page | {"headers": [changed(line) for line in page.get("headers", ())]}
        for page in plan["pages"]]}


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
        return count + _rotate_plans()


def _rotate_plans():
    model, count = apps.get_model("deployments", "Deployment"), 0
    for row in model.objects.only("pk", "plan").order_by("pk").iterator():
        if any(page.get("headers") for page in row.plan.get("pages", ())):
            count += model.objects.filter(pk=row.pk).update(plan=row.plan)
    return count
