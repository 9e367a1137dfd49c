"""Facts: what was read on one installation, as plain values that go into a row and come back.

None, or "" where a word is expected, means that it could not be read: no rule may build on it.
"""

from dataclasses import asdict, dataclass, field, fields

CURRENT, RELEASE, ENTRY, ELSEWHERE = "current", "release", "entry", "elsewhere"
"""What the web server hands to PHP: a path below the link, below a release's own folder, the
stable entry of ours outside the releases, or anything else."""


@dataclass(frozen=True)
class PoolFacts:
    """One PHP pool, asked through its own door. `problem` set: nothing below it is known."""

    name: str
    master: str = ""  # the service's name, as it was entered
    socket: str = ""
    problem: str = ""
    php: str = ""  # 8.2.36
    sapi: str = ""  # fpm-fcgi, apache2handler
    ini: dict = field(default_factory=dict)  # as control.php names them; text, or None
    ini_file: str = ""
    is_cached: bool | None = None  # OPcache works; None: it may not be asked
    cache_problem: str = ""
    cache: dict = field(default_factory=dict)  # OPcache's counters
    manager: str = ""  # static, dynamic, ondemand, prefork; "" = it has no list of workers
    workers: int = 0
    queued: int = 0
    longest_s: float = 0  # the longest request that was seen
    handed: str = ""
    handed_path: str = ""
    handed_problem: str = ""
    master_pid: int | None = None
    control_timeout_s: float | None = None  # process_control_timeout
    control_file: str = ""  # where it is set, or would be
    is_config_newer: bool = False  # that file was changed after PHP-FPM had read it
    master_problem: str = ""  # why its master could not be seen
    rights: str = ""  # of its socket: "660 www-data www-data"

    @property
    def memory(self):
        """What tells one shared OPcache from another: its master's process number; "" unknown.

        OPcache's own start time has whole seconds, so two masters may look like one by it.
        """
        return str(self.master_pid) if self.master_pid else ""

    def on(self, name):
        """Whether an ini value is set and not off."""
        return str(self.ini.get(name) or "").lower() not in ("", "0", "off", "no", "none")

    def number(self, name):
        """An ini value as a whole number, K, M and G understood; None when it is none."""
        text = str(self.ini.get(name) or "").strip()
        scale = {"K": 2**10, "M": 2**20, "G": 2**30}.get(text[-1:].upper(), 1)
        digits = text[:-1] if scale > 1 else text
        return int(digits) * scale if digits.lstrip("-").isdecimal() else None


@dataclass(frozen=True)
class Facts:
    """One installation: its server, its web server and its pools."""

    server: str
    root: str
    user: str = ""  # the SSH user there
    strategy: str = ""  # as it is set; `auto` takes our choice
    door: str = "fastcgi"  # fastcgi, endpoint, none
    web_server: str = "nginx"
    web_service: str = "nginx"
    service_manager: str = "/usr/bin/systemctl"
    web_test: str = "/usr/sbin/nginx -t"
    asked_over: str = "ssh"
    site: str = ""  # https://shop.example
    public_folder: str = ""  # inside a version, "" where all of it is public
    web_group: str = ""
    problem: str = ""  # why a part of the server could not be read
    current: str | None = None  # what `current` names, "" nothing yet
    was_live: str = ""  # the version that was proved there last, as people call it
    is_writable: bool | None = None
    groups: tuple[str, ...] = ()
    clock_s: float | None = None  # by how much its clock is ahead of ours
    free_kb: int | None = None
    free_inodes: int | None = None
    needed_kb: int = 0  # for one more version
    needed_inodes: int = 0
    php_files: int = 0  # of the newest version
    forwarding_problem: str | None = None  # "" = a socket could be opened through SSH
    web_problem: str = ""  # why nothing answered where the web server is said to listen
    certificate_days: int | None = None
    certificate_problem: str = ""
    is_file_cached: bool | None = None  # the web server went on serving a file that was replaced
    has_include: bool | None = None  # the file that `web-config` writes is there
    may: dict = field(default_factory=dict)  # a whole command -> whether sudo lets us run it
    left_running: tuple[str, ...] = ()  # programs that run from the site's folders, not PHP-FPM
    pools: tuple[PoolFacts, ...] = ()

    @property
    def has_php(self):
        return self.door != "none"

    def command(self, verb, service):
        """What sudo is asked for, as `may` names it."""
        return f"{self.service_manager} {verb} {service}"

    def as_json(self):
        """Dicts, lists, words and numbers, as a JSONField keeps them."""
        return asdict(self) | {"groups": list(self.groups), "left_running":
                               list(self.left_running),
                               "pools": [asdict(pool) for pool in self.pools]}

    @classmethod
    def from_json(cls, saved):
        """The Facts that `as_json` gave; what this version does not know is left out."""
        pools = tuple(PoolFacts(**_known(PoolFacts, row)) for row in saved.get("pools", ()))
        return cls(**_known(cls, saved) | {
            "pools": pools, "groups": tuple(saved.get("groups", ())),
            "left_running": tuple(saved.get("left_running", ()))})


def _known(cls, row):
    names = {each.name for each in fields(cls)}
    return {name: value for name, value in row.items() if name in names}
