"""The one admin site: its index shows what is live where; the task pages are its views."""

from dataclasses import dataclass
from functools import wraps

from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect


@dataclass(frozen=True)
class Stranger:
    """Whoever has not signed in, as the audit log takes an actor."""

    address: str
    name: str = "Somebody not signed in"
    user: object = None


class SignInForm(AuthenticationForm):
    """Lets in whoever policy lets in; says why not only to somebody who knew the password."""

    required_css_class = "required"

    def get_invalid_login_error(self):
        """The name as typed is recorded, so that guessing is seen; never the password."""
        from . import audit
        from .pages.actor import client_address

        name, reason = self.cleaned_data["username"][:150], "Wrong name or password."
        audit.record("session.opened", f"Refused for “{name}”: {reason}",
                     actor=Stranger(client_address(self.request)), outcome="refused",
                     reason=reason, typed_name=name)
        return super().get_invalid_login_error()

    def confirm_login_allowed(self, user):
        from . import audit, policy
        from .pages.actor import client_address

        decision = policy.may_sign_in(user)
        if decision:
            return
        actor = policy.Actor(user=user, address=client_address(self.request))
        audit.record("session.opened", f"Refused for {actor.name}: {decision.reason}",
                     actor=actor, outcome="refused", reason=decision.reason)
        raise ValidationError(f"{decision.reason} {decision.remedy}".strip(), code="no_entry")


class ReleaseSite(admin.AdminSite):
    """Whoever has a grant may sign in; model permissions give set-up only."""

    site_header = "Release manager"
    site_title = "Release manager"
    index_title = "What's live where"
    login_form = SignInForm
    task_pages = ()
    home_context = None

    def open(self, task_pages, *, home_context):
        """Serve these URL patterns beside the lists; `home_context(request)` fills the index."""
        self.task_pages, self.home_context = task_pages, home_context

    def has_permission(self, request):
        from . import policy

        return bool(policy.may_sign_in(request.user))

    def admin_view(self, view, cacheable=False):
        """Django's gate; besides, a change that was denied is in the audit log."""
        return super().admin_view(_recording_refusals(view), cacheable)

    def login(self, request, extra_context=None):
        from . import audit
        from .pages.actor import actor_of

        response = super().login(request, extra_context)
        # Whoever was signed in before is so after wrong words, too: only success leads elsewhere.
        if request.method == "POST" and isinstance(response, HttpResponseRedirect):
            actor = actor_of(request)
            audit.record("session.opened", f"{actor.name} signed in", actor=actor)
        return response

    def get_urls(self):
        return [*self.task_pages, *super().get_urls()]

    def each_context(self, request):
        from .pages.navigation import navigation

        return super().each_context(request) | navigation(request)

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
    reason = reason or "You may not change this."
    audit.record("page.refused", f"Refused for {actor.name} at {request.path}: {reason}",
                 actor=actor, outcome="refused", reason=reason, path=request.path[:300])


site = ReleaseSite()
site.disable_action("delete_selected")
