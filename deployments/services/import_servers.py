"""Servers out of a CSV: its columns, and what each row would make."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from ..models import PhpPool, Server, SshKey
from ..sudoers import USER
from .csv_text import Column
from .import_checks import Line, missing, number_of, parts_of

_NO_USER = _lazy("That is no user name: write small letters, digits, - and _, without spaces.")
COLUMNS = (
    Column("name", _lazy("As people call it."), "web-1", True),
    Column("address", _lazy("Host name or IP address for SSH."), "web-1.example", True),
    Column("port", _lazy("Port of SSH. Empty: 22."), "22"),
    Column("user", _lazy("SSH user."), "deploy", True),
    Column("ssh_key", _lazy("Name of an SSH key that is there. Empty: a new key, whose public half "
                            "then stands on the server's page.")),
    Column("reached_through",
           _lazy("Name of a server to go through: one that is there, or one in a row above.")),
    Column("service_manager", "Empty: /usr/bin/systemctl."),
    Column("pools", _lazy("PHP-FPM's pools: service, name and socket with spaces, | in between."),
           "php8.2-fpm www /run/php/php8.2-fpm.sock"),
)
_FIELDS = {"jump": "reached_through"}


def lines(rows):
    """A `Line` for each row of the sheet."""
    servers = {server.name: server for server in Server.objects.all()}
    there = set(servers)
    keys = {key.name: key for key in SshKey.objects.defer("private_key", "passphrase")}
    seen = {}
    for number, values in rows:
        values = {column.name: values.get(column.name, "") for column in COLUMNS}
        line = Line(number, values["name"])
        if values["name"] in there:
            line.skipped = _("It is there already.")
        else:
            earlier = seen.setdefault(values["name"], number)
            if line.name and earlier != number:
                line.wrong("name", _("“{name}” stands in row {earlier} already.").format(
                    name=values["name"], earlier=earlier))
            _fill(line, values, keys, servers)
            servers.setdefault(line.name, line.row)
        yield line


def _fill(line, values, keys, servers):
    told = missing(line, values, COLUMNS)
    line.row = server = Server(
        name=values["name"], address=values["address"], user=values["user"],
        port=number_of(line, values["port"], "port", 22))
    if values["user"] and not re.match(USER, values["user"]):
        line.wrong("user", _NO_USER)
        told.append("user")
    if values["service_manager"]:
        server.service_manager = values["service_manager"]
    if values["ssh_key"]:
        key = keys.get(values["ssh_key"])
        if key is None:
            line.wrong("ssh_key", _("There is no SSH key “{ssh_key}”: leave it empty for a new "
                                    "one.").format(ssh_key=values["ssh_key"][:60]))
        else:
            server.ssh_key = key
    if values["reached_through"]:
        server.jump = servers.get(values["reached_through"])
        if server.jump is None:
            line.wrong("reached_through", _("There is no server “{reached_through}”: add it, or "
                                            "write it in a row above.").format(
                reached_through=values["reached_through"][:60]))
    # One that leads through a row above cannot lead back: that row was written without it.
    line.check(server, _FIELDS, exclude=["ssh_key", "jump", *told],
               is_cleaned=server.jump is None)
    line.parts = list(_pools(line, server, values["pools"]))
    line.words = _("{user}@{address}, port {port}").format(
        user=server.user, address=server.address, port=server.port) + (
        ngettext("; {count} PHP pool", "; {count} PHP pools", len(line.parts)).format(
            count=len(line.parts)) if line.parts else "")


def _pools(line, server, text):
    seen = set()
    for part in parts_of(text):
        words = part.split()
        if len(words) != 3:
            line.wrong("pools", _("Write each as service, name and socket, like php8.2-fpm www "
                                  "/run/php/php8.2-fpm.sock."))
            continue
        master, name, socket = words
        row = PhpPool(server=server, master=master, name=name, socket=socket)
        if {socket, (master, name)} & seen:
            line.wrong("pools", _("“{part}” stands there twice.").format(part=part[:60]))
        seen |= {socket, (master, name)}
        line.check(row, dict.fromkeys(("master", "name", "socket"), "pools"), exclude=["server"])
        yield row
