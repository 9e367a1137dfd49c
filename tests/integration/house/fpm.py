"""A PHP-FPM master asked by the test itself, with a script that is nothing of the product."""

import socket
import time

from deployments.remote import fastcgi

_QUESTION = "<?php echo opcache_get_status(false)['opcache_statistics']['manual_restarts'];"


def restarts(host):
    """How often this master's OPcache was reset since it started."""
    script = host.folder / "restarts.php"
    script.write_text(_QUESTION)
    script.chmod(0o644)
    address = dict(host.pools)["www"]
    with socket.socket(socket.AF_UNIX) as pool:
        pool.connect(address)
        _, _, answer, _ = fastcgi.request(
            pool, {"REQUEST_METHOD": "GET", "SCRIPT_FILENAME": str(script)}, b"",
            deadline=time.monotonic() + 10, max_bytes=1000)
    return int(answer)
