"""A check of who there is: one administrator alone is no second person."""

from django.core.checks import Warning, register
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from ..services.administrators import sole_administrator
from .asking import is_asked_for


@register()
def somebody_can_be_second(app_configs, **kwargs):
    """Only where somebody asks: it reads the database, which may not be there yet."""
    if not is_asked_for():
        return []
    try:
        with transaction.atomic():
            alone = sole_administrator()
    except DatabaseError:
        return []
    return [Warning(alone, hint=_("How is in the file docs/access.md in the release "
                                  "manager's folder, under “One administrator alone”."),
                    id="releasemgr.W062")] if alone else []
