"""SshKey, and Token (scoped keys of the guarded endpoint) with what each installation holds."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..crypto import EncryptedTextField
from .fields import NetworksField


class SshKey(models.Model):
    """A key pair the release manager signs in with; the private half is never shown."""

    name = models.CharField(max_length=60, unique=True)
    private_key = EncryptedTextField(
        blank=True, help_text=_lazy("Leave empty to have one made. Kept encrypted, never shown "
                                    "again.")
    )
    passphrase = EncryptedTextField(blank=True, help_text=_lazy("Only for a key you paste."))
    public_key = models.TextField(editable=False, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        verbose_name = _lazy("SSH key")

    def __str__(self):
        return self.name


class TokenQuerySet(models.QuerySet):
    def valid(self, at):
        """Tokens that servers should accept at the time `at`."""
        return self.filter(revoked_at=None).filter(
            Q(expires_at=None) | Q(expires_at__gt=at)
        )


class Token(models.Model):
    """A key that the guarded endpoint of one environment's installations accepts."""

    RESET = "reset:opcache"

    environment = models.ForeignKey(
        "Environment", on_delete=models.PROTECT, related_name="tokens"
    )
    scope = models.CharField(max_length=20, choices=[(RESET, _lazy("reset the PHP cache"))],
                             default=RESET)
    public_id = models.CharField(max_length=24, unique=True, editable=False)
    key = EncryptedTextField(editable=False)
    networks = NetworksField(
        default="127.0.0.1/32\n::1/128",
        help_text=_lazy("Addresses the endpoint accepts it from, as the server sees them."),
    )
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL,
        related_name="+",
    )
    issued_by_name = models.CharField(max_length=150, blank=True, editable=False)
    issued_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    replaced_by = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.SET_NULL, related_name="replaces"
    )
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_refused_at = models.DateTimeField(null=True, editable=False)
    last_refused_why = models.CharField(max_length=300, blank=True, editable=False)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)

    def __str__(self):
        return _("{public_id} for {environment}").format(
            public_id=self.public_id, environment=self.environment)


class TokenInstall(models.Model):
    """What one installation is known to hold of one token."""

    PENDING, INSTALLED, REMOVED = "pending", "installed", "removed"

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="installs")
    installation = models.ForeignKey(
        "Installation", on_delete=models.CASCADE, related_name="token_installs"
    )
    state = models.CharField(
        max_length=9, default=PENDING,
        choices=[(PENDING, "pending"), (INSTALLED, "installed ✓"), (REMOVED, "removed ✓")],
    )
    confirmed_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ("installation__server__name",)
        constraints = [
            models.UniqueConstraint("token", "installation", name="one_state_per_token_and_place")
        ]

    def __str__(self):
        return f"{self.installation.server}: {self.get_state_display()}"
