"""Who is asking: the one place where a request becomes a `policy.Actor`."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .. import policy

UNKNOWN = _("an unknown address")
"""Lies in no network, so entries bound to networks do not count for it."""


def actor_of(request):
    """The signed-in person, the address they come from, and how surely we know who it is."""
    sign_in = getattr(request, "sign_in", None)
    proofs = {"is_two_step": sign_in.is_two_step, "fresh_at": sign_in.fresh_at} if sign_in else {}
    return policy.Actor(user=request.user, address=client_address(request), **proofs)


def shown_to(request):
    """The same with the person's entries (`policy.gathered`), read once per request and person: for
    the gate, the menu and pages that only show, which ask hundreds of questions."""
    known = getattr(request, "gathered", None)
    if known is None or known.user.pk != request.user.pk:  # somebody else, after a sign-in
        known = request.gathered = policy.gathered(actor_of(request))
    return known


def client_address(request):
    """The peer's IP address; behind a trusted proxy, the right-most one it did not make up.

    `X-Forwarded-For` is read from the right, and only as long as the address that wrote an
    entry lies in `TRUSTED_PROXIES`: whatever a client put there itself stays unread.
    """
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    address = policy.plain_address(request.META.get("REMOTE_ADDR", ""))
    while address is not None and hops and hops[-1] and _is_proxy(address):
        address = policy.plain_address(hops.pop())
    return UNKNOWN if address is None else str(address)


def _is_proxy(address):
    trusted = settings.TRUSTED_PROXIES
    return bool(trusted) and policy.is_inside(str(address), "\n".join(trusted))
