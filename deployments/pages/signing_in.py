"""Signing in: name and password, then a code where the account has a second step."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, get_user_model, login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from .. import audit, policy
from ..errors import Refused
from ..services import second_step, sessions, throttle
from . import (
    known_browser,
    session_limits,  # noqa: F401  (it writes down that a session begins, and ends)
)
from .actor import actor_of, client_address
from .door import see, see_other, show

PENDING = "second_step"
PENDING_S = 300
"""So long the right password waits for its code."""


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
        """The name is recorded, so that guessing is seen; never the password."""
        record_refusal(self.request, self.cleaned_data["username"], _("Wrong name or password."))
        return super().get_invalid_login_error()

    def confirm_login_allowed(self, user):
        decision = policy.may_sign_in(user)
        if decision:
            return
        _record_known(self.request, user, decision.reason)
        raise ValidationError(f"{decision.reason} {decision.remedy}".strip(), code="no_entry")


class SignIn(LoginView):
    """The first step. What must wait is not looked at."""

    authentication_form = SignInForm
    template_name = "admin/login.html"
    next_page = "admin:index"  # where an address that is not ours would lead elsewhere

    def post(self, request, *args, **kwargs):
        name = request.POST.get("username", "").replace("\0", "")  # no database keeps that
        self.attempt = count(request, name)
        if self.attempt.wait_s:
            form = self.get_form_class()(request, initial={"username": name[:150]})
            return held(self.attempt, self.render_to_response(self.get_context_data(
                form=form, refusal=refusal_of(request, self.attempt, name))))
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        user, there = form.get_user(), self.get_success_url()
        if not second_step.is_on(user):
            throttle.forgive(self.attempt)
            return let_in(self.request, user, there)
        throttle.forgive(self.attempt, is_whole=False)
        self.request.session.cycle_key()
        self.request.session[PENDING] = {
            "user": user.pk, "password": user.get_session_auth_hash(), "next": there,
            "until": int(time.time()) + PENDING_S}
        return see_other("sign-in-code")


def sign_in(site, request, extra_context=None):
    """The first step as a view of the admin site; whoever is in already goes home."""
    home = reverse("admin:index")
    if request.method == "GET" and site.has_permission(request):
        return HttpResponseRedirect(home)
    context = {**site.each_context(request), "title": _("Sign in"),
               "app_path": request.get_full_path(), "username": request.user.get_username()}
    if REDIRECT_FIELD_NAME not in {*request.GET, *request.POST}:
        context[REDIRECT_FIELD_NAME] = home
    return SignIn.as_view(extra_context=context | (extra_context or {}))(request)


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "POST"])
def code(request):
    """The second step, for five minutes after the right password."""
    user, there = _pending(request)
    if user is None:
        request.session.pop(PENDING, None)
        return see(f"{reverse('admin:login')}")
    if request.method == "GET":
        return _code_page(request)
    attempt = count(request, user.get_username())
    if attempt.wait_s:
        refusal = refusal_of(request, attempt, user.get_username())
        return held(attempt, _code_page(request, refusal))
    how = second_step.accepts(user, request.POST.get("code", ""))
    if not how:
        _record_known(request, user, second_step.WRONG[0])
        return _code_page(request, Refused(*second_step.WRONG), status=403)
    throttle.forgive(attempt)
    del request.session[PENDING]
    return let_in(request, user, there, how=how)


def let_in(request, user, there, *, how=""):
    """Open the session (with a new key) and lead to where the person wanted to go."""
    request.is_two_step = bool(how)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    actor, by = actor_of(request), {"app": _(" with a second step"), "recovery": (
        _(" with a recovery code; {codes_left} are left").format(
            codes_left=second_step.codes_left(user)))}.get(how, "")
    audit.record("session.opened",
                 _("{actor} signed in{by}").format(actor=actor.name, by=by), actor=actor,
                 second_step=how or "none")
    response = HttpResponseRedirect(there)
    known_browser.remember(response, user.get_username())
    return response


def new_key(request):
    """The session is worth more than before: a key that somebody saw until now opens nothing."""
    request.session.cycle_key()
    sessions.renew(request.sign_in, request.session.session_key)


def count(request, name):
    """Count a try of this request at `name`, as a `throttle.Try`."""
    return throttle.count(name, client_address(request), known_browser.secret_of(request, name))


def refusal_of(request, attempt, name):
    """What is said to somebody who must wait; the log says it once in a wait."""
    if attempt.is_news:
        record_refusal(request, name,
                       _("{reason} Until then every try is refused.").format(reason=attempt.reason))
    return Refused(attempt.reason, _("Nothing you type before then is looked at."))


def held(attempt, response):
    """The page as an answer 429, with `Retry-After` (RFC 6585, 4)."""
    response.status_code = 429
    response.headers["Retry-After"] = str(attempt.wait_s)
    return response


def record_refusal(request, name, reason):
    """A try that failed, by the name as it was typed; of a name that no account has only the
    fingerprint: people type their password there, too, and the log forgets nothing."""
    name = name.replace("\0", "").strip()[:throttle.LONGEST_NAME]
    if get_user_model().objects.filter(username__iexact=name).exists():
        whom = f"“{name}”"
    else:
        name = audit.fingerprint(name)
        whom = _("a name that no account has ({name})").format(name=name)
    audit.record("session.opened",
                 _("Refused for {whom}: {reason}").format(whom=whom, reason=reason),
                 actor=Stranger(client_address(request)), outcome="refused", reason=reason,
                 typed_name=name)


def _record_known(request, user, reason):
    """The same of somebody who knew the password."""
    actor = policy.Actor(user=user, address=client_address(request))
    audit.record("session.opened", _("Refused for {actor}: {reason}").format(
        actor=actor.name, reason=reason), actor=actor,
                 outcome="refused", reason=reason)


def _pending(request):
    """(user, where to) of who gave the right password and still owes a code; (None, "")."""
    kept = request.session.get(PENDING) or {}
    user = get_user_model().objects.filter(pk=kept.get("user"), is_active=True).first()
    is_same = user is not None and time.time() < kept["until"] and constant_time_compare(
        kept["password"], user.get_session_auth_hash())
    if not is_same or not policy.may_sign_in(user):
        return None, ""
    return user, kept["next"]


def _code_page(request, refusal=None, *, status=200):
    return show(request, "sign-in/code.html", status=status, title=_("Your code"), refusal=refusal)
