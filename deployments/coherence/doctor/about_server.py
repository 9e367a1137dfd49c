"""Findings on the machine: what the SSH user may, room, clock, programs that run on."""

from shlex import quote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ...sudoers import FILE, sudoers_lines, test_line
from .finding import BLOCKS, FINE, WARNS, Finding, has_preload, named

SKEW_S = 5
MOST_SKEW_S = 30


def unread(facts, used):
    if facts.problem:
        yield Finding("unread", BLOCKS,
                      _("{server} could not be read completely").format(server=facts.server),
                      facts.problem, _("Put that right, then press Examine again."))


def forwarding(facts, used):
    if facts.forwarding_problem:
        yield Finding(
            "forwarding", BLOCKS, _("SSH does not lead us to PHP's socket or the web server"),
            facts.forwarding_problem,
            _("Put these lines into /etc/ssh/sshd_config on {server}, then reload ssh.").format(
                server=facts.server),
            (f"Match User {facts.user or 'USER'}", "    AllowTcpForwarding local",
             "    AllowStreamLocalForwarding yes", "    PermitOpen any"))


def writable(facts, used):
    if facts.is_writable is False:
        yield Finding(
            "not-writable", BLOCKS,
            _("{user} may not write in {root}").format(user=facts.user, root=facts.root),
            _("Versions are put there."),
            _("Run this as root on {server}.").format(server=facts.server),
            (f"chown {facts.user} {facts.root}",))


def web_group(facts, used):
    if facts.groups and facts.web_group and facts.web_group not in facts.groups:
        yield Finding(
            "group", WARNS, _("{user} is not in the group {web_group}").format(
                user=facts.user, web_group=facts.web_group),
            _("PHP's socket and the folders that PHP writes to belong to that group. Where "
              "it keeps us from the socket, that is told of its pool; from a folder, a "
              "release stops."),
            _("Run this as root on {server}; it counts from the next connection.").format(
                server=facts.server),
            (f"usermod --append --groups {facts.web_group} {facts.user}",))


FREE_ROOM = _lazy("Free room, or keep fewer versions (on the project's page). This shows what is "
                  "large:")
_LARGEST = "du -xhd 2 {} | sort -h | tail"


def disk(facts, used):
    needed = facts.needed_kb
    if facts.free_kb is not None and facts.free_kb < needed:
        yield Finding(
            "disk", BLOCKS,
            _("{server} has {free} free; a version needs about {needed}").format(
                server=facts.server, free=_mb(facts.free_kb), needed=_mb(needed)),
            _("A release would stop while it is copied. Visitors would notice nothing."),
            str(FREE_ROOM), (_LARGEST.format(quote(facts.root)),))
    elif facts.free_kb is not None and needed and facts.free_kb < 3 * needed:
        yield Finding(
            "disk", WARNS,
            _("{server} has room for less than three more versions").format(server=facts.server),
            _("{free} are free; one needs about {needed}.").format(
                free=_mb(facts.free_kb), needed=_mb(needed)),
            str(FREE_ROOM), (_LARGEST.format(quote(facts.root)),))
    if facts.free_inodes is not None and facts.free_inodes < facts.needed_inodes:
        yield Finding(
            "inodes", BLOCKS, _("{server} can hold {free_inodes} more files; a version has "
                                "about {needed_inodes}").format(
                server=facts.server, free_inodes=facts.free_inodes,
                needed_inodes=facts.needed_inodes),
            _("The file system has room, but no place for more files (inodes)."),
            _("Remove files there, for example old sessions. This shows where most of them are:"),
            (f"du --inodes -xd 3 {quote(facts.root)} | sort -n | tail",))


def _mb(kilobytes):
    return f"{max(1, round(kilobytes / 1024))} MB"


def clock(facts, used):
    off = facts.clock_s
    if off is None or abs(off) <= SKEW_S:
        return
    is_bad = facts.door == "endpoint" and abs(off) > MOST_SKEW_S
    sentence = _("{server}'s clock is {seconds:.0f} s ahead") if off > 0 else \
        _("{server}'s clock is {seconds:.0f} s behind")
    yield Finding(
        "clock", BLOCKS if is_bad else WARNS,
        sentence.format(server=facts.server, seconds=abs(off)),
        _("The guarded endpoint takes no request that is more than 30 s old, and times in logs do "
          "not fit together."),
        _("Run this as root on {server}.").format(server=facts.server),
        ("timedatectl set-ntp true",))


def sudo(facts, used):
    """Rights that the strategy in use needs, or that the only way out (preload) would."""
    if used == "web-config":
        verb, services = "reload", [facts.web_service]
    else:
        verb = "restart" if used == "fpm-restart" else "reload"
        is_used = used in ("fpm-reload", "fpm-restart", "apache-graceful") or has_preload(facts)
        services = sorted({pool.master for pool in facts.pools}) if is_used else []
    missing = [(verb, service) for service in services
               if facts.may.get(facts.command(verb, service)) is False]
    try:
        lines = list(sudoers_lines(facts.user, facts.service_manager, missing))
        if used == "web-config" and facts.may.get(facts.web_test) is False:
            lines.append(test_line(facts.user, facts.web_test))
    except ValueError as problem:
        yield Finding("sudo", BLOCKS, _("No line for sudo can be written for this server"),
                      _("{problem} Sudo would read it as more than that one command.").format(
                          problem=problem),
                      _("Correct the server's SSH user, its services or the test of the web "
                        "server's configuration."))
        return
    if lines:
        commands = [line.partition("NOPASSWD: ")[2] for line in lines]
        yield Finding(
            "sudo", BLOCKS, _("{user} may not run “{commands}” as root").format(
                user=facts.user, commands=_("” and “").join(commands)),
            _("A release needs exactly that and no more."),
            _("On {server} install sudo where it is missing, run “visudo -f {file}” and "
              "paste:").format(server=facts.server, file=FILE), tuple(lines))


def left_running(facts, used):
    if facts.left_running:
        yield Finding(
            "left-running", WARNS,
            _("{left_running} of the site's programs run on after a release").format(
                left_running=len(facts.left_running)),
            _("Such as: ") + "; ".join(facts.left_running[:3]) + _(
                ". They keep the version that they were started with, whatever is done to "
                "PHP-FPM."),
            _("Add a command after the switch that restarts them, on the project's page, "
              "and name there a part of their command line: then new process numbers prove "
              "it. For example:"),
            tuple(dict.fromkeys(map(_restarting, facts.left_running))))


RESTARTS = {
    "horizon": "php artisan horizon:terminate", "queue:work": "php artisan queue:restart",
    "messenger:consume": "php bin/console messenger:stop-workers",
}
"""What frameworks let go of their workers with; whoever keeps them running starts them anew."""


def _restarting(program):
    found = [line for part, line in RESTARTS.items() if part in program]
    return found[0] if found else "sudo /usr/bin/systemctl restart NAME-OF-ITS-SERVICE"


def sockets(facts, used):
    odd = [pool for pool in facts.pools if pool.rights.endswith(" world")]
    if odd:
        yield Finding(
            "open-socket", WARNS, _("Everybody on {server} may use the socket of {named}").format(
                server=facts.server, named=named(odd)),
            _("Whoever can open it runs any PHP file as the web server's user."),
            _("Put this into the pool's file, then restart PHP-FPM."), ("listen.mode = 0660",))


def no_php(facts, used):
    if not facts.has_php:
        yield Finding("no-php", FINE, _("No PHP runs here"),
                      _("A release is proved by its link, its files and its pages."))


RULES = (unread, forwarding, writable, web_group, disk, clock, sudo, left_running, sockets, no_php)
