"""Project (the PHP application), its environments, and what its builds are given."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..crypto import EncryptedTextField
from .addresses import validate_commit_address, validate_page, validate_ticket_address
from .fields import (
    LinesField,
    PathsField,
    RelativePathField,
    validate_slug,
)

LONGEST_S = 86_400


def seconds_up_to(most):
    """Validators of a time limit. Not 0: for `timeout` of GNU coreutils that is no limit at all."""
    sentence = _("Write a number of seconds from 1 to {most}.").format(most=most)
    return [MinValueValidator(1, sentence), MaxValueValidator(most, sentence)]


class Project(models.Model):
    """A PHP application: where its source is, how it is built, what its folder needs."""

    REFUSE, WAIT = "refuse", "wait"

    name = models.CharField(max_length=80, unique=True)
    slug = models.CharField(
        _lazy("short name"), max_length=40, unique=True, validators=[validate_slug],
        help_text=_lazy("For commands and addresses: small letters, digits, dashes. It never "
                        "changes, because stored versions are kept under it."),
    )
    repository_url = models.CharField(
        max_length=500,
        help_text=_lazy("https://…, ssh://… or git@host:path, or a folder on this machine."),
    )
    deploy_key = models.ForeignKey(
        "SshKey", null=True, blank=True, on_delete=models.PROTECT, related_name="projects",
        help_text=_lazy("For ssh repositories: its public half must be a deploy key there."),
    )
    git_user = models.CharField(max_length=100, blank=True, help_text=_lazy("For https "
                                                                            "repositories."))
    git_password = EncryptedTextField(
        blank=True, help_text=_lazy("Password or access token. Kept encrypted, never shown again.")
    )
    git_host_key = models.TextField(blank=True, editable=False)
    git_host_key_seen = models.TextField(blank=True, editable=False)
    subdirectory = RelativePathField(
        blank=True, help_text=_lazy("Folder of the application in the repository; empty: its top.")
    )
    public_folder = RelativePathField(
        blank=True, default="public",
        help_text=_lazy("Folder the web server serves, inside a release; empty: the release "
                        "itself."),
    )
    builder = models.ForeignKey(
        "Server", null=True, blank=True, on_delete=models.PROTECT, related_name="builds_for",
        help_text=_lazy("Build on this server, as its SSH user; empty: on the release manager's "
                        "own machine, as an account of its own."),
    )
    build_commands = LinesField(blank=True, help_text=_lazy("One command per line, in order."))
    build_limit_s = models.PositiveIntegerField(
        _lazy("build limit (seconds)"), default=900, validators=seconds_up_to(LONGEST_S),
        help_text=_lazy("Longest time one command may take."),
    )
    build_silence_s = models.PositiveIntegerField(
        _lazy("silence limit (seconds)"), default=300, validators=seconds_up_to(LONGEST_S),
        help_text=_lazy("A command that prints nothing for so long is stopped."),
    )
    left_out = PathsField(
        blank=True, help_text=_lazy("Paths not released, one per line, for example node_modules.")
    )
    shared_files = PathsField(
        blank=True, help_text=_lazy("Files kept over releases that must exist on every server "
                                    "(.env).")
    )
    created_files = PathsField(
        blank=True, help_text=_lazy("Files kept over releases; made empty where they are missing.")
    )
    shared_folders = PathsField(
        blank=True, help_text=_lazy("Folders kept over releases (storage/uploads).")
    )
    writable_folders = PathsField(
        blank=True, help_text=_lazy("Folders inside each release that PHP may write to "
                                    "(var/cache).")
    )
    asset_folders = PathsField(
        blank=True,
        help_text=_lazy("Folders whose older files stay reachable for pages loaded before the "
                        "switch (public/build)."),
    )
    keep_releases = models.PositiveSmallIntegerField(
        default=5,
        validators=[MinValueValidator(1, _lazy("At least one release stays: the live one."))],
        help_text=_lazy("How many releases stay on each server, the live one included."),
    )
    when_busy = models.CharField(
        _lazy("when somebody else is releasing"), max_length=6, default=REFUSE,
        choices=[(REFUSE, _lazy("refuse, and say whose turn it is")), (WAIT,
                                                                       _lazy("wait in line"))],
        help_text=_lazy("What happens to a second request while a release is on its way to the "
                        "same environment."),
    )
    checklist = LinesField(
        blank=True, help_text=_lazy("What whoever releases must have done, one line each, like "
                                    "“Customer support knows”. Each is ticked before a release is "
                                    "asked for."),
    )
    commit_address = models.CharField(
        _lazy("address of a commit"), max_length=300, blank=True,
        validators=[validate_commit_address],
        help_text=_lazy("Like https://git.example/shop/commit/{sha}. Empty: found by itself for "
                        "repositories at well-known hosts."),
    )
    ticket_address = models.CharField(
        _lazy("address of a ticket"), max_length=300, blank=True,
        validators=[validate_ticket_address],
        help_text=_lazy("Like https://tickets.example/browse/{ticket}: SHOP-12 and #12 in the "
                        "words of a change then lead there."),
    )
    release_counter = models.PositiveIntegerField(default=0, editable=False)
    last_file_epoch = models.PositiveBigIntegerField(default=0, editable=False)
    source_asked_at = models.DateTimeField(null=True, editable=False)
    source_read_at = models.DateTimeField(null=True, editable=False)
    source_problem = models.TextField(blank=True, editable=False)
    commands_edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL,
        related_name="+",
    )

    commands_need_second = models.BooleanField(
        _lazy("edited commands wait for a second person"), default=False,
        help_text=_lazy("What is edited here counts once somebody else has agreed to it."),
    )

    class Meta:
        ordering = ("name",)
        verbose_name = "project"

    def __str__(self):
        return self.name


class BuildVariable(models.Model):
    """One environment variable of a project's builds; secret ones are masked in every log."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="build_variables")
    name = models.CharField(
        max_length=80,
        validators=[RegexValidator(r"\A[A-Z_][A-Z0-9_]*\Z", _lazy("Use capitals, digits and _."))],
    )
    value = EncryptedTextField(help_text=_lazy("Kept encrypted, never shown again."))
    is_secret = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(
            fields=["project", "name"], name="one_value_per_variable",
            violation_error_message=_lazy("The project has a build variable of this name "
                                          "already."))]
        ordering = ("name",)

    def __str__(self):
        return self.name


