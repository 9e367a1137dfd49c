"""Grant (one entry of the allowlist), and AccessRequest (somebody asks for one)."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .fields import NetworksField

ACTIONS = (
    ("look", _lazy("look")), ("build", _lazy("build")), ("release", _lazy("release")),
    ("go_back", _lazy("go back")), ("approve", _lazy("approve")), ("stop", _lazy("stop")),
    ("decide", _lazy("decide")), ("emergency", _lazy("release in an emergency")),
    ("set_up", _lazy("set up")), ("commands", _lazy("edit commands, repository and servers")),
)
"""(action, its words), in the order in which pages list them."""


class Grant(models.Model):
    """One allowlist entry: which person or group may do what, where, from which networks, until
    when.

    An entry that `needs_second` counts once somebody else than its author has confirmed it.
    """

    LOOK, BUILD, RELEASE, GO_BACK = "look", "build", "release", "go_back"
    APPROVE, STOP, DECIDE, EMERGENCY = "approve", "stop", "decide", "emergency"
    SET_UP, COMMANDS = "set_up", "commands"
    ACTIONS = ACTIONS
    WEIGHTY = (RELEASE, APPROVE, EMERGENCY)
    """Granting these where an environment is protected needs a second person."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE,
        related_name="grants",
        help_text=_lazy("The entry is for this person, or for everybody in the group below."),
    )
    group = models.ForeignKey(
        "auth.Group", null=True, blank=True, on_delete=models.CASCADE, related_name="grants"
    )
    project = models.ForeignKey(
        "Project", null=True, blank=True, on_delete=models.CASCADE, related_name="grants",
        help_text=_lazy("Empty: every project."),
    )
    environment = models.ForeignKey(
        "Environment", null=True, blank=True, on_delete=models.CASCADE, related_name="grants",
        help_text=_lazy("Empty: every environment."),
    )
    action = models.CharField(max_length=9, choices=ACTIONS)
    networks = NetworksField(
        blank=True, help_text=_lazy("Only from these networks, one per line; empty: from anywhere.")
    )
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL,
        related_name="+",
    )
    granted_by_name = models.CharField(max_length=150, blank=True, editable=False)
    granted_at = models.DateTimeField(auto_now_add=True)
    needs_second = models.BooleanField(default=False, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL,
        related_name="+",
    )
    confirmed_by_name = models.CharField(max_length=150, blank=True, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("user__username", "group__name", "project__name", "environment__name",
                    "action")
        verbose_name = _lazy("allowlist entry")
        verbose_name_plural = _lazy("allowlist")
        constraints = [models.CheckConstraint(
            condition=Q(user__isnull=False) ^ Q(group__isnull=False),
            name="an_entry_is_for_a_person_or_a_group",
            violation_error_message=_lazy("Choose a person or a group, one of the two."))]

    def __str__(self):
        where = self.environment or self.project or _("every project")
        return _("{who} may {action}: {where}").format(
            who=self.user or self.group, action=self.get_action_display(), where=where)

    def clean(self):
        both = self.project_id and self.environment_id
        if both and self.environment.project_id != self.project_id:
            raise ValidationError({"environment": _(
                "{environment} is not of {project}: choose one of its environments, or leave the "
                "project empty.").format(environment=self.environment, project=self.project)})
        if self.valid_from and self.valid_until and self.valid_from >= self.valid_until:
            raise ValidationError({"valid_until": _("It ends before it begins: choose a "
                                                     "later end.")})


class AccessRequest(models.Model):
    """Somebody asks to be allowed something; answered once, by somebody else."""

    GRANTED, DECLINED = "granted", "declined"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_requests"
    )
    project = models.ForeignKey(
        "Project", null=True, on_delete=models.CASCADE, related_name="+"
    )
    environment = models.ForeignKey(
        "Environment", null=True, on_delete=models.CASCADE, related_name="+"
    )
    action = models.CharField(max_length=9, choices=ACTIONS)
    reason = models.CharField(max_length=300)
    address = models.CharField(max_length=45, blank=True)  # where it was asked from
    asked_at = models.DateTimeField(auto_now_add=True)
    answer = models.CharField(
        max_length=8, blank=True,
        choices=[(GRANTED, _lazy("granted")), (DECLINED, _lazy("declined"))],
    )
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    answered_by_name = models.CharField(max_length=150, blank=True)
    comment = models.CharField(max_length=300, blank=True)
    grant = models.ForeignKey(Grant, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ("-pk",)
        verbose_name = _lazy("request for access")
        verbose_name_plural = _lazy("requests for access")

    def __str__(self):
        return _("{person} asks to {action}: {where}").format(
            person=self.person, action=self.get_action_display(), where=self.where)

    @property
    def person(self):
        """Who asks, as people know them."""
        return self.user.get_full_name() or self.user.get_username()

    @property
    def where(self):
        return self.environment or self.project or _("every project")
