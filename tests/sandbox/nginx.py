"""A private nginx on loopback, with any server blocks, and a private authority for HTTPS.

Temporary paths, logs and pid file lie in its own folder: nothing of the machine's nginx is used
but the program, `mime.types` and `fastcgi_params`.
"""

import datetime
import ipaddress
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.sandbox.daemons import Daemon, NotReady, answers, descendants

NGINX = "/usr/sbin/nginx"
SHARED = "/etc/nginx"
WEB_USER = "www-data"
SCRATCH = ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")


@dataclass(frozen=True)
class Certificate:
    """PEM files: `ca` is what a client must trust, the others are the server's."""

    ca: Path
    certificate: Path
    key: Path
    expired: Path  # a certificate for the same names and key that ended yesterday

    @property
    def directives(self) -> str:
        """The lines for a server block that has `listen … ssl`."""
        return f"ssl_certificate {self.certificate};\nssl_certificate_key {self.key};\n"


class Nginx:
    """`with Nginx(folder, servers=[text], ports=[8080]) as nginx:` serves until the block ends.

    `servers` are whole `server { … }` texts; `ports` those that must answer before start returns.
    As root the workers run as www-data.
    """

    def __init__(
        self, folder: Path, *, servers: Sequence[str], ports: Sequence[int], http: str = ""
    ):
        self.folder, self.servers, self.ports, self.http = folder, list(servers), ports, http
        self.log_path = folder / "nginx.log"
        self.daemon: Daemon | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def pid(self) -> int:
        return self.daemon.pid

    def start(self) -> "Nginx":
        """Write the configuration, start, wait until the ports answer."""
        self.write_configuration()
        self.daemon = Daemon(
            [NGINX, "-e", str(self.log_path), "-c", str(self.folder / "nginx.conf")],
            log_path=self.log_path,
            ready=self._serves,
        )
        self.daemon.start()
        return self

    def stop(self) -> None:
        """End it with its workers; a second call does nothing."""
        if self.daemon:
            self.daemon.stop()

    def reload(self, *, patience_s: float = 10) -> None:
        """Take edited `servers` into use and wait for the old workers to end.

        NotReady when nginx refuses the configuration; the old one then stays in force.
        """
        self.write_configuration()
        tested = subprocess.run(
            [NGINX, "-t", "-e", str(self.log_path), "-c", str(self.folder / "nginx.conf")],
            capture_output=True,
            text=True,
            check=False,
        )
        if tested.returncode:
            raise NotReady(tested.stderr.strip())
        old = set(descendants(self.pid))
        os.kill(self.pid, signal.SIGHUP)
        until = time.monotonic() + patience_s
        while not old.isdisjoint(descendants(self.pid)):
            if time.monotonic() > until:
                raise NotReady(f"old workers are still serving: {self.log()[-1000:]}")
            time.sleep(0.02)

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def write_configuration(self) -> None:
        """Write nginx.conf; start and reload call it."""
        as_root = os.getuid() == 0
        main = [f"user {WEB_USER};"] if as_root else []
        main += ["daemon off;", "worker_processes 2;", f"pid {self.folder}/nginx.pid;"]
        main += [f"error_log {self.log_path};", "events { worker_connections 512; }", "http {"]
        main += [f"include {SHARED}/mime.types;", f"access_log {self.folder}/access.log;"]
        for name in SCRATCH:
            scratch = self.folder / name
            scratch.mkdir(mode=0o700, exist_ok=True)
            if as_root:
                os.chown(scratch, pwd.getpwnam(WEB_USER).pw_uid, -1)
            setting = "client_body_temp_path" if name == "client_body" else f"{name}_temp_path"
            main.append(f"{setting} {scratch};")
        (self.folder / "nginx.conf").write_text(
            "\n".join([*main, self.http, *self.servers, "}", ""])
        )

    def _serves(self) -> bool:
        # While it still tries to bind its last port, the others accept but nobody answers.
        return bool(descendants(self.pid)) and all(
            answers(("127.0.0.1", port)) for port in self.ports
        )

    def __enter__(self) -> "Nginx":
        return self.start()

    def __exit__(self, *exc_info) -> None:
        self.stop()


def php_location(address: str, *, real_paths: bool) -> str:
    """Return the location that runs the site's PHP; `real_paths` is nginx's $realpath_root.

    Without it `current` reaches PHP unresolved and the old release stays in PHP's caches.
    """
    root = "$realpath_root" if real_paths else "$document_root"
    return (
        "location ~ \\.php$ {\n"
        f"include {SHARED}/fastcgi_params;\n"
        f"fastcgi_param SCRIPT_FILENAME {root}$fastcgi_script_name;\n"
        f"fastcgi_param DOCUMENT_ROOT {root};\n"
        f"fastcgi_pass {fastcgi_target(address)};\n}}\n"
    )


def script_location(path: str, *, script: Path | str, address: str) -> str:
    """Return the location that runs one PHP file outside the site, such as our endpoint."""
    return (
        f"location = {path} {{\n"
        f"include {SHARED}/fastcgi_params;\n"
        f'fastcgi_param SCRIPT_FILENAME "{script}";\n'
        f"fastcgi_pass {fastcgi_target(address)};\n}}\n"
    )


def fastcgi_target(address: str) -> str:
    """Return what follows `fastcgi_pass` for a socket path or `host:port`."""
    return f"unix:{address}" if address.startswith("/") else address


def make_certificate(folder: Path, *, names: Sequence[str]) -> Certificate:
    """Make a private authority and a certificate of it, valid for `names` (hosts or addresses)."""
    folder.mkdir(parents=True, exist_ok=True)
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    authority = (
        _certificate(issuer, issuer=issuer, key=authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    alternatives = x509.SubjectAlternativeName([_name(each) for each in names])
    names_of_files = ("ca.pem", "server.pem", "server.key", "expired.pem")
    made = Certificate(*(folder / name for name in names_of_files))
    made.ca.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    for path, days_ago in ((made.certificate, 0), (made.expired, 31)):
        server = (
            _certificate(subject, issuer=issuer, key=server_key, days_ago=days_ago)
            .add_extension(alternatives, critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        path.write_bytes(server.public_bytes(serialization.Encoding.PEM))
    made.key.touch(mode=0o600)
    made.key.write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made


def _certificate(
    subject: x509.Name, *, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days_ago: int = 0
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days_ago)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
    )


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
