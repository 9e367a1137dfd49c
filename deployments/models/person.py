"""PasswordLink (a person sets their own password once) and MembershipRequest (a group that weighs).
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .asked import Asked


class PasswordLink(models.Model):
    """One way to set one password once. The link itself is computed, and kept nowhere."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="password_links"
    )
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    sent_by_name = models.CharField(max_length=200)
    sent_at = models.DateTimeField(auto_now_add=True)
    sent_to = models.CharField(max_length=254, blank=True)  # "": shown to whoever made it
    notice = models.OneToOneField(
        "Notice", null=True, on_delete=models.SET_NULL, related_name="password_link"
    )  # the mail it goes with
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self):
        return _("password link for {user}, sent by {sent_by_name}").format(
            user=self.user, sent_by_name=self.sent_by_name)


class MembershipRequest(Asked):
    """Somebody is to join a group whose entries weigh: they are no member until a second person
    said yes."""

    CONFIRMED, DECLINED = "confirmed", "declined"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membership_requests"
    )
    group = models.ForeignKey(
        "auth.Group", on_delete=models.CASCADE, related_name="membership_requests"
    )
    answer = models.CharField(
        max_length=9, blank=True, choices=[(CONFIRMED, "confirmed"), (DECLINED, "declined")]
    )

    class Meta:
        ordering = ("-pk",)
        verbose_name = _lazy("membership that waits")
        verbose_name_plural = _lazy("memberships that wait")

    def __str__(self):
        return _("{user} in {group}").format(user=self.user, group=self.group)
