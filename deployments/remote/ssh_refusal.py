"""Why a server's socket could not be opened, in one sentence.

OpenSSH gives the same answer whether forwarding is switched off or the unix socket is missing,
closed or dead, so the server is asked with one small command - only after a refusal.
"""

from deployments.remote.faults import DoorUnusable, ForwardingRefused, RemoteFault
from deployments.remote.ssh_forward import NotOpened, split_address

LOOK_S = 5
# /proc/net/unix has one line per socket: flags 00010000 is "listening", the path comes last.
LOOK = """
[ -e "$1" ] || exit 1
[ -S "$1" ] || exit 2
[ -r "$1" ] && [ -w "$1" ] || exit 3
path=$(readlink -f -- "$1") && [ -r /proc/net/unix ] || exit 9
while read -r _ _ _ flags _ _ _ name; do
  [ "$flags" = 00010000 ] && [ "$name" = "$path" -o "$name" = "$1" ] && exit 0
done < /proc/net/unix
exit 4
"""
SEEN = {
    1: "it does not exist, or the account may not look there; correct the path or start PHP-FPM",
    2: "it is not a socket; correct the path",
    3: "the account may not use it; make the account a member of the socket's group",
    4: "nothing listens on it; start PHP-FPM",
}
UNSEEN = "PHP-FPM is not running there, or sshd forbids it (AllowStreamLocalForwarding)"


def explain(connection, address: str, refusal: NotOpened) -> RemoteFault:
    """Return the fault for a refused open_socket: ForwardingRefused or DoorUnusable."""
    server = connection.host.name
    if refusal.prohibited:
        return forbidden(server, address)
    if split_address(address):
        reason = "nothing answers there; start the service or correct the address"
    else:
        exit_code = _look(connection, address)
        if exit_code == 0:
            return forbidden(server, address)
        reason = SEEN.get(exit_code, UNSEEN)
    return DoorUnusable(f"{server} cannot open {address}: {reason}.", server=server)


def forbidden(server: str, address: str) -> ForwardingRefused:
    """Return the fault for a server whose SSH configuration forbids forwarding."""
    return ForwardingRefused(
        f"sshd on {server} does not let us reach {address}; set AllowTcpForwarding and "
        "AllowStreamLocalForwarding to yes (or local), and lift the key's restrictions.",
        server=server,
    )


def _look(connection, path: str) -> int | None:
    try:
        return connection.run(["sh", "-c", LOOK, "sh", path], timeout_s=LOOK_S).exit_code
    except RemoteFault:
        return None
