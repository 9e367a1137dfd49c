"""What can go wrong between us and another machine.

str(fault) is one sentence that names the server and says what to do; `fault.server` is its name.
Nothing secret is ever part of the sentence.
"""


class RemoteFault(Exception):
    """Base of everything this room raises about a machine."""

    def __init__(self, sentence: str, *, server: str = ""):
        super().__init__(sentence)
        self.server = server


class Unreachable(RemoteFault):
    """Nothing was started: closed port, no route, unknown name, a port that stays silent."""


class HostKeyChanged(RemoteFault):
    """The server shows another key than the confirmed one; no login was attempted."""


class HostKeyUnconfirmed(RemoteFault):
    """No administrator confirmed this server's key yet; nothing was sent to it."""


class LoginRefused(RemoteFault):
    """The server does not accept our key, or does not let the account run commands."""


class ConnectionLost(RemoteFault):
    """The connection ended while a command ran: its outcome is unknown, read the server."""


class TimedOut(RemoteFault):
    """Our own deadline passed: the outcome is unknown, read the server."""


class ForwardingRefused(RemoteFault):
    """sshd does not let us reach a socket or port of the server."""


class DoorUnusable(RemoteFault):
    """PHP cannot be asked through this door; the sentence says what stands in the way."""


class NobodyListens(DoorUnusable):
    """The service behind the door does not run: its visitors get errors as well."""


class DoorRefused(RemoteFault):
    """Our request was refused at the guarded endpoint.

    `request` names its line in the server's refusal log, where the endpoint wrote the reason; ""
    when the web server refused it before the endpoint saw it.
    """

    def __init__(self, sentence: str, *, server: str = "", request: str = ""):
        super().__init__(sentence, server=server)
        self.request = request


class WrongAnswer(RemoteFault):
    """An answer that was not made by our key for our question: do not believe it."""
