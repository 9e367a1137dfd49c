"""The two doors to PHP on a server, both leading to control.php: FastCGI, and the guarded endpoint.

Each turns every bad answer into one fault with a sentence; a dict that comes back was made by
control.php inside a web SAPI.
"""

import hashlib
import hmac
import json
import re
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext as _

from deployments.remote import fastcgi, http
from deployments.remote.faults import (
    DoorRefused,
    DoorUnusable,
    RemoteFault,
    TimedOut,
    Unreachable,
    WrongAnswer,
)

MAX_BYTES = 8 * 1024 * 1024
# Nothing on the way rewrites such a path, so the server sees the one that was signed.
_SIGNABLE = re.compile(r"/[A-Za-z0-9._~/-]*")
REFUSAL = b"Not found.\n"  # endpoint.php's one answer to whatever it refuses


class FastCgiDoor:
    """Asks one pool directly. `dial` opens its socket, usually through the SSH connection."""

    def __init__(self, dial: Callable[[], socket.socket], control_path: str, *, server: str = ""):
        self.dial, self.control_path, self.server = dial, control_path, server

    def ask(self, act: str, *, deadline_s: float, **payload) -> dict:
        """Return control.php's answer to `act`; DoorUnusable, TimedOut, or a fault of `dial`."""
        deadline = time.monotonic() + deadline_s
        body = _body(act, payload)
        try:
            with self.dial() as sock:
                status, __, answer, stderr = fastcgi.request(
                    sock,
                    _params(self.control_path, len(body)),
                    body,
                    deadline=deadline,
                    max_bytes=MAX_BYTES,
                )
        except TimeoutError:
            raise _late(self.server, deadline_s) from None
        except (fastcgi.BadRecord, OSError) as error:
            raise DoorUnusable(
                _("{at} does not answer as PHP-FPM does: {text}; check that the pool runs and that "
                  "this is its socket.").format(at=_at(self.server), text=_text(error)),
                server=self.server,
            ) from None
        if status != 200:
            raise self._refusal(status, stderr)
        return _understood(answer, server=self.server)

    def _refusal(self, status: int, stderr: bytes) -> DoorUnusable:
        reasons = {
            403: _("does not run {control_path} (security.limit_extensions?)").format(
                control_path=self.control_path),
            404: _("cannot read {control_path}; check its folder's permissions, open_basedir and "
                   "chroot").format(control_path=self.control_path),
        }
        reason = reasons.get(status, f"failed with status {status}")
        told = " ".join(stderr.decode("utf-8", "replace").split())[:200]
        said = _(" (PHP says: {told})").format(told=told) if told else ""
        return DoorUnusable(f"{_at(self.server)} {reason}{said}.", server=self.server)


