"""Installations: one environment on one server, with the PHP pools that serve it."""

import secrets

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import reverse

from .. import policy
from ..errors import Refused
from ..models import Installation, InstallationPool
from ..models.installation import NO_SOCKET
from ..pages.actor import actor_of
from ..services.checkups import ask_after_change
from ..services.deployments import request_restart
from ..services.noticed import noticed
from ..site import site
from .buttons import Button
from .release_buttons import progress_url, request_key_of
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
    presses = ("restart_php",)

    def buttons(self, request, row):
        """The doctor's page; *Restart PHP*, with what visitors will notice, to be ticked."""
        place = [row.environment.project.slug, row.environment.slug]
        shown = [*super().buttons(request, row),
                 Button("Doctor", reverse("admin:doctor", args=place), is_link=True)]
        if row.php_door == Installation.NO_PHP or not row.is_active:
            return shown
        decision = policy.may_reload(actor_of(request), row.environment)
        sentences = noticed("reload", row.environment, installations=[row.pk],
                            strategy="fpm-restart")
        return [*shown, Button(
            "Restart PHP", self.press_url(row, "restart_php"),
            {"request_key": secrets.token_hex(16)}, sure=" ".join(sentences),
            why_not="" if decision else f"{decision.reason} {decision.remedy}".strip())]

    def save_related(self, request, form, formsets, change):
        """With its pools, too, it is what the doctor is to look at."""
        super().save_related(request, form, formsets, change)
        ask_after_change(form.instance, asked_by_name=actor_of(request).name)

    def press_restart_php(self, request, row):
        if not request.POST.get("sure"):
            raise Refused("Tick that visitors may see errors, then press “Restart PHP” again.")
        return progress_url(request_restart(
            actor_of(request), row, request_key=request_key_of(request)))

    def fixed_fields(self, row):
        return ("environment", "server", "root") if row.targets.exists() else ()
