"""Installations: one environment on one server, with the PHP pools that serve it."""

from django.contrib import admin
from django.core.exceptions import ValidationError

from ..models import Installation, InstallationPool
from ..models.installation import NO_SOCKET
from ..site import site
from .saving import ChangedRows
from .setting_up import SetupAdmin, SetupInline


class _PoolsOfThisServer(ChangedRows):
    """Django cannot tell the model's own check which server a new installation is on."""

    def clean(self):
        super().clean()
        for form in self.forms:
            pool = form.cleaned_data.get("pool") if hasattr(form, "cleaned_data") else None
            if pool and pool.server_id != self.instance.server_id:
                raise ValidationError(f"{pool} is a pool of another server.")
            if pool and not pool.socket and self.instance.php_door == Installation.FASTCGI:
                raise ValidationError(NO_SOCKET.format(pool=pool))


class InstallationPoolInline(SetupInline):
    model = InstallationPool
    formset = _PoolsOfThisServer


@admin.register(Installation, site=site)
class InstallationAdmin(SetupAdmin):
    list_display = ("root", "server", "environment", "strategy", "php_door", "is_active")
    list_filter = ("server", "environment__project", "is_active")
    search_fields = ("root", "server__name", "environment__name", "environment__project__name")
    list_select_related = ("server", "environment__project")
    inlines = (InstallationPoolInline,)

    def fixed_fields(self, row):
        return ("environment", "server", "root") if row.targets.exists() else ()
