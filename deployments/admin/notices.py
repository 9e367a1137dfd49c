"""Notifications: who was told what, whether it reached the mail server, and why not."""

from django.conf import settings
from django.contrib import admin, messages
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..models import Notice
from ..pages.actor import actor_of
from ..pages.told import delivery
from ..services import notices
from ..site import site
from .buttons import Button, Buttons
from .export import Exports
from .read_only import ReadOnlyAdmin
from .release_buttons import progress_url


@admin.register(Notice, site=site)
class NoticeAdmin(Buttons, Exports, ReadOnlyAdmin):
    """For those who set up: it lists people's addresses."""

    called = "notifications"
    list_display = ("subject", "state", "written_at", "address", "problem")
    list_display_links = ("subject",)
    list_filter = ("status", "event", ("written_at", admin.DateFieldListFilter))
    search_fields = ("address", "subject", "text", "problem")
    fields = ("subject", "address", "state", "told", "problem", "tries", "written_at",
              "next_try_at", "sent_at", "event", "whole_text", "page")
    readonly_fields = fields
    project_lookup = "environment__project__in"
    is_set_up = True
    presses = ("send_again",)
    export_columns = (_lazy("written at"), "event", "address", "subject", "state", "tries",
                      _lazy("sent at"),
                      "problem")

    def get_queryset(self, request):
        return super().get_queryset(request).defer("text")

    def changelist_view(self, request, extra_context=None):
        note = "" if settings.MAIL_IS_ON else _("{no_server} Set EMAIL_URL to have one.").format(
            no_server=notices.NO_SERVER)
        return super().changelist_view(request, {"list_note": note, **(extra_context or {})})

    def project_of(self, row):
        return row.environment.project if row.environment else None

    def buttons(self, request, row):
        if row.status != Notice.GIVEN_UP:
            return []
        decision = notices.may_send_again(actor_of(request), row)
        return [Button(_("Send again"), self.press_url(row, "send_again"),
                       why_not="" if decision else f"{decision.reason} {decision.remedy}")]

    def press_send_again(self, request, row):
        notices.send_again(actor_of(request), row)
        messages.success(request, _("It is sent to {address} again.").format(address=row.address))

    @admin.display(description=_lazy("State"), ordering="status")
    def state(self, row):
        return row.get_status_display().capitalize()

    @admin.display(description=_lazy("How far it has come"))
    def told(self, row):
        return delivery(row)

    @admin.display(description=_lazy("Text"))
    def whole_text(self, row):
        return format_html("<pre>{}</pre>", row.text)

    @admin.display(description=_lazy("About"))
    def page(self, row):
        if row.deployment_id is None:
            return str(row.environment or "")
        return format_html('<a href="{}">R-{}</a>', progress_url(row.deployment),
                           row.deployment_id)

    def export_row(self, row):
        return (row.written_at.isoformat(), row.event, row.address, row.subject, self.state(row),
                row.tries, row.sent_at.isoformat() if row.sent_at else "", row.problem)
