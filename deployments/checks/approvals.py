"""Whether somebody could approve what people may ask for."""

from django.core.checks import Warning, register
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from .. import policy
from .asking import is_asked_for


@register()
def somebody_can_approve(app_configs, **kwargs):
    """Only where somebody asks: it reads the database, which may not be there yet."""
    if not is_asked_for():
        return []
    try:
        with transaction.atomic():
            found = policy.unapprovable()
    except DatabaseError:
        return []
    return [Warning(sentence, hint=_("Name more people in the environment's approval rules, or "
                                     "give them the entry “approve”."),
                    id="releasemgr.W061") for sentence in found]
