"""Users: accounts and who sets things up. Only superusers touch superusers and permissions."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin

from ..site import site
from .audited import Audited

_POWERS = ("is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(get_user_model(), site=site)
class PeopleAdmin(Audited, UserAdmin):
    """Django's own, without the ways from "may change users" to "may do everything"."""

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *_POWERS)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)


def _may_touch(request, person):
    """A superuser's account, and any account that sets things up, is a superuser's matter."""
    is_powerful = person is not None and (person.is_superuser or person.is_staff)
    return request.user.is_superuser or not is_powerful or person == request.user
