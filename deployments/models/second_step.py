"""Authenticator (the app on a person's phone) and RecoveryCode (each opens once, without it)."""

import secrets
import time
from base64 import b32encode
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django_otp.models import Device
from django_otp.oath import TOTP

from ..crypto import EncryptedTextField


def new_secret():
    """20 random bytes, as long as RFC 4226, 4 asks for, in hex."""
    return secrets.token_hex(20)


class Authenticator(Device):
    """The secret that a person's phone makes codes from (RFC 6238: SHA-1, 6 digits, 30 s).

    django-otp's own row for it keeps the secret in clear; a copy of the database must not open
    accounts. `confirmed` is false until a code of it was typed in.
    """

    secret = EncryptedTextField(default=new_secret, editable=False)
    last_t = models.BigIntegerField(default=-1)  # time step of the newest code that was taken
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "confirmed", name="one_authenticator_per_person")
        ]

    def verify_token(self, token):
        """Whether the code is the present one, or a neighbour of it, and was never taken before.

        Two requests with the same code: one of them gets it.
        """
        totp = TOTP(bytes.fromhex(self.secret))
        totp.time = time.time()
        if not totp.verify(int(token), tolerance=1, min_t=self.last_t + 1):
            return False
        self.last_t = totp.t()
        rows = Authenticator.objects.filter(pk=self.pk, last_t__lt=self.last_t)
        return bool(rows.update(last_t=self.last_t))

    @property
    def typed_secret(self):
        """The secret as people type it into an app: base32 in groups of four."""
        text = b32encode(bytes.fromhex(self.secret)).decode()
        return " ".join(text[start:start + 4] for start in range(0, len(text), 4))

    def address(self, issuer):
        """The otpauth:// address that a QR code holds (Google Authenticator's Key Uri Format)."""
        asked = {"secret": self.typed_secret.replace(" ", ""), "issuer": issuer,
                 "algorithm": "SHA1", "digits": 6, "period": 30}
        label = quote(f"{issuer}:{self.user.get_username()}")
        return f"otpauth://totp/{label}?{urlencode(asked, quote_via=quote)}"


class RecoveryCode(models.Model):
    """One of the codes for the day on which the phone is gone; only its hash is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    code_hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "code_hash", name="one_recovery_code_once")
        ]

    def __str__(self):
        return _("A recovery code of {user}").format(user=self.user)
