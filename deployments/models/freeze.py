"""Freeze (no releases for a time, once or again and again) and Pause (a person stopped it)."""

import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy


def validate_zone(name):
    """Refuse what is no time zone of the IANA database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("“{name}” is no time zone. Write one like Europe/Berlin.").format(
            name=name))


class Freeze(models.Model):
    """No releases to what it covers, with its reason. Where one says no, none says yes.

    `from_*` and `until_*` are local times of `time_zone`; which of them count depends on `repeats`:
    the dates (once), the week days (weekly), month and day (yearly); the times always.
    """

    ONCE, WEEKLY, YEARLY = "once", "weekly", "yearly"

    project = models.ForeignKey(
        "Project", null=True, blank=True, on_delete=models.CASCADE, related_name="freezes",
        help_text=_lazy("Empty: every project."),
    )
    environment = models.ForeignKey(
        "Environment", null=True, blank=True, on_delete=models.CASCADE, related_name="freezes",
        help_text=_lazy("Empty: every environment."),
    )
    reason = models.CharField(max_length=200, help_text=_lazy("For example “Black Friday”."))
    repeats = models.CharField(max_length=6, default=ONCE, choices=[
        (ONCE, _lazy("once")), (WEEKLY, _lazy("every week")), (YEARLY, _lazy("every year"))])
    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_zone])
    from_date = models.DateField(null=True, blank=True)
    until_date = models.DateField(null=True, blank=True)
    from_weekday = models.PositiveSmallIntegerField(null=True, blank=True, choices=WEEKDAYS)
    until_weekday = models.PositiveSmallIntegerField(null=True, blank=True, choices=WEEKDAYS)
    from_month = models.PositiveSmallIntegerField(null=True, blank=True)
    from_day = models.PositiveSmallIntegerField(null=True, blank=True)
    until_month = models.PositiveSmallIntegerField(null=True, blank=True)
    until_day = models.PositiveSmallIntegerField(null=True, blank=True)
    from_time = models.TimeField()
    until_time = models.TimeField()
    is_active = models.BooleanField(_lazy("in use"), default=True)
    may_override = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name="people", blank=True, related_name="+",
        help_text=_lazy("Who may release all the same, giving a reason."),
    )
    groups_may_override = models.ManyToManyField(
        "auth.Group", verbose_name="groups", blank=True, related_name="+")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL,
        related_name="+",
    )
    set_by_name = models.CharField(max_length=200, blank=True, editable=False)
    set_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self):
        return self.reason


class Pause(models.Model):
    """A person stopped releases to one environment, for a reason, until a time or its end."""

    environment = models.ForeignKey(
        "Environment", on_delete=models.CASCADE, related_name="pauses"
    )
    reason = models.CharField(max_length=200)
    until = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    paused_by_name = models.CharField(max_length=200)
    paused_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self):
        return f"{self.environment}: {self.reason}"
