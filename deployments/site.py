"""The one admin site: its index shows what is live where; the task pages are its views."""

from functools import wraps

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy


class ReleaseSite(admin.AdminSite):
    """Whoever has a grant may sign in; what its lists show and change is policy's to say."""

    site_header = _lazy("Release manager")
    site_title = _lazy("Release manager")
    index_title = _lazy("What’s live")
    task_pages = ()
    home_context = sign_in = change_password = lead_back = None

    def open(self, task_pages, *, home_context, sign_in, change_password, lead_back):
        """Serve these URL patterns beside the lists; `home_context(request)` fills the index.

        `sign_in(site, request, extra)` and `change_password(request, djangos_page, extra)` answer
        for Django's own pages, `lead_back(request)` for a button pressed by who is signed out.
        """
        self.task_pages, self.home_context = task_pages, home_context
        self.sign_in, self.change_password = sign_in, change_password
        self.lead_back = lead_back

    def has_permission(self, request):
        from . import policy
        from .pages.actor import shown_to

        return bool(policy.may_sign_in(request.user, entries=shown_to(request).entries))

    def admin_view(self, view, cacheable=False):
        """Django's gate; besides, a change that was denied is in the audit log, and a sign-in in
        between does not lead to an address that only takes a button's press."""
        gate = super().admin_view(_recording_refusals(view), cacheable)

        @wraps(gate)
        def answer(request, *args, **names):
            is_press = request.method == "POST" and request.path != reverse("admin:logout")
            if is_press and not self.has_permission(request):
                return self.lead_back(request)
            return gate(request, *args, **names)

        return answer

    def app_index(self, request, app_label, extra_context=None):
        """The crumb “Set-up” leads home: that is where all lists are."""
        return HttpResponseRedirect(reverse("admin:index"))

    def login(self, request, extra_context=None):
        return self.sign_in(self, request, extra_context)

    def password_change(self, request, extra_context=None):
        return self.change_password(request, super().password_change, extra_context)

    def get_urls(self):
        return [*self.task_pages, *super().get_urls()]

    def each_context(self, request):
        from .pages.navigation import navigation

        context = super().each_context(request)
        return context | navigation(request, context["available_apps"])

    def index(self, request, extra_context=None):
        return super().index(request, self.home_context(request) | (extra_context or {}))


def _recording_refusals(view):
    @wraps(view)
    def answer(request, *args, **names):
        try:
            return view(request, *args, **names)
        except PermissionDenied as refusal:
            if request.method == "POST":
                _record_refusal(request, str(refusal))
            raise

    return answer


def _record_refusal(request, reason):
    from . import audit
    from .pages.actor import actor_of

    actor = actor_of(request)
    reason = reason or _("You may not change this.")
    audit.record("page.refused", _("Refused for {actor} at {path}: {reason}").format(
        actor=actor.name, path=request.path, reason=reason),
                 actor=actor, outcome="refused", reason=reason, path=request.path[:300])


site = ReleaseSite()
site.disable_action("delete_selected")
