"""A web server that answers with exactly the bytes a test wants, as badly as it wants."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass
class Request:
    """What arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)


class RawServer:
    """`with RawServer(answer) as server:`; `answer(request)` returns or yields raw bytes.

    `pause_s` is waited after each yielded block. With `context` it speaks TLS; `names` are the
    SNI names that clients asked for.
    """

    def __init__(
        self,
        answer: Callable[[Request], bytes | Iterable[bytes]],
        *,
        pause_s: float = 0,
        context: ssl.SSLContext | None = None,
    ):
        self.answer, self.pause_s, self.context = answer, pause_s, context
        self.requests: list[Request] = []
        self.names: list[str] = []
        if context:
            context.sni_callback = lambda sock, name, context: self.names.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> "RawServer":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc_info) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), client:
            if self.context:
                client = self.context.wrap_socket(client, server_side=True)
            request = _read(client)
            self.requests.append(request)
            answer = self.answer(request)
            for block in [answer] if isinstance(answer, bytes) else answer:
                client.sendall(block)
                time.sleep(self.pause_s)
            client.close()


def page(body: bytes, *, status: str = "200 OK", headers: dict[str, str] | None = None) -> bytes:
    """Return a whole HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _read(client: socket.socket) -> Request:
    with client.makefile("rb") as stream:
        method, path, _ = stream.readline().decode().split(" ", 2)
        headers = {}
        while line := stream.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)
