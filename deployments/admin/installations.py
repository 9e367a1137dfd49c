"""Installations: one environment on one server, with the PHP pools that serve it."""

import secrets

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import policy
from ..errors import Refused
from ..models import Checkup, Grant, Installation, InstallationPool
from ..models.installation import NO_SOCKET
from ..pages.actor import actor_of
from ..plan import WEB_SERVICES, WEB_TESTS
from ..services import edits
from ..services.acting import recording_refusals
from ..services.checkups import ask_after_change
from ..services.deployments import request_restart
from ..services.noticed import noticed
from ..site import site
from ..strategy_words import words_of
from ..sudoers import RELOAD, VERBS, sudoers_lines, test_line
from .buttons import Button
from .links import text_to_copy
from .release_buttons import progress_url, request_key_of
from .saving import ChangedRows
from .setting_up import SetupAdmin, SetupInline


class _PoolsOfThisServer(ChangedRows):
    """Django cannot tell the model's own check which server a new installation is on."""

    def clean(self):
        super().clean()
        for form in self.forms:
            if self._should_delete_form(form) or form.non_field_errors():
                continue  # it goes, or says so itself
            pool = form.cleaned_data.get("pool")
            if pool and pool.server_id != self.instance.server_id:
                raise ValidationError(_("{pool} is a pool of another server.").format(pool=pool))
            if pool and not pool.socket and self.instance.php_door == Installation.FASTCGI:
                raise ValidationError(NO_SOCKET.format(pool=pool))


class InstallationPoolInline(SetupInline):
    model = InstallationPool
    formset = _PoolsOfThisServer
    needs = (Grant.COMMANDS,)


@admin.register(Installation, site=site)
class InstallationAdmin(SetupAdmin):
    needs = (Grant.COMMANDS,)  # its folder and its web server's commands are code, too
    project_path = "environment__project"
    list_display = ("root", "server", "environment", "strategy", "php_door", "is_active")
    list_filter = ("server", "environment__project", "is_active")
    search_fields = ("root", "server__name", "environment__name", "environment__project__name")
    list_select_related = ("server", "environment__project")
    inlines = (InstallationPoolInline,)
    readonly_fields = ("about_strategy", "root_lines")
    fieldsets = (
        (None, {"fields": ("environment", "server", "root", "web_group", "is_active")}),
        (_lazy("How PHP follows a switch"),
         {"fields": ("strategy", "about_strategy", "root_lines")}),
        (_lazy("How it is asked"),
         {"fields": ("php_door", "ask_address", "is_https", "asked_over")}),
        (_lazy("The web server"), {"fields": ("web_server", "web_service", "web_test")}),
    )
    presses = ("restart_php",)

    def buttons(self, request, row):
        """The doctor's page; *Restart PHP*, with what visitors will notice, to be ticked."""
        place = [row.environment.project.slug, row.environment.slug]
        shown = [*super().buttons(request, row),
                 Button(_("Doctor"), reverse("admin:doctor", args=place), is_link=True)]
        if row.php_door == Installation.NO_PHP or not row.is_active or row.has_mod_php:
            return shown
        decision = policy.may_reload(actor_of(request), row.environment)
        sentences = noticed("reload", row.environment, installations=[row.pk],
                            strategy="fpm-restart")
        return [*shown, Button(
            _("Restart PHP"), self.press_url(row, "restart_php"),
            {"request_key": secrets.token_hex(16)}, sure=" ".join(sentences),
            why_not="" if decision else f"{decision.reason} {decision.remedy}".strip())]

    def save_related(self, request, form, formsets, change):
        """With its pools, too, it is what the doctor is to look at."""
        super().save_related(request, form, formsets, change)
        if "web_test" in form.changed_data:
            edits.edited_last(request.user, [form.instance.environment.project])
        ask_after_change(form.instance)

    def press_restart_php(self, request, row):
        actor = actor_of(request)
        if not request.POST.get("sure"):
            with recording_refusals(actor, "deployment.requested", environment=row.environment):
                raise Refused(_("Tick that visitors may see errors, then press “Restart PHP” "
                                "again."))
        return progress_url(request_restart(actor, row, request_key=request_key_of(request)))

    @admin.display(description=_lazy("About this strategy"))
    def about_strategy(self, row):
        if row.pk is None:
            return _("Save first; what the strategy needs, cannot do and costs then stands here.")
        words = words_of(row.strategy)
        needs, cannot = ("; ".join(map(str, lines)) for lines in (words.needs, words.cannot))
        told = ((_("Needs"), needs), (_("Cannot"), cannot), (_("Waits"), words.waits),
                (_("Goes back"), words.undoes),
                (_("Other sites of the same PHP service"), words.others),
                (_("The doctor"), _doctors_word(row)))
        return format_html_join("", "<div>{}: {}</div>", (row for row in told if row[1]))

    @admin.display(description=_lazy("Lines for sudoers"))
    def root_lines(self, row):
        """What an administrator pastes on the server, to reload and restart PHP from here, and
        with “web-config” to test and reload the web server."""
        if row.pk is None or row.php_door == Installation.NO_PHP:
            return _("None: nothing is done as root there.") if row.pk else _("Save first.")
        masters = sorted({pool.master for pool in row.pools.all()})
        commands = [(verb, name) for name in masters for verb in VERBS]
        is_written = row.strategy == "web-config"
        if is_written:
            commands.append((RELOAD, row.web_service or WEB_SERVICES[row.web_server]))
        try:
            lines = [*sudoers_lines(row.server.user, row.server.service_manager, commands)]
            if is_written:
                command = row.web_test or WEB_TESTS[row.web_server]
                lines.append(test_line(row.server.user, command))
        except ValueError as problem:
            return str(problem)
        return text_to_copy("\n".join(lines), _("Lines for sudoers"))

    def fixed_fields(self, row):
        return ("environment", "server", "root") if row.targets.exists() else ()


def _doctors_word(row):
    """What the newest examination says of the strategy that is set, or “auto” would choose."""
    known = Checkup.objects.known(row.pk)
    if known is None:
        return _("has not been here yet")
    if row.strategy == "auto" or row.strategy not in known.verdicts:
        return f"{f'chooses {known.choice}: ' if known.choice else ''}{known.reason}"
    return known.verdicts[row.strategy] or _("{strategy} is safe here").format(
        strategy=row.strategy)
