"""The self-test of the guarded endpoint: what must be refused is refused, what must not is not.

For every token the server also holds its *stranger*: a token with its own key that is accepted
from `NOWHERE` alone, a network nobody is in (RFC 5737). Our requests with it are right in all but
where they come from, with and without a forged X-Forwarded-For, so refusing them shows that
the endpoint looks at the socket's peer and at nothing else.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext as _

from deployments.remote import http
from deployments.remote.doors import EndpointDoor
from deployments.remote.faults import DoorUnusable

NOWHERE = "192.0.2.0/24"
FORGED = "192.0.2.1"
OLD_S = 3600


def stranger_of(token_id: str, key: str) -> tuple[str, str]:
    """Return (id, hex key) of the token's stranger; nobody needs to keep it."""
    derived = hmac.new(bytes.fromhex(key), b"releasemgr self-test", hashlib.sha256).hexdigest()
    return f"{token_id}-stranger", derived


def self_test(call: http.HttpCall, path: str, token_id: str, key: str) -> list[str]:
    """Ask in every wrong way, then in the right one; return what was shown, one line each.

    DoorUnusable naming the first wrong way that was not refused, DoorRefused (or another fault of
    the door) when the right way was.
    """
    door = EndpointDoor(call, path, token_id, key)
    answer = door.ask("status", deadline_s=10)
    stranger = EndpointDoor(call, path, *stranger_of(token_id, key))
    forged = {"X-Forwarded-For": FORGED, "X-Real-IP": FORGED, "Forwarded": f"for={FORGED}"}
    wrong_ways: list[tuple[str, Callable[[], http.HttpCall]]] = [
        (_("a wrong token"),
         lambda: _ask(EndpointDoor(call, path, token_id, secrets.token_hex(32)))),
        (
            _("an old request"),
            lambda: _ask(
                EndpointDoor(call, path, token_id, key, clock=lambda: time.time() - OLD_S)
            ),
        ),
        (_("a replay"), lambda: _replayed(door)),
        (_("a right token from outside its networks"), lambda: _ask(stranger)),
        (_("a forged X-Forwarded-For"), lambda: _with_headers(_ask(stranger), forged)),
    ]
    for name, question in wrong_ways:
        status = http.ask(question()).status
        if status != 404:
            raise DoorUnusable(
                _("The endpoint on {server} ({path}) does not refuse {name} (status {status}): "
                  "install it again.").format(
                    server=call.server, path=path, name=name, status=status),
                server=call.server,
            )
    refused = ", ".join(name for name, __ in wrong_ways)
    return [_("Endpoint {path} answers as {sapi}; it refuses {refused}").format(
        path=path, sapi=answer["sapi"], refused=refused)]


def _ask(door: EndpointDoor) -> http.HttpCall:
    return door.question("status", {}, nonce=secrets.token_hex(16), deadline_s=10)


def _replayed(door: EndpointDoor) -> http.HttpCall:
    question = _ask(door)
    status = http.ask(question).status
    if status != 200:
        raise DoorUnusable(
            _("The endpoint on {server} ({path}) answered status {status} to a right "
              "request: try again.").format(
                server=door.call.server, path=door.path, status=status), server=door.call.server)
    return question


def _with_headers(question: http.HttpCall, headers: dict) -> http.HttpCall:
    return replace(question, headers={**question.headers, **headers})
