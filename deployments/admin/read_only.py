"""History: lists that nobody can add to, change or delete from, superusers included."""

from django.contrib import admin

from .. import policy
from ..models import Grant
from ..pages.actor import shown_to
from ..pages.door import visible_projects
from .by_set_up import FiltersOwnRows, reach_of
from .less_script import LessScript


def seen_by(request):
    """The projects that who asks may look at, asked once per request: each filter asks again."""
    if not hasattr(request, "seen_projects"):
        request.seen_projects = visible_projects(shown_to(request))
    return request.seen_projects


def is_let_in(request):
    """Whether who asks may sign in, asked once per request and person: the menu asks for each list.
    """
    asked = getattr(request, "let_in", None)
    if asked is None or asked[0] != request.user.pk:
        request.let_in = request.user.pk, bool(policy.may_sign_in(
            request.user, entries=shown_to(request).entries))
    return request.let_in[1]


class ReadOnlyAdmin(FiltersOwnRows, LessScript, admin.ModelAdmin):
    """Shown whole to whoever sets everything up, and to others as far as their entries reach."""

    actions = None
    view_on_site = False
    list_per_page = 50
    project_lookup = "project__in"
    is_set_up = False  # for those only who set the projects up, not for whoever may look there
    called = ""  # the rows, counted, where the list's title is no word for them

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_view_permission(self, request, obj=None):
        if self.is_set_up:
            return bool(reach_of(request, Grant.SET_UP))
        return is_let_in(request)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        if self._sees_all(request):
            return rows
        if self.is_set_up:
            return rows.filter(**{self.project_lookup: reach_of(request, Grant.SET_UP).projects})
        return rows.filter(**{self.project_lookup: self.seen(seen_by(request))})

    def seen(self, projects):
        """The values of `project_lookup` for the projects a person may look at."""
        return projects

    def _sees_all(self, request):
        return reach_of(request, Grant.SET_UP).is_everything
