"""A TCP proxy that can turn into a bad network: silent without closing, deaf, slow or dripping."""

import contextlib
import select
import socket
import threading
import time

PASS, SILENT, DRIBBLE, LATE = "pass", "silent", "dribble", "late"


class Blackhole:
    """`with Blackhole(port) as proxy:` forwards 127.0.0.1:proxy.port to 127.0.0.1:port.

    `proxy.mode` may be changed at any time and acts on open connections too: PASS forwards;
    SILENT accepts and keeps connections but carries nothing (a tarpit when set from the start);
    DRIBBLE carries one byte per `pause_s` towards the client;
    LATE carries everything, each block `pause_s` late.
    """

    def __init__(self, target_port: int, *, mode: str = PASS, pause_s: float = 0.1):
        self.target_port, self.mode, self.pause_s = target_port, mode, pause_s
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._deaf: set[socket.socket] = set()
        self._closed = False

    def start(self) -> "Blackhole":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self) -> None:
        self._closed = True
        for sock in (self._listener, *self._open):
            _hang_up(sock)

    def cut(self) -> None:
        """End every connection that is open now; new ones are carried."""
        connections, self._open = self._open, []
        for sock in connections:
            _hang_up(sock)

    def deafen(self) -> None:
        """Make every open connection half open: what the server answers on it is lost for ever."""
        self._deaf.update(self._open)

    def _accept(self) -> None:
        while not self._closed:
            with contextlib.suppress(OSError):
                client, _ = self._listener.accept()
                self._open.append(client)
                try:
                    server = socket.create_connection(("127.0.0.1", self.target_port))
                except OSError:  # nothing listens there: so it looks from here, too
                    _hang_up(client)
                    continue
                self._open.append(server)
                for source, sink, is_answer in ((client, server, False), (server, client, True)):
                    args = (source, sink, is_answer)
                    threading.Thread(target=self._carry, args=args, daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        with contextlib.suppress(OSError, ValueError):
            while not self._closed:
                if self.mode == SILENT or not select.select([source], [], [], 0.05)[0]:
                    time.sleep(0.01 if self.mode == SILENT else 0)
                    continue
                drip = is_answer and self.mode == DRIBBLE
                block = source.recv(1 if drip else 65536)
                if not block:
                    sink.shutdown(socket.SHUT_WR)
                    return
                if is_answer and source in self._deaf:
                    continue
                time.sleep(self.pause_s if self.mode == LATE else 0)
                sink.sendall(block)
                time.sleep(self.pause_s if drip else 0)

    def __enter__(self) -> "Blackhole":
        return self.start()

    def __exit__(self, *exc_info) -> None:
        self.stop()


def _hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
