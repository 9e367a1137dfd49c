"""The app's registration, and SQLite's one-time switch to WAL."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def use_wal(using, **kwargs):
    """SQLite databases are in WAL mode after `migrate` (readers never block the worker)."""
    from django.db import connections

    connection = connections[using]
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode=WAL")


class DeploymentsConfig(AppConfig):
    name = "deployments"
    verbose_name = _("Set-up")

    def ready(self):
        from . import (  # noqa: F401  (they register themselves)
            admin,
            checks,
        )
        from .audit import triggers
        from .models import labels, vote_triggers
        from .pages.live import live_context
        from .pages.own_password import change
        from .pages.signed_out import lead_back
        from .pages.signing_in import sign_in
        from .pages.urls import urlpatterns
        from .site import site

        labels.translate()
        apps.get_app_config("auth").verbose_name = self.verbose_name  # in the crumbs of people
        site.open(urlpatterns, home_context=live_context, sign_in=sign_in, change_password=change,
                  lead_back=lead_back)
        post_migrate.connect(use_wal, sender=self)
        post_migrate.connect(triggers.restore, sender=self)
        post_migrate.connect(vote_triggers.restore, sender=self)
