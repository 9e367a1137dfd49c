"""One HTTP request with one total deadline, to the address we chose and the name we check.

No redirects, no proxies or netrc from the environment, no cookies, no retries, no reuse.
"""

import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from socket import gaierror, socket
from urllib.parse import urlsplit

import requests
from django.utils.translation import gettext as _

from deployments.remote.faults import RemoteFault, TimedOut, Unreachable, WrongAnswer
from deployments.remote.http_line import Line, LineAdapter
from deployments.remote.ssh_forward import split_address
from deployments.remote.ssh_socket import connect

BLOCK = 64 * 1024
_SITE = re.compile(r"https?://[^\s/?#@\\]+")
_PATH = re.compile(r"/[!-~]*")


@dataclass(frozen=True)
class HttpCall:
    """What to ask. `site` is "https://shop.example[:port]": its name is the Host header, the SNI
    and the name in the certificate, wherever the connection goes.

    The connection comes from `dial()` (an SSH tunnel), else goes to `address` ("127.0.0.1:443"),
    else to the site's own name. `ca_bundle` is a file of trusted roots instead of the usual ones.
    """

    site: str
    path: str = "/"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    dial: Callable[[], socket] | None = field(default=None, repr=False)
    address: str = ""
    deadline_s: float = 10
    max_bytes: int = 1024 * 1024
    ca_bundle: str = ""
    server: str = ""

    def __post_init__(self):
        if not (_SITE.fullmatch(self.site) and _PATH.fullmatch(self.path)):
            raise ValueError("site must be http(s)://name[:port], path must be plain ASCII from /")


@dataclass(frozen=True)
class HttpAnswer:
    """Header names are in lower case; `elapsed_ms` is from dialling to the body's last byte."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    elapsed_ms: float


class _TooLong(Exception):
    """More bytes than allowed."""


def ask(call: HttpCall) -> HttpAnswer:
    """Return the answer, whatever its status.

    Unreachable without a trusted connection, TimedOut after `deadline_s`, WrongAnswer for what is
    no HTTP, is cut off or is longer than `max_bytes`; faults of `dial` pass through.
    """
    started_at = time.monotonic()
    ends_at = started_at + call.deadline_s
    line = Line(lambda left_s: connect_for(call, timeout_s=left_s), ends_at=ends_at)
    try:
        with requests.Session() as session, line:
            session.trust_env = False
            session.mount(call.site, LineAdapter(line, ca_bundle=call.ca_bundle))
            status, headers, body = _exchange(session, call)
        line.check()
    except Exception as error:
        raise fault_of(call, error, is_late=time.monotonic() >= ends_at) from None
    elapsed_ms = (time.monotonic() - started_at) * 1000
    return HttpAnswer(status=status, headers=headers, body=body, elapsed_ms=elapsed_ms)


def _exchange(session: requests.Session, call: HttpCall) -> tuple[int, dict[str, str], bytes]:
    asked = requests.Request(call.method, call.site + call.path, data=call.body or None)
    prepared = session.prepare_request(asked)
    prepared.url = call.site + call.path  # as a person entered it, dots and all
    prepared.headers.update({"Accept-Encoding": "identity", "Connection": "close"})
    prepared.headers.update(call.headers)
    with session.send(prepared, stream=True, allow_redirects=False) as response:
        blocks = bytearray()
        while block := response.raw.read1(BLOCK, decode_content=False):
            blocks += block
            if len(blocks) > call.max_bytes:
                raise _TooLong
        headers = {name.lower(): value for name, value in response.headers.items()}
        return response.status_code, headers, bytes(blocks)


def connect_for(call: HttpCall, *, timeout_s: float) -> socket:
    """Return the connection that `ask` would use; faults of `dial` and OSError pass through."""
    if call.dial:
        return call.dial()
    place = urlsplit(call.site)
    standard_port = 443 if place.scheme == "https" else 80
    address = call.address or f"{place.hostname}:{place.port or standard_port}"
    host, port = split_address(address)
    return connect(host, port=port, timeout_s=timeout_s)


def fault_of(call: HttpCall, error: Exception, *, is_late: bool) -> RemoteFault:
    """Return our fault for what requests, urllib3 or ssl raised; their own texts are not shown."""
    place, server, causes = _place(call), call.server, _causes(error)
    for cause in causes:
        if isinstance(cause, RemoteFault):
            return cause
    if is_late:
        limit = _("did not answer completely within {deadline_s:g} s; is it overloaded?").format(
            deadline_s=call.deadline_s)
        return TimedOut(f"{place} {limit}", server=server)
    for cause in causes:
        if isinstance(cause, _TooLong):
            return WrongAnswer(_("{place} sent more than {max_bytes} bytes.").format(
                place=place, max_bytes=call.max_bytes), server=server)
        if isinstance(cause, ssl.SSLError):
            why = getattr(cause, "verify_message", "") or cause.reason or _("TLS failed")
            why = why.rstrip(".")  # OpenSSL ends some of its sentences, others not
            sentence = _("{place} has no certificate that is valid for this name: {why}.").format(
                place=place, why=why)
            return Unreachable(sentence, server=server)
        if why := _unreachable(cause):
            return Unreachable(_("{place} cannot be reached: {why}.").format(
                place=place, why=why), server=server)
    return WrongAnswer(_("{place} gave no complete HTTP answer.").format(place=place),
                       server=server)


def _unreachable(cause: BaseException) -> str:
    """Return why there was no connection; "" for an error of another kind."""
    if isinstance(cause, ConnectionRefusedError | gaierror):
        return cause.strerror
    # Plain OSError is what connect() raises, such as "No route to host".
    return cause.strerror or "" if type(cause) is OSError and cause.errno else ""


def _causes(error: BaseException) -> list[BaseException]:
    """Return the error and all that it was made from, the outermost first."""
    found, waiting = [], [error]
    while waiting:
        cause = waiting.pop(0)
        if cause not in found:
            found.append(cause)
            near = [cause.__cause__, cause.__context__, *cause.args, getattr(cause, "reason", None)]
            waiting += [each for each in near if isinstance(each, BaseException)]
    return found


def _place(call: HttpCall) -> str:
    through = _("an SSH tunnel") if call.dial else call.address
    where = _("{site} at {through}").format(
        site=call.site, through=through) if through else call.site
    return f"{call.server} ({where})" if call.server else where
