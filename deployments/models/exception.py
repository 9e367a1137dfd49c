"""ExceptionRequest: somebody asks to release in spite of a freeze, and gets an answer, once."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .asked import Asked


class ExceptionRequest(Asked):
    """One person asks about one place. It waits for as long as one of the freezes lasts that were
    shut there when it was asked: `gates` are their keys, as `services.gates` names them."""

    DECLINED, USED, BACK, OVER = "declined", "used", "back", "over"

    environment = models.ForeignKey(
        "Environment", on_delete=models.CASCADE, related_name="exception_requests"
    )
    version = models.CharField(max_length=200, blank=True)  # as the steps of a release name it
    title = models.CharField(max_length=200, blank=True)  # what people call it
    reason = models.CharField(max_length=500)
    gates = models.JSONField(default=list)
    told = models.JSONField(default=list)  # names of the people who were asked
    is_mailed = models.BooleanField(default=False)  # whether any of them gets a mail, too
    answer = models.CharField(max_length=8, blank=True, choices=[
        (DECLINED, _lazy("declined")), (USED, _lazy("used")), (BACK, _lazy("taken back")),
        (OVER, _lazy("over"))])
    comment = models.CharField(max_length=500, blank=True)  # why not
    deployment = models.ForeignKey(
        "Deployment", null=True, on_delete=models.SET_NULL, related_name="+"
    )  # what was asked for in spite of the freeze

    class Meta:
        ordering = ("-pk",)
        verbose_name = _lazy("request for an exception")
        verbose_name_plural = _lazy("requests for an exception")
        indexes = [models.Index(fields=["answer"], name="exceptions_by_answer")]
        constraints = [models.UniqueConstraint(
            fields=["environment", "asked_by"], condition=Q(answer=""),
            name="one_open_exception_per_person_and_place")]

    def __str__(self):
        return _("{name} asks for an exception: {where}").format(
            name=self.asked_by_name, where=self.where)

    @property
    def where(self):
        """“Shop (Production), version 2.9.0”."""
        place = f"{self.environment.project.name} ({self.environment.name})"
        return _("{place}, version {version}").format(
            place=place, version=self.title) if self.title else place
