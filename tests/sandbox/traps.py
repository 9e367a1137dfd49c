"""One server per trap: small named configurations that a deployment must recognise or survive.

`TRAPS[NAME].host("web-1")` is a WebHost to be started; `strategies` are those that are safe there,
with every right of sudo. The doctor must say so of them alone, and load must show it of each.
"""

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.sandbox.fpm import FpmMaster, Pool
from tests.sandbox.webhost import WebHost

PATIENT = {"process_control_timeout": "10s"}
OPEN_FILES = ("open_file_cache max=1000 inactive=1h;\nopen_file_cache_valid 1h;\n"
              "open_file_cache_min_uses 1;")


@dataclass(frozen=True)
class Trap:
    """A host's options, and in one sentence what is wrong with it."""

    sentence: str
    strategies: tuple[str, ...]
    options: Mapping = field(default_factory=dict)
    preloads: bool = False

    def host(self, name="web-1", **over) -> WebHost:
        """Return the host, not started."""
        return WebHost(name, **{**self.options, **over})


def preload(host: WebHost, releases) -> None:
    """Let PHP preload the demo site's glazes from `current`, and start it anew.

    `releases` are folders of releases that lie there.
    """
    for folder in releases:
        (Path(folder) / "preload.php").write_text(
            "<?php require __DIR__ . '/src/autoload.php';\n"
            "array_map('class_exists', Tidewater\\Glazes::classes());\n")
    ini = {"opcache.preload": f"{host.root}/current/preload.php",
           "opcache.preload_user": "www-data"}
    if host.fpm:
        host.fpm.ini |= ini
        host.stop_fpm()
        host.start_fpm()
    else:
        host.apache.php = {**host.apache.php, **ini}
        host.apache.reload(wait=True)


@contextmanager
def second_master(host: WebHost):
    """A second PHP-FPM beside the host's, with an OPcache of its own; the context is the master."""
    pools = [Pool("batch", max_children=2)]
    with FpmMaster(host.folder / "fpm-2", pools=pools, ini=host.fpm.ini) as master:
        yield master


def _stale(sentence, *strategies, ini=None, **options):
    return Trap(sentence, strategies or ("reset", "fpm-reload"),
                {"kind": "stale", "fpm_settings": PATIENT, "ini": ini or {}, **options})


TRAPS = {
    "realpath": Trap("none: nginx resolves the link for each request",
                     ("realpath", "reset", "fpm-reload"),
                     {"kind": "realpath", "fpm_settings": PATIENT}),
    "document_root": _stale("nginx hands PHP current/…, and PHP never looks at a file again"),
    "open_file_cache": Trap(
        "nginx goes on serving old static files for an hour", (),
        {"kind": "realpath", "http": OPEN_FILES}),
    "preload": Trap("classes are preloaded, so no reset replaces them", ("fpm-reload",),
                    {"kind": "stale", "fpm_settings": PATIENT}, preloads=True),
    "preload_realpath": Trap(
        "classes are preloaded and paths are real: every page would mix two versions", (),
        {"kind": "realpath", "fpm_settings": PATIENT}, preloads=True),
    "revalidate_path": _stale("the realpath cache keeps the link for two minutes",
                              ini={"opcache.revalidate_path": "1"}),
    "realpath_cache_ttl": _stale("0 means that entries never expire",
                                 ini={"realpath_cache_ttl": "0"}),
    "restrict_api": _stale("scripts of ours may not reset OPcache", "fpm-reload",
                           ini={"opcache.restrict_api": "/nowhere"}),
    "file_cache": _stale("OPcache keeps compiled files on the disk, too",
                         ini={"opcache.file_cache": "/tmp"}),
    "small_opcache": Trap("OPcache is full after a few versions", ("realpath", "reset"),
                          {"kind": "realpath", "ini": {
                              "opcache.memory_consumption": "8",
                              "opcache.interned_strings_buffer": "1"}}),
    "impatient_fpm": Trap("a reload would cut requests off", ("reset",), {"kind": "stale"}),
    "entry": Trap("none: an entry outside the releases reads the link",
                  ("front-controller", "reset"), {"kind": "entry"}),
    "web-config": Trap("none: the web server is told the folder", ("web-config",),
                       {"kind": "web-config"}),
    "mod_php": Trap("PHP lives in Apache and is handed current/…", ("reset", "apache-graceful"),
                    {"kind": "stale", "server": "apache"}),
    "mod_php_preload": Trap("PHP in Apache preloads classes, so no reset replaces them",
                            ("apache-graceful",), {"kind": "stale", "server": "apache"},
                            preloads=True),
    "mod_php_entry": Trap("none: mod_php behind an entry",
                          ("front-controller", "reset", "apache-graceful"),
                          {"kind": "entry", "server": "apache"}),
    "mod_php_web-config": Trap("none: Apache is told the folder", ("web-config",),
                               {"kind": "web-config", "server": "apache"}),
    "apache_fpm": _stale("Apache hands PHP-FPM current/…", server="apache-fpm"),
}
