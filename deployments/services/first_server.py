"""Verbs of adding a site step by step: its first server, and how PHP is served there."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .. import audit, policy
from ..errors import Refused
from ..models import (
    Environment,
    Installation,
    InstallationPool,
    PhpPool,
    Server,
    ServerCheck,
)
from . import checkups, setup
from .acting import acting, demand, hold
from .new_keys import new_key

REACHED = ("address", "port", "user")


def add_server(actor, project, *, server=None, name="", address="", port=22, user="", root="",
               site_host=""):
    """Put the project's first environment on a server, a known one or a new one with a new key;
    the server is asked at once. Returns the Installation."""
    with acting(actor, "installation.added", project=project):
        _demand(actor, project)
        if project.environments.filter(installations__isnull=False).exists():
            raise Refused(_("{project} has a server already.").format(project=project.name),
                          _("Change that one, or add more under Installations."))
        is_new = server is None
        if is_new:
            server = _new_server(actor, name.strip(), address, port, user)
        environment = _environment(actor, project, site_host)
        place = Installation(environment=environment, server=server, root=root)
        _save(place)
        audit.record("installation.added", _("{actor} put {environment} on {place}").format(
            actor=actor.name, environment=environment, place=place),
                     actor=actor, environment=environment, about=place)
        setup.ask_server(actor, server, ServerCheck.CONNECTION if server.host_key
                         else ServerCheck.HOST_KEY)
        return place


def change_server(actor, place, *, address, port, user, root, site_host):
    """Correct what was typed, but for the folder once versions lie there; the server is asked anew.

    Another address is another machine: its identity is to be confirmed again.
    """
    environment, server = place.environment, place.server
    with acting(actor, "installation.changed", environment=environment):
        _demand(actor, environment.project)
        for row in (environment, place, server):
            hold(row)
        if root != place.root and place.targets.exists():
            raise Refused(_("Versions lie in the folder already, so it stays."),
                          _("Add another installation for another folder."))
        typed = {"address": address, "port": port, "user": user}
        is_changed = any(getattr(server, name) != typed[name] for name in REACHED)
        if is_changed and server.installations.exclude(pk=place.pk).exists():
            raise Refused(_("Other sites lie on {server}, too.").format(server=server.name),
                          _("Change the server under Servers."))
        if (server.address, server.port) != (address, port):
            server.host_key = server.host_key_seen = ""
            server.host_key_confirmed_at = server.host_key_confirmed_by = None
        server.address, server.port, server.user = address, port, user
        place.root, environment.site_host = root, site_host
        for row in (server, place, environment):
            _save(row)
        audit.record("installation.changed", _("{actor} changed how {place} is reached").format(
            actor=actor.name, place=place),
                     actor=actor, environment=environment, about=place,
                     after={**typed, "root": root, "site_host": site_host})
        ask_again(actor, server)


def ask_again(actor, server):
    """Ask a server who it is, or, once that was confirmed, try to sign in."""
    question = ServerCheck.CONNECTION if server.host_key else ServerCheck.HOST_KEY
    with acting(actor, "server.asked"):
        return setup.ask_server(actor, server, question)


def confirm(actor, server, seen):
    """The server is who it says it is; try at once to sign in there."""
    with acting(actor, "server.confirmed"):
        setup.confirm_host_key(actor, server, seen)
        setup.ask_server(actor, server, ServerCheck.CONNECTION)


def serve(actor, place, *, pools, web_server, ask_address, is_https, web_group):
    """Say how the site is served there, and have the doctor look; returns its Checkup.

    `pools` are (name, master, socket, a page of the site that it answers) of PHP-FPM's pools that
    serve the site; none: no PHP.
    """
    with acting(actor, "installation.changed", environment=place.environment):
        _demand(actor, place.environment.project)
        hold(place)
        place.php_door = Installation.FASTCGI if pools else Installation.NO_PHP
        if place.strategy != "auto" and (place.strategy == "none") == bool(pools):
            place.strategy = "auto"  # the one that was chosen is for the other sort of site
        place.web_server, place.web_group = web_server, web_group
        place.ask_address, place.is_https = ask_address, is_https
        _save(place)
        rows = [_pool(place.server, *pool) for *pool, __ in pools]
        place.pool_uses.exclude(pool__in=rows).delete()
        for row, pool in zip(rows, pools, strict=True):
            use, __ = InstallationPool.objects.get_or_create(installation=place, pool=row)
            use.page_path = pool[-1]
            _save(use)
        audit.record("installation.changed",
                     _("{actor} said how {place} is served").format(actor=actor.name, place=place),
                     actor=actor, environment=place.environment, about=place, after={
                         "pools": [pool.socket for pool in rows], "web_server": web_server,
                         "ask_address": ask_address, "is_https": is_https})
        return checkups.ask_about(place, asked_by_name=actor.name)


def _demand(actor, project):
    """Servers are shared by all projects, and a folder on one is code."""
    demand(policy.may_set_up(actor, project))
    demand(policy.may_edit_commands(actor))


def _environment(actor, project, site_host):
    """The project's first environment; “Production” is made where there is none."""
    environment = project.environments.first()
    is_new = environment is None
    if is_new:
        environment = Environment(project=project, name="Production", slug="production")
    else:
        hold(environment)
    environment.site_host = site_host
    _save(environment)
    verb = "added" if is_new else "changed"
    sentence = _("{actor} added environment “{environment}”") if is_new else \
        _("{actor} changed environment “{environment}”")
    audit.record(f"environment.{verb}", sentence.format(
        actor=actor.name, environment=environment),
                 actor=actor, environment=environment, about=environment,
                 after={"site_host": site_host})
    return environment


def _new_server(actor, name, address, port, user):
    server = Server(name=name, address=address, port=port, user=user,
                    ssh_key=new_key(actor, _("Key for {name}").format(name=name)))
    _save(server)
    audit.record("server.added", _("{actor} added server “{server}”").format(
        actor=actor.name, server=server), actor=actor,
                 about=server, after={"address": address, "port": port, "user": user})
    return server


def _pool(server, name, master, socket):
    row = PhpPool.objects.filter(server=server, socket=socket).first()
    if row is None:
        row = PhpPool(server=server, name=name, master=master, socket=socket)
        _save(row)
    return row


def _save(row):
    try:
        row.full_clean()
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages)) from None
    row.save()
