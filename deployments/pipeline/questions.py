"""Questions to servers and git hosts that people ask from the set-up pages: answered as rows."""

from django.utils import timezone
from django.utils.translation import gettext as _

from ..artifacts.faults import ArtifactFault
from ..artifacts.source import parse_address
from ..models import Project, Server, ServerCheck
from ..remote.faults import RemoteFault
from ..remote.host import Credentials, Host
from ..remote.ssh import Connection, fetch_host_key
from .hosts import host_of


def answer_check(pk):
    """Ask, and write the answer; a fault's sentence is an answer too."""
    check = ServerCheck.objects.select_related("server__ssh_key", "project").get(pk=pk)
    if check.answered_at:
        return
    found = {}
    try:
        good, answer = True, _ask(check, found)
    except (ArtifactFault, RemoteFault, ValueError) as fault:
        good, answer = False, str(fault)
    ServerCheck.objects.filter(pk=pk).update(
        is_good=good, answer=answer, found=found, answered_at=timezone.now())


def _ask(check, found):
    if check.project:
        key = fetch_host_key(git_host(check.project))
        Project.objects.filter(pk=check.project_id).update(git_host_key_seen=key)
        return _("Compare this identity with the one the git host publishes, then confirm it.")
    if check.question == ServerCheck.HOST_KEY:
        key = fetch_host_key(host_of(check.server))
        Server.objects.filter(pk=check.server_id).update(host_key_seen=key)
        same = key == check.server.host_key
        return _("It is the identity you confirmed.") if same else \
            _("Compare this identity with the server's own, then confirm it.")
    with Connection.open(host_of(check.server)) as connection:
        result = connection.run(["id"], timeout_s=20)
        found |= _running(connection)
    return _("Signed in: {last_line}").format(last_line=result.last_line)


def _running(connection):
    """The PHP-FPM pools and the web servers that run there; a server that does not tell has none.

    What it tells are suggestions for a form: whoever sets up looks at them before they count.
    """
    values = connection.run_script("pools.sh", timeout_s=20).values
    pools = [line.split(" ", 2) for line in _listed(values, "pool")]
    return {"pools": [dict(zip(("master", "socket", "name"), pool, strict=True))
                      for pool in pools if len(pool) == 3],
            "web": _listed(values, "web")}


def _listed(values, key):
    said = values.get(key, [])
    return [said] if isinstance(said, str) else said


def git_host(project):
    """Return the Host of a project's ssh repository; ValueError for any other address."""
    address = parse_address(project.repository_url)
    if address.kind != "ssh":
        raise ValueError(f"{project.name} is not read over ssh, so there is no identity to fetch.")
    return Host(name=address.host, address=address.host, port=address.port or 22, user="git",
                host_key="", credentials=Credentials(""))