class EndpointDoor:
    """Asks through endpoint.php on the web server, each request signed and each answer verified.

    `call` is the template: site, address or dial, CA bundle. `key` is the token's key in hex.
    """

    def __init__(
        self,
        call: http.HttpCall,
        path: str,
        token_id: str,
        key: str,
        *,
        clock: Callable[[], float] = time.time,
    ):
        if not _SIGNABLE.fullmatch(path):
            raise ValueError("the endpoint's path may hold letters, digits and ._~/- only")
        self.call, self.path, self.token_id = call, path, token_id
        self._key, self._clock = bytes.fromhex(key), clock

    def ask(self, act: str, *, deadline_s: float, **payload) -> dict:
        """Return control.php's answer to `act`.

        DoorRefused for a refused token, DoorUnusable for whatever else is in the way, TimedOut,
        WrongAnswer for an answer that our key did not sign for this very request.
        """
        nonce = secrets.token_hex(16)
        try:
            answer = http.ask(self.question(act, payload, nonce=nonce, deadline_s=deadline_s))
        except (Unreachable, WrongAnswer) as fault:
            raise DoorUnusable(str(fault), server=fault.server) from None
        if answer.status != 200:
            raise self._refusal(answer, nonce=nonce)
        self._verify(answer, nonce=nonce)
        return _understood(answer.body, server=self.call.server)

    def question(self, act: str, payload: dict, *, nonce: str, deadline_s: float) -> http.HttpCall:
        """Return the signed request that `ask` sends; good for one use on the server."""
        body = _body(act, payload)
        return replace(
            self.call,
            method="POST",
            path=self.path,
            body=body,
            headers=self._headers(body, nonce=nonce),
            deadline_s=deadline_s,
            max_bytes=MAX_BYTES,
        )

    def _headers(self, body: bytes, *, nonce: str) -> dict[str, str]:
        sent_at = str(int(self._clock()))
        text = "\n".join(["POST", self.path, sent_at, nonce, hashlib.sha256(body).hexdigest()])
        return {
            "Content-Type": "application/json",
            "X-Releasemgr-Token": self.token_id,
            "X-Releasemgr-Time": sent_at,
            "X-Releasemgr-Nonce": nonce,
            "X-Releasemgr-Signature": self._sign(text),
        }

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def _verify(self, answer: http.HttpAnswer, *, nonce: str) -> None:
        shown = answer.headers.get("x-releasemgr-answer", "")
        expected = self._sign(f"{nonce}\n{hashlib.sha256(answer.body).hexdigest()}")
        if hmac.compare_digest(shown.encode(), expected.encode()):
            return
        if shown:
            raise WrongAnswer(
                _("{place} sent an answer that does not belong to our question; ask again, and if "
                  "it stays, install the token again.").format(place=self._place()),
                server=self.call.server,
            )
        kind = _("nothing") if not answer.body.strip() else _("a page that is not our endpoint's")
        raise DoorUnusable(
            _("{place} answers with {kind}; let the web server run endpoint.php there.").format(
                place=self._place(), kind=kind),
            server=self.call.server,
        )

    def _refusal(self, answer: http.HttpAnswer, *, nonce: str) -> RemoteFault:
        status, place, server = answer.status, self._place(), self.call.server
        if status == 404 and answer.body == REFUSAL:
            sentence = _("{place} refuses our token; the server's refusal log names the "
                         "reason.").format(place=place)
            return DoorRefused(sentence, server=server, request=_in_log(nonce))
        if status in (401, 403):
            return DoorRefused(
                _("{place} is closed by the web server itself (status {status}); allow POST from "
                  "our address there.").format(place=place, status=status),
                server=server,
            )
        if status == 404:
            reason = _("does not exist (404); install it, and let the web server lead there")
        elif 300 <= status < 400:
            target = answer.headers.get("location", "another address")[:200]
            reason = _("redirects to {target}, which we do not follow; enter the final "
                       "address").format(target=target)
        else:
            reason = _("fails with status {status}; look at the web server's and PHP's "
                       "error logs").format(status=status)
        return DoorUnusable(f"{place} {reason}.", server=server)

    def _place(self) -> str:
        where = f"{self.call.site}{self.path}"
        return _("The endpoint on {server} ({where})").format(
            server=self.call.server, where=where) if self.call.server else where


def _params(control_path: str, body_bytes: int) -> dict[str, str]:
    return {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "releasemgr",
        "REQUEST_METHOD": "POST",
        "REQUEST_URI": "/",
        "SCRIPT_NAME": "/",
        "SCRIPT_FILENAME": control_path,
        "QUERY_STRING": "",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(body_bytes),
        # HTTP headers arrive as HTTP_…, so no visitor can set this one.
        "RELEASEMGR_DIRECT": "1",
    }


def _in_log(nonce: str) -> str:
    """Return what endpoint.php's refusal log calls the request with this nonce."""
    return hashlib.sha256(nonce.encode()).hexdigest()[:16]


def _body(act: str, payload: dict) -> bytes:
    return json.dumps({"act": act, **payload}, separators=(",", ":")).encode()


def _understood(body: bytes, *, server: str) -> dict:
    """Return the answer as a dict; DoorUnusable unless control.php says ok from a web SAPI."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        kind = _("nothing") if not body.strip() else _("something else")
        raise DoorUnusable(
            _("{at} answers with {kind} instead of control.php's answer; install the door again "
              "and look at PHP's error log.").format(at=_at(server), kind=kind),
            server=server,
        )
    sapi = str(answer.get("sapi", ""))
    if answer["ok"] and (not sapi or sapi.startswith(("cli", "phpdbg"))):
        raise DoorUnusable(
            _("{at} answers from the SAPI {sapi}, whose cache no visitor uses; lead this door to "
              "the pool that serves the site.").format(at=_at(server), sapi=sapi or _("unknown")),
            server=server,
        )
    if not answer["ok"]:
        told = " ".join(str(answer.get("error", "no reason given")).split())[:300]
        raise DoorUnusable(_("{at} says no: {told}").format(at=_at(server), told=told),
                           server=server)
    return answer


def _late(server: str, deadline_s: float) -> TimedOut:
    return TimedOut(
        _("{at} did not answer within {deadline_s:g} s; all its workers may be busy.").format(
            at=_at(server), deadline_s=deadline_s),
        server=server,
    )


def _at(server: str) -> str:
    return _("PHP on {server}").format(server=server) if server else "PHP"


def _text(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
