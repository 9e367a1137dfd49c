"""RecipeVersion: what a project runs, each edit of it, with who agreed. Commands are code."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..crypto import EncryptedTextField


class RecipeVersion(models.Model):
    """One edit of a project's commands, repository or variables: what they are after it.

    `content` is JSON with the secrets in it, and therefore encrypted; `shown` is the same with each
    secret as a fingerprint, for differences. A version that waits is not in force: the rows of the
    project still say what the version before says.
    """

    WAITING, IN_FORCE, REPLACED, DECLINED = "waiting", "in_force", "replaced", "declined"

    project = models.ForeignKey(
        "Project", on_delete=models.CASCADE, related_name="recipe_versions"
    )
    number = models.PositiveIntegerField()
    content = EncryptedTextField()
    shown = models.JSONField(default=dict)
    status = models.CharField(max_length=8, choices=[
        (WAITING, _lazy("waits for a second person")), (IN_FORCE,
                                                        _lazy("in force")), (REPLACED, "replaced"),
        (DECLINED, "declined")])
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    edited_by_name = models.CharField(max_length=200)
    edited_at = models.DateTimeField(auto_now_add=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    answered_by_name = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField(null=True)
    comment = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-number",)
        verbose_name = _lazy("edit of commands")
        verbose_name_plural = _lazy("edits of commands")
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="one_edit_per_number")
        ]

    def __str__(self):
        return _("{project}: edit {number}").format(project=self.project, number=self.number)
