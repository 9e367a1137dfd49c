"""Account (what else we know of a person) and SignIn (one session: from where, since when)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _


class Account(models.Model):
    """What Django's user has no column for."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="account"
    )
    approvals_void_until = models.DateTimeField(null=True)  # after somebody reset the password
    password_changed_at = models.DateTimeField(null=True)
    time_zone = models.CharField(max_length=64, blank=True)  # an IANA name; "": the installation's
    address_changed_at = models.DateTimeField(null=True)  # their mail address, by somebody else

    def __str__(self):
        return str(self.user)


class SignIn(models.Model):
    """One session of one person; ended by hand, by time, or by signing out."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins"
    )
    session_hash = models.CharField(max_length=64, unique=True)  # SHA-256: never the key itself
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField(auto_now_add=True)
    fresh_at = models.DateTimeField()  # when the person last proved who they are
    is_two_step = models.BooleanField(default=False)
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ("-seen_at",)

    def __str__(self):
        return _("{user} from {address}").format(
            user=self.user, address=self.address or _("an unknown address"))


class SignInFailure(models.Model):
    """One wrong name, password or code; kept for the throttle alone, and pruned."""

    name = models.CharField(max_length=150)  # hash: somebody may have typed a password there
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=64, blank=True)  # hash; "": none the person used before
    is_told = models.BooleanField(default=False)  # that further tries are refused is in the log
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["name", "at"], name="failures_by_name"),
                   models.Index(fields=["address", "at"], name="failures_by_address")]

    def __str__(self):
        return self.name
