"""ApprovalRule (how many people must agree, out of whom) and Approval (one person's vote)."""

from django.conf import settings
from django.db import models


class ApprovalRule(models.Model):
    """An environment's rule: `people_needed` of `approvers`, never the requester."""

    environment = models.OneToOneField(
        "Environment", on_delete=models.CASCADE, related_name="approval_rule"
    )
    people_needed = models.PositiveSmallIntegerField(default=1)
    approvers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")

    def __str__(self):
        return f"{self.environment}: {self.people_needed} must agree"


class Approval(models.Model):
    """One person's answer to one deployment, for exactly the plan it names. Never changed."""

    YES, NO = "yes", "no"

    deployment = models.ForeignKey(
        "Deployment", on_delete=models.PROTECT, related_name="approvals"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    user_name = models.CharField(max_length=150)
    answer = models.CharField(max_length=3, choices=[(YES, "yes"), (NO, "no")])
    comment = models.CharField(max_length=500, blank=True)
    plan_hash = models.CharField(max_length=64)
    answered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint("deployment", "user", name="one_answer_per_person")
        ]

    def __str__(self):
        return f"{self.user_name}: {self.answer}"
