"""ApprovalRule (who must agree), Approval (one vote), Review (of an emergency, afterwards)."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy


class ApprovalRule(models.Model):
    """`people_needed` out of its people and groups must agree; all rules of an environment count.

    The requester never counts, nor does whoever edited the project's commands last.
    """

    environment = models.ForeignKey(
        "Environment", on_delete=models.CASCADE, related_name="approval_rules"
    )
    name = models.CharField(
        max_length=60, blank=True, help_text=_lazy("What the people are, for example “Shop leads”.")
    )
    people_needed = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1, _lazy("At least one person must agree."))]
    )
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    groups = models.ManyToManyField("auth.Group", blank=True, related_name="+")
    spares_going_back = models.BooleanField(
        _lazy("not needed to go back"), default=False,
        help_text=_lazy("Going back to what was live before needs nobody's yes."),
    )

    class Meta:
        ordering = ("pk",)

    def __str__(self):
        return _("{rule}: {people_needed} must agree").format(
            rule=self.name or self.environment, people_needed=self.people_needed)


class Approval(models.Model):
    """One vote on one deployment, for exactly the plan it names. Never changed: a person's newest
    vote counts.

    `VOID` is a row of ours: the person's yes no longer counts, and `comment` says why.
    """

    YES, NO, WITHDRAWN, VOID = "yes", "no", "withdrawn", "void"

    deployment = models.ForeignKey(
        "Deployment", on_delete=models.PROTECT, related_name="approvals"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+",
        db_constraint=False,
    )  # the vote stays as it was when the account is deleted: show `user_name`
    user_name = models.CharField(max_length=200)
    address = models.CharField(max_length=45, blank=True)
    answer = models.CharField(
        max_length=9, choices=[(YES, _lazy("yes")), (NO, _lazy("no")),
                               (WITHDRAWN, _lazy("withdrawn")),
                               (VOID, _lazy("counts no longer"))]
    )
    comment = models.CharField(max_length=500, blank=True)
    starts_by_hand = models.BooleanField(default=False)  # “Approve, but do not start it yet”
    plan_hash = models.CharField(max_length=64)
    answered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)
        indexes = [models.Index(fields=["deployment", "user"], name="votes_of_a_person")]

    def __str__(self):
        return f"{self.user_name}: {self.answer}"


class Review(models.Model):
    """A second person has looked at an emergency afterwards."""

    deployment = models.OneToOneField(
        "Deployment", on_delete=models.PROTECT, related_name="review"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, related_name="+",
        db_constraint=False,
    )
    user_name = models.CharField(max_length=200)
    comment = models.CharField(max_length=500)
    reviewed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return _("{user_name} reviewed {deployment}").format(
            user_name=self.user_name, deployment=self.deployment)
