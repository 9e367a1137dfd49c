"""ProtectionChange: less protection of an environment, which waits for a second person's yes."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .asked import Asked


class ProtectionChange(Asked):
    """What a protected environment demands, before and after: nothing of it is so until somebody
    else agreed to all of it. `words` say what it would demand no longer."""

    AGREED, DECLINED = "agreed", "declined"

    environment = models.ForeignKey(
        "Environment", on_delete=models.CASCADE, related_name="protection_changes"
    )
    before = models.JSONField()
    after = models.JSONField()
    words = models.JSONField(default=list)
    answer = models.CharField(
        max_length=8, blank=True, choices=[(AGREED, _lazy("agreed to")), (DECLINED, "declined")]
    )
    comment = models.CharField(max_length=300, blank=True)  # why it was declined

    class Meta:
        ordering = ("-pk",)
        verbose_name = _lazy("change of protection")
        verbose_name_plural = _lazy("changes of protection")
        constraints = [models.UniqueConstraint(
            fields=["environment"], condition=Q(answer=""),
            name="one_change_of_protection_waits")]

    def __str__(self):
        return _("less protection of {environment}").format(environment=self.environment)
