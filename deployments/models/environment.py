"""Environment (staging, production, …): what it demands of a release, and how it is released to."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from .addresses import validate_header_name, validate_site_host
from .fields import MailAddressesField, PagesField, validate_slug
from .project import Project

validate_wave_size = RegexValidator(
    r"\A([1-9][0-9]{0,2}|([1-9][0-9]?|100)%)\Z", _("Write a number (2) or a share (25%%)."))


class EnvironmentQuerySet(models.QuerySet):
    def next_fence(self, pk):
        """Raise the environment's fence and return it: whoever has a lower one must stop.

        For the caller's transaction, together with the row that carries the new fence.
        """
        self.filter(pk=pk).update(fence=models.F("fence") + 1)
        return self.values_list("fence", flat=True).get(pk=pk)


class Environment(models.Model):
    """Staging, production, …: owns installations, approval rules and the fence."""

    project = models.ForeignKey(
        Project, on_delete=models.PROTECT, related_name="environments",
        help_text=_("Stays as it is after the first release: the history belongs to the project."),
    )
    name = models.CharField(max_length=40)
    slug = models.CharField(_("short name"), max_length=40, validators=[validate_slug])
    site_host = models.CharField(
        _("site's host name"), max_length=200, validators=[validate_site_host],
        help_text=_("Name visitors use, for example shop.example."),
    )
    position = models.PositiveSmallIntegerField(default=0)
    canary_servers = models.PositiveSmallIntegerField(
        _("servers that go first"), default=0,
        help_text=_("So many servers are switched and checked alone before all others; 0: none."),
    )
    wave_size = models.CharField(
        _("servers at a time"), max_length=6, blank=True, validators=[validate_wave_size],
        help_text=_("A number (2) or a share (25%) of the servers; empty: all at the same time."),
    )
    wave_pause_s = models.PositiveIntegerField(
        _("pause in between (seconds)"), default=0, validators=[MaxValueValidator(
            3600, _("Write a number of seconds up to 3600."))],
        help_text=_("How long the servers that are switched already are left to visitors before "
                    "the next ones follow."),
    )
    notify_addresses = MailAddressesField(
        "tell", blank=True,
        help_text=_("Mail addresses, one per line, that are told how each release ended and when a "
                    "server is found changed."),
    )
    witness_rate = models.PositiveSmallIntegerField(
        _("witness: requests per second"), default=5, validators=[MaxValueValidator(
            50, _("Write a number up to 50."))],
        help_text=_("Asked of each server from before the switch until after the proof; 0: none."),
    )
    witness_paths = PagesField(
        _("witness: pages"), blank=True,
        help_text=_("Paths, one per line, like /shop; empty: the check pages."),
    )
    witness_settle_s = models.PositiveSmallIntegerField(
        _("witness: goes on after the proof (seconds)"), default=3, validators=[MaxValueValidator(
            300, _("Write a number of seconds up to 300."))],
    )
    witness_mark = models.CharField(
        _("witness: header that names the version"), max_length=60, blank=True,
        validators=[validate_header_name],
        help_text=_("A response header in which the site names its version (or commit), if it has "
                    "one, like X-Version."),
    )
    failed_allowed = models.PositiveIntegerField(_("failed answers allowed"), default=0)
    old_allowed = models.PositiveIntegerField(_("old answers allowed"), default=0)
    mixed_allowed = models.PositiveIntegerField(_("mixed answers allowed"), default=0)
    is_protected = models.BooleanField(
        "protected", default=False,
        help_text=_("Entries that let somebody release, approve or act in an emergency here count "
                    "only when a second person has confirmed them."),
    )
    needs_two_step = models.BooleanField(
        _("two-step sign-in"), default=False,
        help_text=_("Only who signed in with a second step may release, go back or approve here."),
    )
    approval_expiry_h = models.PositiveSmallIntegerField(
        _("approval expires after (hours)"), default=24, validators=[
            MinValueValidator(1, _("Write a number of hours from 1 to 720.")),
            MaxValueValidator(720, _("Write a number of hours from 1 to 720."))],
    )
    comes_after = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="comes_before",
        help_text=_("Only what was live and checked there may be released here."),
    )
    comes_after_min = models.PositiveIntegerField(
        _("live there for at least (minutes)"), default=0,
        validators=[MaxValueValidator(43_200, _("Write a number of minutes up to 43200."))],
    )
    fence = models.PositiveBigIntegerField(default=0, editable=False)

    objects = EnvironmentQuerySet.as_manager()

    class Meta:
        ordering = ("project", "position", "name")
        constraints = [
            models.UniqueConstraint(
                fields=["project", "slug"], name="one_environment_per_slug",
                violation_error_message=_("The project has an environment of this short "
                                          "name already.")),
            models.UniqueConstraint(
                fields=["project", "name"], name="one_environment_per_name",
                violation_error_message=_("The project has an environment of this name already.")),
        ]

    def __str__(self):
        return f"{self.project} - {self.name}"
