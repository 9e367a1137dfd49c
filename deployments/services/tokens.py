"""Verbs on tokens: issue, rotate, revoke, install. Servers learn of each by a task."""

import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

from .. import audit, policy, queue
from ..errors import Refused
from ..models import Token, TokenInstall
from ..models.fields import validate_networks
from .acting import acting, demand, hold

OVERLAP = timedelta(hours=1)
"""How long servers accept the old token beside the one that replaced it."""


def _demand_setup(actor, environment):
    allowed = actor.user.is_active and actor.user.has_perm("deployments.change_token")
    demand(policy.Decision(
        allowed, f"You may not manage the tokens of {environment}.", "Ask an administrator."))


def issue(actor, environment, *, networks="127.0.0.1/32\n::1/128", expires_at=None):
    """Make a token for the environment's guarded endpoints and send it to its servers."""
    with acting(actor, "token.issued", environment=environment):
        _demand_setup(actor, environment)
        if expires_at is not None and expires_at <= timezone.now():
            raise Refused("The token would have expired already.", "Choose a later time.")
        token = _new(actor, environment, networks, expires_at)
        _send(environment)
        audit.record("token.issued", f"{actor.name} issued token {token.public_id} for "
                     f"{environment}", actor=actor, environment=environment,
                     token=token.public_id, networks=networks)
        return token


def _new(actor, environment, networks, expires_at):
    try:
        validate_networks(networks)
    except ValidationError as error:
        raise Refused(error.message) from None
    if not networks.strip():
        raise Refused("A token needs at least one network.", "127.0.0.1/32 is the server itself.")
    return Token.objects.create(
        environment=environment, public_id=secrets.token_hex(8), key=secrets.token_hex(32),
        networks=networks, expires_at=expires_at, issued_by=actor.user,
        issued_by_name=actor.name)


def rotate(actor, token):
    """Replace a token by one that lasts as long; both are accepted for `OVERLAP`, then only the
    new one."""
    with acting(actor, "token.rotated", environment=token.environment):
        _demand_setup(actor, token.environment)
        hold(token)
        if token.revoked_at or token.replaced_by_id:
            raise Refused("This token has been replaced or revoked already.")
        now = timezone.now()
        until = token.expires_at and now + (token.expires_at - token.issued_at)
        new = _new(actor, token.environment, token.networks, until)
        token.replaced_by = new
        token.expires_at = min(filter(None, [token.expires_at, now + OVERLAP]))
        token.save(update_fields=["replaced_by", "expires_at"])
        audit.record("token.rotated", f"{actor.name} replaced token {token.public_id} by "
                     f"{new.public_id}", actor=actor, environment=token.environment,
                     token=token.public_id, replaced_by=new.public_id)
        _send(token.environment)
        return new


def revoke(actor, token):
    """Stop using a token at once; it is done when every server confirmed that it forgot it."""
    with acting(actor, "token.revoked", environment=token.environment):
        _demand_setup(actor, token.environment)
        hold(token)
        if token.revoked_at:
            raise Refused("This token is revoked already.")
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        audit.record("token.revoked", f"{actor.name} revoked token {token.public_id}",
                     actor=actor, environment=token.environment, token=token.public_id)
        _send(token.environment)


def install(actor, token):
    """Send the environment's tokens and endpoint to its servers again."""
    with acting(actor, "token.install_requested", environment=token.environment):
        _demand_setup(actor, token.environment)
        audit.record("token.install_requested", f"{actor.name} sent the tokens of "
                     f"{token.environment} to its servers again", actor=actor,
                     environment=token.environment, token=token.public_id)
        _send(token.environment)


def _send(environment):
    for installation in environment.installations.filter(is_active=True):
        for token in environment.tokens.all():
            TokenInstall.objects.get_or_create(token=token, installation=installation)
        queue.wake(queue.INSTALL_TOKENS, installation.pk)


def send_expired():
    """Let servers forget tokens that have expired; the endpoint refuses them already."""
    gone = TokenInstall.objects.filter(
        token__expires_at__lte=timezone.now(), state=TokenInstall.INSTALLED)
    for pk in gone.values_list("installation_id", flat=True).distinct():
        queue.wake(queue.INSTALL_TOKENS, pk)


def newest_installed(installation):
    """The token to sign with there: the newest valid one that the server confirmed, or None."""
    valid = Token.objects.valid(timezone.now()).filter(environment=installation.environment)
    return valid.filter(
        installs__installation=installation, installs__state=TokenInstall.INSTALLED
    ).order_by("-pk").first()


def state_sentence(token):
    """`installed on web-1 ✓, web-2 pending`, or what is left to do for a revoked one; a server
    that could not take it names why."""
    parts = []
    for row in token.installs.select_related("installation__server"):
        name = row.installation.server.name
        why = f" ({row.problem})" if row.problem else ""
        if token.revoked_at:
            parts.append(f"forgotten by {name} ✓" if row.state == TokenInstall.REMOVED
                         else f"{name} still pending{why}")
        else:
            parts.append(f"installed on {name} ✓" if row.state == TokenInstall.INSTALLED
                         else f"{name} pending{why}")
    return ", ".join(parts) or "no server yet"
