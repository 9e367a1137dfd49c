"""Installation: one environment on one server, and the PHP pools that serve it there."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..sudoers import COMMAND
from .addresses import (
    refuse_inner_address,
    validate_address,
    validate_endpoint_path,
    validate_page,
)
from .server import PhpPool, Server, validate_service

STRATEGIES = [
    ("auto", _lazy("What the doctor advises, looked at anew before each release")),
    ("realpath", "The web server resolves the link for each request ($realpath_root)"),
    ("front-controller",
     _lazy("A stable entry outside the releases reads the link for each request")),
    ("reset", _lazy("Reset OPcache and wait until it happened")),
    ("fpm-reload", _lazy("Reload PHP-FPM and wait for its new workers")),
    ("fpm-restart", _lazy("Restart PHP-FPM: visitors may see errors for a moment")),
    ("apache-graceful", _lazy("Reload Apache and wait until its old workers are gone")),
    ("web-config", _lazy("Write the release's folder into the web server's configuration")),
    ("none", _lazy("Nothing: no PHP runs there")),
]

validate_test = RegexValidator(
    COMMAND,
    _lazy("Write the whole path of a program and its arguments, at least one, like /usr/sbin/nginx "
          "-t; no part of a path may be “.” or “..”, and none may end in “/”."))

NO_SOCKET = _lazy("{pool} has no socket: with mod_php, PHP is reached by the guarded endpoint.")
STAYS = (_lazy("Stays as it is after the first release: add another installation instead, and make "
               "this one inactive."))


def validate_root(path):
    """A root is an absolute folder that is nobody's home of everything."""
    if not path.startswith("/") or not path.isprintable() or path.rstrip("/").count("/") < 2:
        raise ValidationError(_("Write the whole path of the site's own folder, like /srv/shop."))
    if any(part in (".", "..") for part in path.split("/")):
        raise ValidationError(_("The path may not contain “.” or “..”."))


