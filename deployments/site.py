"""The one admin site: its index shows what is live where; the task pages are its views."""

from django.contrib import admin


class ReleaseSite(admin.AdminSite):
    """Whoever has a grant may sign in; model permissions give set-up only."""

    site_header = "Release manager"
    site_title = "Release manager"
    index_title = "What's live where"


site = ReleaseSite()
