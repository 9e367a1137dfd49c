"""A mail server on loopback: keeps what it gets, and refuses, hangs or dies when it is told to."""

import base64
import socketserver
import threading
import time
from email import message_from_bytes, policy

PATIENCE_S = 60


class MailServer:
    """`with MailServer() as server:` speaks SMTP (RFC 5321) on `server.port`.

    `mails` are those it said 250 to, parsed; `on_mail` is told of each. `answers` maps a moment -
    greeting, ehlo, auth, mail, rcpt, data, body, quit - to a line it says instead of its own, to
    HANG, DIE, or DRIBBLE (one line of a long answer after the other, without end).
    """

    HANG, DIE, DRIBBLE = "hang", "die", "dribble"

    def __init__(self, on_mail=lambda mail: None, **answers):
        self.on_mail = on_mail
        self.answers, self.mails, self.senders = answers, [], []
        self.recipients, self.connections, self._ended = [], 0, threading.Event()

    def __enter__(self):
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = PATIENCE_S

            def handle(self):
                outer.connections += 1
                _Talk(outer, self).run()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads, allow_reuse_address = True, True

            def handle_error(self, request, client_address):
                """Clients that leave are no error here."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *exc_info):
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds):
        """Wait, but no longer than the server is there."""
        self._ended.wait(seconds)


class _Left(Exception):
    """This connection is over."""


class _Talk:
    def __init__(self, server, handler):
        self._server, self._in, self._out = server, handler.rfile, handler.wfile
        self._recipients = []

    def run(self):
        try:
            self._say("greeting", "220 mail.example ESMTP")
            while line := self._in.readline():
                self._answer(line.decode().strip())
        except (_Left, OSError):
            return

    def _answer(self, line):
        verb = line.partition(" ")[0].lower()
        if verb == "ehlo":
            self._say("ehlo", "250-mail.example\r\n250-AUTH PLAIN\r\n250 8BITMIME")
        elif verb == "auth":
            told = base64.b64decode(line.split()[2]).decode().split("\0")
            self._say("auth", "235 welcome", line=line, password=told[2])
        elif verb == "mail":
            self._server.senders.append(line.partition(":")[2].split(" ")[0])
            self._recipients = []
            self._say("mail", "250 go on")
        elif verb == "rcpt":
            self._recipients.append(line.partition(":<")[2].rstrip(">"))
            self._say("rcpt", "250 go on", address=self._recipients[-1])
        elif verb == "data":
            if self._say("data", "354 go on").startswith("354"):
                self._take()
        elif verb == "quit":
            self._say("quit", "221 bye")
            raise _Left
        else:
            self._say(verb, "250 if you like")

    def _take(self):
        lines = []
        while (line := self._in.readline()) != b".\r\n":
            if not line:
                raise _Left
            lines.append(line.removeprefix(b"."))
        if self._server.answers.get("body", "250").startswith("250"):
            self._server.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
            self._server.recipients.append(self._recipients)
            self._server.on_mail(self._server.mails[-1])
        self._say("body", "250 taken")

    def _say(self, moment, usual, **known):
        answer = self._server.answers.get(moment, usual)
        if answer == MailServer.HANG:
            self._server.wait(PATIENCE_S)
        if answer in (MailServer.HANG, MailServer.DIE):
            raise _Left
        if answer == MailServer.DRIBBLE:
            self._dribble()
        self._out.write(f"{answer.format(**known)}\r\n".encode())
        return answer

    def _dribble(self):
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            self._out.write(b"220-please wait\r\n")
            self._server.wait(0.05)