class Installation(models.Model):
    """Where one environment lives on one server, and how PHP there is reached and made new."""

    FASTCGI, ENDPOINT, NO_PHP = "fastcgi", "endpoint", "none"
    OVER_SSH, DIRECT = "ssh", "direct"
    NGINX, APACHE = "nginx", "apache"

    environment = models.ForeignKey(
        "Environment", on_delete=models.PROTECT, related_name="installations",
        help_text=STAYS,
    )
    server = models.ForeignKey(
        Server, on_delete=models.PROTECT, related_name="installations", help_text=STAYS
    )
    root = models.CharField(
        max_length=500, validators=[validate_root],
        help_text=format_lazy("{} {}", _lazy("Folder that holds releases, shared and current, for "
                                             "example /srv/shop."), STAYS),
    )
    web_group = models.CharField(
        max_length=40, default="www-data",
        validators=[RegexValidator(r"\A[A-Za-z_][A-Za-z0-9_.-]*\Z",
                                   _lazy("That is no group name."))],
    )
    strategy = models.CharField(max_length=20, choices=STRATEGIES, default="auto")
    php_door = models.CharField(
        _lazy("PHP is reached by"), max_length=8, default=FASTCGI,
        choices=[
            (FASTCGI, _lazy("its socket, through SSH")),
            (ENDPOINT, _lazy("the guarded HTTP endpoint")),
            (NO_PHP, _lazy("nothing: this site has no PHP")),
        ],
    )
    ask_address = models.CharField(
        _lazy("address to ask"),
        max_length=200, default="127.0.0.1:443", validators=[validate_address],
        help_text=_lazy("Where the site's web server listens, as seen from the server (or from "
                        "here, when asked directly)."),
    )
    is_https = models.BooleanField("HTTPS", default=True)
    asked_over = models.CharField(
        max_length=6, default=OVER_SSH,
        choices=[(OVER_SSH, _lazy("the SSH connection")), (DIRECT, _lazy("the network, directly"))],
    )
    web_server = models.CharField(
        _lazy("web server"),
        max_length=6, default=NGINX, choices=[(NGINX, "nginx"), (APACHE, "Apache")],
        help_text=_lazy("Which one serves the site there."),
    )
    web_service = models.CharField(
        _lazy("the web server's service"), max_length=60, blank=True, validators=[validate_service],
        help_text=_lazy("Name of its service; empty: nginx or apache2."),
    )
    web_test = models.CharField(
        _lazy("test of its configuration"), max_length=200, blank=True, validators=[validate_test],
        help_text=_lazy("What “web-config” runs as root before each reload; empty: "
                        "“/usr/sbin/nginx -t” or “/usr/sbin/apache2ctl configtest”."),
    )
    pools = models.ManyToManyField(PhpPool, through="InstallationPool", blank=True)
    is_active = models.BooleanField(default=True, help_text=_lazy("Inactive ones are left out."))
    token_generation = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        ordering = ("server__name", "root")
        constraints = [
            models.UniqueConstraint(
                fields=["server", "root"], name="one_installation_per_folder",
                violation_error_message=_lazy("This folder of the server carries a site already."))
        ]

    def __str__(self):
        return f"{self.server} {self.root}"

    @property
    def has_mod_php(self):
        """Whether PHP runs inside Apache there, which has no socket and no PHP-FPM."""
        return any(not pool.socket for pool in self.pools.all())

    def clean(self):
        if self.root:
            self.root = re.sub("/+", "/", self.root).rstrip("/")  # one folder has one name
        self._refuse_nested_root()
        self._refuse_own_machine()
        if self.strategy != "auto" and \
                (self.strategy == "none") != (self.php_door == self.NO_PHP):
            raise ValidationError(
                _("A site without PHP needs the strategy “nothing”, and a site with PHP another "
                  "one.")
            )

    def _refuse_own_machine(self):
        """Over SSH it is the server's loopback; asked directly, it would be ours."""
        if self.asked_over != self.DIRECT or not self.ask_address:
            return
        try:
            refuse_inner_address(self.ask_address.rpartition(":")[0])
        except ValidationError as refusal:
            raise ValidationError({"ask_address": refusal.messages}) from None

    def _refuse_nested_root(self):
        """Two sites in one tree would write and prune in each other's folders."""
        others = Installation.objects.filter(server_id=self.server_id).exclude(pk=self.pk)
        for root in others.exclude(root=self.root).values_list("root", flat=True):
            if f"{self.root}/".startswith(f"{root}/") or f"{root}/".startswith(f"{self.root}/"):
                raise ValidationError({"root": _("{root} is a site's folder on this server: "
                                                 "neither may lie inside the other.").format(
                    root=root)})


class InstallationPool(models.Model):
    """A pool that serves an installation, with a page of the site that reaches it."""

    installation = models.ForeignKey(
        Installation, on_delete=models.CASCADE, related_name="pool_uses"
    )
    pool = models.ForeignKey(PhpPool, on_delete=models.PROTECT, related_name="uses")
    page_path = models.CharField(
        max_length=300, default="/", validators=[validate_page],
        help_text=_lazy("A page of the site that this pool answers."),
    )
    endpoint_path = models.CharField(
        max_length=300, default="/_releasemgr/www", validators=[validate_endpoint_path],
        help_text=_lazy("Address of the guarded endpoint that this pool answers."),
    )

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["installation", "pool"], name="one_use_per_pool",
                violation_error_message=_lazy("This pool is in the list already."))
        ]
        verbose_name = _lazy("PHP pool of the installation")
        verbose_name_plural = _lazy("PHP pools of the installation")

    def __str__(self):
        return str(self.pool)

    def clean(self):
        both = self.pool_id and self.installation_id
        if both and not self.pool.socket and self.installation.php_door == Installation.FASTCGI:
            raise ValidationError(NO_SOCKET.format(pool=self.pool))
        if both and self.pool.server_id != self.installation.server_id:
            raise ValidationError(_("{pool} is a pool of another server.").format(pool=self.pool))
