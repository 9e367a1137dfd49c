"""What the tests of adding a site send and read."""

from django.utils import timezone

from deployments.models import Server, ServerCheck
from tests.unit.pages.test_release_pages import text_of

START, NEW = "/admin/first-run/", "/admin/first-run/new/"
SITE = "/admin/first-run/in/shop/"
URL = "https://git.example/team/shop.git"
SSH = "git@git.example:team/shop.git"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"
REACH = {"save": 1, "site_host": "shop.example", "name": "web-1", "address": "web-1.example",
         "port": 22, "user": "deploy", "root": "/srv/shop"}
SERVED = {"save": 1, "web_server": "nginx", "ask_address": "127.0.0.1:443",
          "web_group": "www-data"}


def answered(row, question, *, is_good=True, answer="Signed in.", **over):
    owner = {"server": row} if isinstance(row, Server) else {"project": row}
    return ServerCheck.objects.create(question=question, answered_at=timezone.now(),
                                      is_good=is_good, answer=answer, **owner | over)


def step_of(client, key, path=SITE):
    """The checklist's word for a step, and its sentence."""
    for item in text_of(client.get(path)).split('<li class="')[1:]:
        if f". {key} " in item:
            return item.split("</svg>")[1].split("<")[0], item.split("<p>")[1].split("</p>")[0]
    return None
