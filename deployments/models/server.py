"""Server (a machine, once, however many sites it carries), its PHP pools and its checks."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..sudoers import PROGRAM, USER
from .addresses import PORT_LIMITS, refuse_inner_address, validate_host, validate_socket

validate_service = RegexValidator(
    r"\A[A-Za-z0-9_][A-Za-z0-9_.@-]*\Z", _lazy("That is no name of a service, like php8.2-fpm."))


class Server(models.Model):
    """A machine reached over SSH. Its identity counts only after an administrator confirmed it."""

    name = models.CharField(max_length=60, unique=True)
    address = models.CharField(
        max_length=200, validators=[validate_host], help_text=_lazy("Host name or address for SSH.")
    )
    port = models.PositiveIntegerField(default=22, validators=PORT_LIMITS)
    user = models.CharField(
        max_length=40, help_text=_lazy("SSH user; must be in the web server's group."),
        validators=[RegexValidator(USER, _lazy("That is no user name; capitals alone are an alias "
                                               "to sudo."))],
    )
    ssh_key = models.ForeignKey("SshKey", on_delete=models.PROTECT, related_name="servers")
    jump = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        verbose_name=_lazy("reached through"), help_text=_lazy("Another server to go through, if "
                                                               "any."),
    )
    service_manager = models.CharField(
        max_length=200, default="/usr/bin/systemctl",
        validators=[RegexValidator(PROGRAM, _lazy("Write the whole path of a program, like "
                                                  "/usr/bin/systemctl."))],
        help_text=_lazy("What reloads and restarts services there, called through sudo as “PROGRAM "
                        "reload SERVICE”."),
    )
    host_key = models.TextField(blank=True, editable=False)
    host_key_seen = models.TextField(blank=True, editable=False)
    host_key_confirmed_at = models.DateTimeField(null=True, editable=False)
    host_key_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        ordering = ("name",)

    def __str__(self):
        return self.name

    def clean(self):
        if self.address and self.jump is None:
            try:
                refuse_inner_address(self.address)
            except ValidationError as refusal:
                raise ValidationError({"address": refusal.messages}) from None
        hop, seen = self.jump, set()
        while hop and hop.pk not in seen:
            if hop.pk == self.pk:
                sentence = _("{server} cannot be reached through itself.")
                raise ValidationError({"jump": sentence.format(server=self.name)})
            seen.add(hop.pk)
            hop = hop.jump


class PhpPool(models.Model):
    """One PHP-FPM pool of a server, or its Apache with mod_php, which has no socket. Pools of one
    master share one OPcache."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="pools")
    name = models.CharField(max_length=60, default="www")
    master = models.CharField(
        max_length=60, default="php-fpm",
        help_text=_lazy("Which PHP-FPM service it belongs to, for example php8.2-fpm; with "
                        "mod_php, Apache's, for example apache2."),
    )
    socket = models.CharField(
        max_length=200, validators=[validate_socket], blank=True,
        help_text=_lazy("/run/php/php8.2-fpm.sock or 127.0.0.1:9000; empty for mod_php."),
    )

    class Meta:
        ordering = ("server", "master", "name")
        constraints = [
            models.UniqueConstraint(
                fields=["server", "socket"], name="one_pool_per_socket",
                condition=~Q(socket=""),
                violation_error_message=_lazy("The server has a pool with this socket already.")),
            models.UniqueConstraint(
                fields=["server", "master", "name"], name="one_pool_per_name",
                violation_error_message=_lazy("This master has a pool of this name already.")),
        ]
        verbose_name = _lazy("PHP pool")

    def __str__(self):
        return f"{self.server} {self.name}"


class CacheLock(models.Model):
    """Who may act on the OPcache of one FPM master now; two sites may share it."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="+")
    master = models.CharField(max_length=60)
    deployment = models.ForeignKey("Deployment", null=True, on_delete=models.SET_NULL)
    fence = models.PositiveBigIntegerField(default=0)
    held_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("server", "master", name="one_lock_per_master")]

    def __str__(self):
        return _("{master} on {server}").format(master=self.master, server=self.server)


class ServerCheck(models.Model):
    """A question to a server asked by a task, and its answer, for pages to show."""

    HOST_KEY, CONNECTION = "host_key", "connection"
    QUESTIONS = [(HOST_KEY, _lazy("identity")), (CONNECTION, _lazy("connection"))]

    server = models.ForeignKey(
        Server, null=True, on_delete=models.CASCADE, related_name="checks"
    )
    project = models.ForeignKey(
        "Project", null=True, on_delete=models.CASCADE, related_name="checks",
        help_text=_lazy("Set instead of a server when a git host was asked."),
    )
    question = models.CharField(
        max_length=12, choices=QUESTIONS
    )
    asked_by_name = models.CharField(max_length=150, blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True)
    is_good = models.BooleanField(null=True)
    answer = models.TextField(blank=True)
    found = models.JSONField(default=dict)  # after signing in: `pools` and `web`, what runs there

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(server__isnull=False) | Q(project__isnull=False),
                name="a_check_asks_somebody",
            )
        ]

    def __str__(self):
        return _("{question} of {place}").format(
            question=self.get_question_display(), place=self.server or self.project)