class ServerCommand(models.Model):
    """A command run in the new release on servers, before or after the switch."""

    BEFORE, AFTER = "before", "after"
    ALL, ONE = "all", "one"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="server_commands")
    moment = models.CharField(
        max_length=6, choices=[(BEFORE, _lazy("before the switch")), (AFTER,
                                                                      _lazy("after the switch"))]
    )
    runs_on = models.CharField(
        max_length=3, choices=[(ALL, _lazy("every server")), (ONE,
                                                              _lazy("one server"))], default=ALL
    )
    command = models.CharField(max_length=500)
    limit_s = models.PositiveIntegerField(
        _lazy("limit (seconds)"), default=120, validators=seconds_up_to(LONGEST_S)
    )
    restarts = models.CharField(
        _lazy("restarts the processes"), max_length=200, blank=True,
        help_text=_lazy("Part of the command line of processes that this command restarts (queue "
                        "workers: artisan queue:work). None of those that ran before may run "
                        "afterwards."),
    )
    is_irreversible = models.BooleanField(
        _lazy("cannot be undone"), default=False,
        help_text=_lazy("The version before could not work after it (a migration that drops a "
                        "column): when the release fails later on, nothing goes back before a "
                        "person has decided so."),
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("moment", "position", "pk")
        verbose_name = _lazy("command on servers")
        verbose_name_plural = _lazy("commands on servers")

    def __str__(self):
        return self.command


class CheckPage(models.Model):
    """A page that must answer after a switch, on every installation; it is looked at before too."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="check_pages")
    path = models.CharField(max_length=500, default="/", validators=[validate_page])
    status_from = models.PositiveSmallIntegerField(default=200)
    status_to = models.PositiveSmallIntegerField(default=399)
    text = models.CharField(max_length=200, blank=True, help_text=_lazy("Must stand in the "
                                                                        "answer."))
    headers = EncryptedTextField(
        blank=True, help_text=_lazy("Request headers, one `Name: value` per line. Kept encrypted, "
                                    "never shown again."))

    class Meta:
        ordering = ("pk",)

    def __str__(self):
        return self.path
