"""Sites that are being added, each at another step: rows, and the pages that show them."""

from django.utils import timezone

from deployments.models import Project, Server, ServerCheck
from tests import factories

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGhvc3Qta2V5LW9mLXdlYi05LWFzLXNlZW4="
FOUND = {"web": ["nginx"], "pools": [
    {"name": name, "master": "php8.2-fpm", "socket": f"/run/php/php8.2-{name}.sock"}
    for name in ("www", "intranet")]}
FINDINGS = [
    {"level": "blocks", "title": "PHP-FPM's socket may not be used", "why": "The account deploy is "
     "not in the group www-data, so its workers cannot be asked which version they run.",
     "todo": "Run this on the server, as root:", "lines": ["usermod -aG www-data deploy"]},
    {"level": "fine", "title": "OPcache can be reset", "why": "No file of PHP has to be changed.",
     "todo": "", "lines": []},
]


def build():
    """Projects by the step they are at; none of them is live anywhere."""
    return {"new_shop": _over_ssh(), "new_wiki": _at_server(), "new_forum": _at_php()}


def pages_of(scene, ines):
    """(name, person, path) of the steps, each in a state of its own."""
    def page(project, step=""):
        return f"/admin/first-run/in/{scene[project].slug}/{step and step + '/'}"

    return [
        ("add a site", ines, "/admin/first-run/"),
        ("new site", ines, "/admin/first-run/new/"),
        ("site identity of git host", ines, page("new_shop", "project")),
        ("site checklist", ines, page("new_forum")),
        ("site server identity", ines, page("new_wiki", "server")),
        ("site php form", ines, page("new_forum", "php") + "?change=1"),
        ("site people", ines, page("new_wiki", "people")),
        ("site person", ines, page("new_wiki", "people/new")),
    ]


def _over_ssh():
    """Read over SSH from a host that showed its identity."""
    project = factories.make_project(
        name="New shop", slug="new-shop", repository_url="git@git.tidewater.example:team/shop.git",
        deploy_key=_key("Repository of New shop"), git_host_key_seen=KEY)
    _answered(project=project, question="host_key", answer="Compare it.")
    return project


def _at_server():
    """Its source is read; its server showed an identity."""
    project = _read("New wiki", "new-wiki")
    server = factories.make_server("web-8", host_key="", host_key_seen=KEY,
                                   ssh_key=_key("Key for web-8"))
    _place(project, server, pools=[])
    _answered(server=server, question="host_key", answer="Compare it.")
    return project


def _at_php():
    """Somebody signed in; the doctor found something that blocks."""
    project = _read("New forum", "new-forum")
    server = factories.make_server("web-9", ssh_key=_key("Key for web-9"))
    Server.objects.filter(pk=server.pk).update(host_key_seen=server.host_key)
    place = _place(project, server, pools=[factories.make_pool(
        server, name="www", socket=FOUND["pools"][0]["socket"])])
    _answered(server=server, question="connection", answer="Signed in.", found=FOUND)
    place.checkups.create(answered_at=timezone.now(), findings=FINDINGS, choice="reset",
                          reason="OPcache can be reset here, and it is done once the reset has "
                          "happened.")
    return project


def _read(name, slug):
    project = factories.make_project(name=name, slug=slug)
    factories.make_commits(project, "Begin", "Welcome page")
    Project.objects.filter(pk=project.pk).update(source_read_at=timezone.now())
    return project


def _place(project, server, **over):
    environment = factories.make_environment(project, slug="production",
                                             site_host=f"{project.slug}.tidewater.example")
    return factories.make_installation(environment, server=server, strategy="auto", **over)


def _key(name):
    return factories.make_key(name=name, public_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE5vYm9k"
                              f"eUNhblNpZ25JbldpdGhUaGlzS2V5MTIzNDU2Nzg releasemgr {name}")


def _answered(**fields):
    ServerCheck.objects.create(answered_at=timezone.now(), is_good=True, **fields)
