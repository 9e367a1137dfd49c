"""A cookie by which a browser shows that its person has signed in with it before; opens nothing."""

import secrets

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

from ..services.throttle import folded

COOKIE = "known_browser"
SALT = "deployments.known-browser"
KEPT_S = 90 * 24 * 3600


def secret_of(request, name):
    """The browser's secret, if that person has signed in with it before; else ""."""
    try:
        person, secret = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT_S)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return secret if person == _called(name) else ""


def remember(response, name):
    """Let the browser show from now on that `name` has signed in with it."""
    value = signing.dumps([_called(name), secrets.token_urlsafe(16)], salt=SALT)
    response.set_cookie(COOKIE, value, max_age=KEPT_S, httponly=True, samesite="Strict",
                        secure=settings.SESSION_COOKIE_SECURE)


def _called(name):
    """What stands for a user name in the cookie: it is nobody's to read."""
    return salted_hmac(SALT, folded(name)).hexdigest()[:32]
