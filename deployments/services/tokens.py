"""Verbs on tokens: issue, rotate, revoke, install. Servers learn of each by a task."""

import secrets
from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit, policy, queue
from ..errors import Refused
from ..models import Token, TokenInstall
from ..models.fields import validate_networks
from .acting import acting, demand, hold

OVERLAP = timedelta(hours=1)
"""How long servers accept the old token beside the one that replaced it."""

AWHILE = timedelta(minutes=15)
"""How long a token's first sending may take before it is sent again."""


def issue(actor, environment, *, networks="127.0.0.1/32\n::1/128", expires_at=None):
    """Make a token for the environment's guarded endpoints and send it to its servers."""
    with acting(actor, "token.issued", environment=environment):
        demand(policy.may_set_up(actor, environment.project))
        if expires_at is not None and expires_at <= timezone.now():
            raise Refused(_("The token would have expired already."), _("Choose a later time."))
        token = _new(actor, environment, networks, expires_at)
        _send(environment)
        audit.record("token.issued", _("{actor} issued token {public_id} for {environment}").format(
            actor=actor.name, public_id=token.public_id, environment=environment),
                     actor=actor, environment=environment,
                     token=token.public_id, networks=networks)
        return token


def _new(actor, environment, networks, expires_at):
    try:
        validate_networks(networks)
    except ValidationError as error:
        raise Refused(error.message) from None
    if not networks.strip():
        raise Refused(_("A token needs at least one network."),
                      _("127.0.0.1/32 is the server itself."))
    return Token.objects.create(
        environment=environment, public_id=secrets.token_hex(8), key=secrets.token_hex(32),
        networks=networks, expires_at=expires_at, issued_by=actor.user,
        issued_by_name=actor.name)


def rotate(actor, token):
    """Replace a token by one that lasts as long; both are accepted for `OVERLAP`, then only the
    new one."""
    with acting(actor, "token.rotated", environment=token.environment):
        demand(policy.may_set_up(actor, token.environment.project))
        hold(token)
        if token.revoked_at or token.replaced_by_id:
            raise Refused(_("This token has been replaced or revoked already."))
        now = timezone.now()
        until = token.expires_at and _later(now, token.expires_at - token.issued_at)
        new = _new(actor, token.environment, token.networks, until)
        token.replaced_by = new
        token.expires_at = min(filter(None, [token.expires_at, now + OVERLAP]))
        token.save(update_fields=["replaced_by", "expires_at"])
        audit.record("token.rotated", _("{actor} replaced token {old} by {new}").format(
            actor=actor.name, old=token.public_id, new=new.public_id),
                     actor=actor, environment=token.environment,
                     token=token.public_id, replaced_by=new.public_id)
        _send(token.environment)
        return new


def _later(at, lasting):
    try:
        return at + lasting
    except OverflowError:
        return datetime(9999, 12, 30, tzinfo=UTC)  # every time zone can still show it


def revoke(actor, token):
    """Stop using a token at once; it is done when every server confirmed that it forgot it."""
    with acting(actor, "token.revoked", environment=token.environment):
        demand(policy.may_set_up(actor, token.environment.project))
        hold(token)
        if token.revoked_at:
            raise Refused(_("This token is revoked already."))
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        audit.record("token.revoked", _("{actor} revoked token {public_id}").format(
            actor=actor.name, public_id=token.public_id),
                     actor=actor, environment=token.environment, token=token.public_id)
        _send(token.environment)


def install(actor, token):
    """Send the environment's tokens and endpoint to its servers again."""
    with acting(actor, "token.install_requested", environment=token.environment):
        demand(policy.may_set_up(actor, token.environment.project))
        audit.record("token.install_requested",
                     _("{actor} sent the tokens of {environment} to its servers again").format(
                         actor=actor.name, environment=token.environment), actor=actor,
                     environment=token.environment, token=token.public_id)
        _send(token.environment)


def _send(environment):
    """Wake every installation that is in use, and every other that may hold what it must not."""
    valid = Token.objects.valid(timezone.now()).filter(environment=environment)
    active = environment.installations.filter(is_active=True)
    for installation in active:
        for token in valid:
            TokenInstall.objects.get_or_create(token=token, installation=installation)
    owing = TokenInstall.objects.filter(_must_be_forgotten(), token__environment=environment)
    _wake({*active.values_list("pk", flat=True), *owing.values_list("installation_id", flat=True)})


def _wake(installations):
    for pk in sorted(installations):
        queue.wake(queue.INSTALL_TOKENS, pk)


def _must_be_forgotten():
    """Rows of ended tokens that a server has not confirmed to have forgotten. One that never
    confirmed to have the token may hold it too: its answer can have been lost."""
    return ~Q(state=TokenInstall.REMOVED) & ~Q(token__in=Token.objects.valid(timezone.now()))


def send_unfinished():
    """Send again to each installation that holds another list of tokens than it should."""
    now = timezone.now()
    has_waited = ~Q(problem="") | Q(token__issued_at__lt=now - AWHILE)
    must_be_installed = has_waited & ~Q(state=TokenInstall.INSTALLED) & Q(
        token__in=Token.objects.valid(now), installation__is_active=True,
        token__environment=F("installation__environment"))
    rows = TokenInstall.objects.filter(_must_be_forgotten() | must_be_installed)
    _wake(set(rows.values_list("installation_id", flat=True)))


def newest_installed(installation):
    """The token to sign with there: the newest valid one that the server confirmed, or None."""
    valid = Token.objects.valid(timezone.now()).filter(environment=installation.environment)
    return valid.filter(
        installs__installation=installation, installs__state=TokenInstall.INSTALLED
    ).order_by("-pk").first()


def is_forgotten(token):
    """Whether no server is left that may hold it."""
    return not token.installs.exclude(state=TokenInstall.REMOVED).exists()


def ended(token):
    """`revoked`, `expired`, or nothing while servers should accept it."""
    if token.revoked_at:
        return "revoked"
    return "expired" if token.expires_at and token.expires_at <= timezone.now() else ""


def state_sentence(token):
    """`installed on web-1 ✓, web-2 pending`, or what is left to do for one that has ended; a
    server that could not take it names why."""
    parts, has_ended = [], ended(token)
    for row in token.installs.select_related("installation__server"):
        name = row.installation.server.name
        why = f" ({row.problem})" if row.problem else ""
        if has_ended:
            parts.append(_("forgotten by {name} ✓").format(
                name=name) if row.state == TokenInstall.REMOVED
                         else _("{name} still pending{why}").format(name=name, why=why))
        else:
            parts.append(_("installed on {name} ✓").format(
                name=name) if row.state == TokenInstall.INSTALLED
                         else f"{name} pending{why}")
    return ", ".join(parts) or _("no server yet")
