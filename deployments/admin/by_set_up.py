"""Who may see and change set-up in the admin: policy says, never Django's model permissions.

Somebody with entries for some projects meets these projects' rows only, in lists, in rows inside
forms and in choices; every other address of a row is one of a row that is not there.
"""

from urllib.parse import urlencode

from django.contrib.admin import RelatedOnlyFieldListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.db.models import Q
from django.shortcuts import redirect
from django.urls import reverse

from .. import policy
from ..crypto import EncryptedTextField
from ..models import Environment, Grant, Installation, PhpPool, Project, Server, SshKey
from ..pages.actor import shown_to

_SET_UP = (Grant.SET_UP, Grant.COMMANDS)

_HELD_BY = {
    Project: ("pk",), Environment: ("project",), Installation: ("environment__project",),
    Server: ("installations__environment__project", "builds_for"),
    PhpPool: ("server__installations__environment__project",), SshKey: ("projects",),
}
"""How rows that a form may choose from belong to projects. Servers are shared: whoever sets up one
project chooses from those that carry it already."""


def reach_of(request, *actions):
    """`policy.reach` of who asks, asked once per request: pages ask dozens of times."""
    known = request.__dict__.setdefault("reaches", {})
    if actions not in known:
        known[actions] = policy.reach(shown_to(request), *actions)
    return known[actions]


def only_within(rows, model, reach):
    """Those of `rows` that belong to projects of the reach; all where nobody owns such rows."""
    if reach.is_everything or model not in _HELD_BY:
        return rows
    found = Q()
    for path in _HELD_BY[model]:
        found |= Q(**{f"{path}__in": reach.projects})
    return rows.filter(pk__in=model.objects.filter(found).values("pk"))


class FiltersOwnRows:
    """For ModelAdmins: a filter by a related row offers those in the list; names are facts, too.

    What nobody is shown (a password's hash, a secret) is no filter: who may write one into the
    address reads it letter by letter.
    """

    def lookup_allowed(self, lookup, value, request):
        return not self._is_secret(lookup.partition("__")[0]) and super().lookup_allowed(
            lookup, value, request)

    def get_changelist_instance(self, request):
        """A number or a time in the address that no database holds is no filter either."""
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, DataError) as problem:
            raise IncorrectLookupParameters(problem) from problem

    def get_list_filter(self, request):
        return [(item, RelatedOnlyFieldListFilter) if self._is_relation(item) else item
                for item in super().get_list_filter(request)]

    def _is_secret(self, name):
        secret = {field.name for field in self.model._meta.get_fields()
                  if isinstance(field, EncryptedTextField)}
        return name in {"password", *secret}

    def _is_relation(self, item):
        return isinstance(item, str) and get_fields_from_path(self.model, item)[-1].is_relation


class NarrowsChoices:
    """For ModelAdmins and inlines: what may be chosen belongs to projects that one sets up."""

    needs = (Grant.SET_UP,)  # an entry for any of these lets a person change rows

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        return super().formfield_for_foreignkey(
            db_field, request, **self._narrowed(db_field, request, kwargs))

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return super().formfield_for_manytomany(
            db_field, request, **self._narrowed(db_field, request, kwargs))

    def _narrowed(self, db_field, request, kwargs):
        model, reach = db_field.remote_field.model, reach_of(request, *self.needs)
        if reach.is_everything or model not in _HELD_BY:
            return kwargs
        rows = kwargs.get("queryset")
        rows = model._default_manager.all() if rows is None else rows
        return {**kwargs, "queryset": only_within(rows, model, reach)}


class BySetUp(FiltersOwnRows, NarrowsChoices):
    """For ModelAdmins. `project_path` leads from a row to its project: "" where the row is one,
    None where rows belong to no project and take an entry for every one."""

    project_path = "project"

    def project_of(self, row):
        """The project a row belongs to, or None."""
        if self.project_path is None:
            return None
        for name in filter(None, self.project_path.split("__")):
            row = getattr(row, name)
        return row

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        return self._covers(request, {*_SET_UP, *self.needs}, obj)

    def has_change_permission(self, request, obj=None):
        return self._covers(request, self.needs, obj)

    def has_delete_permission(self, request, obj=None):
        return self._covers(request, self.needs, obj)

    def has_add_permission(self, request):
        reach = reach_of(request, *self.needs)
        return bool(reach) if self.project_path else reach.is_everything

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        reach = reach_of(request, *sorted({*_SET_UP, *self.needs}))
        return rows if reach.is_everything else self.within(rows, reach.projects)

    def history_view(self, request, object_id, extra_context=None):
        """The audit log has all of it, by whichever door: Django's own page has its forms alone."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        about = urlencode({"about_type": self.opts.model_name, "about_id": row.pk})
        return redirect(f"{reverse('admin:deployments_auditentry_changelist')}?{about}")

    def within(self, rows, projects):
        """The rows of these projects (primary keys)."""
        if self.project_path is None:
            return rows.none()
        return rows.filter(**{f"{self.project_path or 'pk'}__in": projects})

    def _covers(self, request, actions, row):
        reach = reach_of(request, *sorted(actions))
        if row is None:
            return reach.is_everything if self.project_path is None else bool(reach)
        return reach.covers(self.project_of(row))


class InlineBySetUp(NarrowsChoices):
    """For rows inside a form: what their parent's project allows."""

    def has_view_permission(self, request, obj=None):
        return self._parent.has_view_permission(request, obj)

    def has_add_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request, obj=None):
        reach = reach_of(request, *self.needs)
        if obj is None or obj.pk is None:
            return bool(reach) and self._parent.has_add_permission(request)
        return reach.covers(self._parent.project_of(obj))

    @property
    def _parent(self):
        return self.admin_site.get_model_admin(self.parent_model)
