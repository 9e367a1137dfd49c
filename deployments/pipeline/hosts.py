"""From rows to plain values of `remote`: hosts with their keys, and the key of the endpoint."""

import hashlib
from pathlib import Path

from django.utils.translation import gettext as _

from .. import remote
from ..errors import StepFailed
from ..remote.host import Credentials, Host
from ..services.tokens import newest_installed

PHP_FOLDER = Path(remote.__file__).parent / "php"


def host_of(server):
    """Return the Host of a Server row, its jump host included; secrets hide from repr."""
    key = server.ssh_key
    return Host(
        name=server.name, address=server.address, port=server.port, user=server.user,
        host_key=server.host_key, credentials=Credentials(key.private_key, key.passphrase),
        jump=host_of(server.jump) if server.jump else None,
    )


def control_file():
    """Return (name, text) of control.php; the name changes with the content."""
    text = (PHP_FOLDER / "control.php").read_text()
    return f"control-{hashlib.sha256(text.encode()).hexdigest()[:12]}.php", text


def endpoint_file():
    """Return the text of endpoint.php."""
    return (PHP_FOLDER / "endpoint.php").read_text()


def endpoint_key(installation):
    """Return (token id, hex key) to sign with, None when the endpoint is not this one's door."""
    if installation.php_door != installation.ENDPOINT:
        return None
    token = newest_installed(installation)
    if token is None:
        raise StepFailed(
            _("{server}: no valid token is installed for the guarded endpoint. Issue one under "
              "Tokens and install it on the servers.").format(server=installation.server.name))
    return token.public_id, token.key
