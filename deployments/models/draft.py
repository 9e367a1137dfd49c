"""Draft: a release that somebody has begun to ask for, and has not asked for yet."""

from django.conf import settings
from django.db import models


class Draft(models.Model):
    """What a person chose and wrote on the way to a release: one for each person and place.

    It ends when they ask for the release, or discard it.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts"
    )
    environment = models.ForeignKey(
        "Environment", on_delete=models.CASCADE, related_name="drafts"
    )
    version = models.CharField(max_length=200)  # a release's name, a branch, a tag or a commit
    title = models.CharField(max_length=200)  # what people call it
    sha = models.CharField(max_length=64)  # what it named when they chose it
    step = models.CharField(max_length=20)  # the page they came to
    reason = models.CharField(max_length=500, blank=True)
    ticked = models.JSONField(default=list)  # lines of the project's checklist
    terms = models.JSONField(default=dict)  # now or later, as it was typed
    begun_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-touched_at",)
        constraints = [
            models.UniqueConstraint("user", "environment", name="one_draft_per_person_and_place")
        ]

    def __str__(self):
        return f"{self.environment}: {self.title}"
