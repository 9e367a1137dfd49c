"""Users: accounts and who sets things up. Only superusers touch superusers and permissions."""

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied

from ..site import site
from .audited import Audited
from .saving import SavesChanges

_POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(get_user_model(), site=site)
class PeopleAdmin(SavesChanges, Audited, UserAdmin):
    """Django's own, without the ways from "may change users" to "may do everything"."""

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        if request.user.is_superuser:
            return fields
        return (*fields, *_POWERS, *(() if _may_become(request, obj) else ("username",)))

    def user_change_password(self, request, id, form_url=""):
        if not _may_become(request, self.get_object(request, unquote(id))):
            raise PermissionDenied("This account has allowlist entries: only a superuser may set "
                                   "its password.")
        return super().user_change_password(request, id, form_url)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)


def _may_touch(request, person):
    """A superuser's account, and any account that sets things up, is a superuser's matter."""
    is_powerful = person is not None and (person.is_superuser or person.is_staff)
    return request.user.is_superuser or not is_powerful or person == request.user


def _may_become(request, person):
    """Whoever sets an account's password may sign in as that person, with all its entries."""
    return request.user.is_superuser or person is None or not person.grants.exists()
