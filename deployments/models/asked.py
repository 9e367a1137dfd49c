"""Asked: what rows have in common that one person asks for and another one answers, once."""

from django.conf import settings
from django.db import models


class Asked(models.Model):
    """Who asked and who answered, each with a text copy of the name that outlives the account."""

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    answered_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True
