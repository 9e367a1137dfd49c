"""Why a server's socket could not be opened, in one sentence.

OpenSSH gives the same answer whether forwarding is switched off or the unix socket is missing,
closed, dead or overrun, so the server is asked with one small command - only after a refusal.
"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from deployments.remote.faults import (
    DoorUnusable,
    ForwardingRefused,
    NobodyListens,
    RemoteFault,
)
from deployments.remote.ssh_forward import NotOpened, split_address

LOOK_S = 5
# /proc/net/unix has one line per socket: flags 00010000 is "listening", the path comes last.
LOOK = """
[ -e "$1" ] || exit 1
[ -S "$1" ] || exit 2
[ -w "$1" ] || exit 3
path=$(readlink -f -- "$1") && [ -r /proc/net/unix ] || exit 9
while read -r _ _ _ flags _ _ _ name; do
  [ "$flags" = 00010000 ] && [ "$name" = "$path" -o "$name" = "$1" ] && listens=yes
done < /proc/net/unix
[ -n "${listens-}" ] || exit 4
[ "$2" = no ] || exit 5
ss -xln 2>/dev/null | while read -r kind state waiting limit rest; do
  case " $rest" in *" $path "*) [ "$waiting" -lt "$limit" ] || exit 5 ;; esac
done
"""
SEEN = {
    1: _lazy("it does not exist, or the account may not look there; correct the path or start "
             "PHP-FPM"),
    2: _lazy("it is not a socket; correct the path"),
    3: _lazy("the account may not use it; make the account a member of the socket's group"),
    4: _lazy("nothing listens on it; start PHP-FPM"),
    5: _lazy("its queue is full, all workers are busy; wait, or give the pool more workers"),
}
GONE = (1, 4)
UNSEEN = _lazy("PHP-FPM is not running there, or sshd forbids it (AllowStreamLocalForwarding)")


def explain(connection, address: str, refusal: NotOpened, *, has_forwarded: bool) -> RemoteFault:
    """Return the fault for a refused open_socket: ForwardingRefused or DoorUnusable.

    Where this connection `has_forwarded` before, sshd does not forbid it.
    """
    server = connection.host.name
    if refusal.prohibited:
        return forbidden(server, address)
    kind = NobodyListens
    if split_address(address):
        reason = _("nothing answers there; start the service or correct the address")
    else:
        exit_code = _look(connection, address, has_forwarded=has_forwarded)
        if exit_code == 0:
            return forbidden(server, address)
        reason = SEEN.get(exit_code, UNSEEN)
        kind = NobodyListens if exit_code in GONE else DoorUnusable
    return kind(_("{server} cannot open {address}: {reason}.").format(
        server=server, address=address, reason=reason), server=server)


def forbidden(server: str, address: str) -> ForwardingRefused:
    """Return the fault for a server whose SSH configuration forbids forwarding."""
    return ForwardingRefused(
        _("sshd on {server} does not let us reach {address}; set AllowTcpForwarding and "
          "AllowStreamLocalForwarding to yes (or local), and lift the key's restrictions.").format(
            server=server, address=address),
        server=server,
    )


def _look(connection, path: str, *, has_forwarded: bool) -> int | None:
    argv = ["sh", "-c", LOOK, "sh", path, "yes" if has_forwarded else "no"]
    try:
        return connection.run(argv, timeout_s=LOOK_S).exit_code
    except RemoteFault:
        return None
