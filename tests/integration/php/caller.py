"""Somebody at the endpoint's door: sends what a test says, right or wrong in every part."""

import hashlib
import hmac
import http.client
import json
import secrets
import time
from dataclasses import dataclass, field

from tests.integration.php.site import KEY

STATUS = b'{"act":"status"}'


@dataclass(frozen=True)
class Answer:
    """`headers` without Date, in the order they came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class Letter:
    """A correct request; tests spoil one part of it before or after it is signed."""

    method: str = "POST"
    path: str = "/door"
    body: bytes = STATUS
    token: str = "tok-1"
    key: str = KEY
    sent_at: int = field(default_factory=lambda: int(time.time()))
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    def headers(self) -> dict[str, str]:
        body_hash = hashlib.sha256(self.body).hexdigest()
        text = "\n".join([self.method, self.path, str(self.sent_at), self.nonce, body_hash])
        return {
            "Content-Type": "application/json",
            "X-Releasemgr-Token": self.token,
            "X-Releasemgr-Time": str(self.sent_at),
            "X-Releasemgr-Nonce": self.nonce,
            "X-Releasemgr-Signature": self.sign(text),
        }

    def sign(self, text: str) -> str:
        return hmac.new(bytes.fromhex(self.key), text.encode(), hashlib.sha256).hexdigest()


def post(
    port: int,
    letter: Letter,
    *,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    path: str | None = None,
    method: str | None = None,
    source: str = "127.0.0.1",
) -> Answer:
    """Send the letter; the keyword arguments change it after it was signed."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(source, 0))
    link.request(
        method or letter.method,
        path or letter.path,
        body=letter.body if body is None else body,
        headers={**letter.headers(), **(headers or {})},
    )
    came = link.getresponse()
    text = came.read()
    link.close()
    kept = [(name, value) for name, value in came.getheaders() if name != "Date"]
    return Answer(came.status, kept, text)
