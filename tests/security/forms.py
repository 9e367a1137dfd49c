"""What the matrix sends: one valid form for each button, and forms nobody was ever shown."""

from datetime import timedelta
from types import SimpleNamespace

from django.utils import timezone

from deployments.models import Project
from deployments.services.copied_rows import Wanted, build
from deployments.services.csv_text import digest_of
from tests.unit.admin.conftest import form_of

from .people import INSIDE
from .world_of_requests import IDENTITY

FOLLOWS = ("django_admin_log",)
CRAFTED = (
    {"action": "delete_selected", "post": "yes"},
    {"_save": "Save", "form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": 1,
     "form-0-is_active": "on", "form-0-name": "stolen"},
)
"""Django's own action, and a list that can be edited: neither exists here."""


def where(world, about):
    """The address's parts for what a page is about."""
    if about == "environment":
        return {"project": "shop", "environment": "production"}
    if about == "unreleased":
        return {"project": "shop", "environment": "staging"}
    if about == "frozen":
        return {"project": "shop", "environment": "frozen"}
    if about == "project_slug":
        return {"project": "shop"}
    if about == "edit":
        return {"project": "elsewhere", "number": world.rows["edit"].number}
    if about == "app":
        return {"app_label": "deployments"}
    if about == "type":
        return {"content_type_id": 1, "object_id": 1}
    return {"pk": world.rows[about].pk} if about else {}


def imported(text):
    """A CSV as the button below its check sends it."""
    return {"text": text, "save": digest_of(text)}


def copied():
    """The copy of a project as the button below what it would be sends it."""
    names = {"name": "Copy", "slug": "copy", "repository_url": "/srv/git/copy"}
    copy = build(Project.objects.get(slug="shop"), Wanted(**names), None)
    return names | {"save": copy.digest}


def fields_of(world, name):
    """The form of a page's button; every one is complete, so that only permission can refuse."""
    release, asked = world.rows["release"], world.rows["awaiting_approval"]
    later = timezone.now() + timedelta(days=2)
    return {
        "access-answer": {"answer": "grant", "until": f"{later:%Y-%m-%d}"},
        "access-ask": {"action": "emergency", "place": "shop/production", "reason": "At night"},
        "access-join": {"answer": "confirm"},
        "adopt-take-over": {"look": world.rows["looked"].pk},
        "adopt-take-in": {"look": world.rows["looked"].pk},
        "command-edit-answer": {"answer": "decline", "comment": "Not today"},
        "copy-project-from": copied(),
        "import-projects": imported("name,repository_url\nNew,/srv/git/new"),
        "import-servers": imported("name,address,user\nnew,new.example,deploy"),
        "first-run-new": {"name": "New", "kind": "plain", "repository_url": "/srv/git/new"},
        "first-run-project": {"again": 1},
        "first-run-server": {"again": 1},
        "first-run-php": {"save": 1, "has_no_php": "on", "web_server": "nginx",
                          "ask_address": "127.0.0.1:443", "web_group": "www-data"},
        "first-run-people": {"approvers": [world.rows["victim"].pk], "second": "one"},
        "first-run-person": {"username": "colleague"},
        "emergency-review": {"comment": "It burned"},
        "protection": {"answer": "decline", "change": world.rows["less"].pk,
                       "comment": "Not today"},
        "session-list": {"session": "others"},
        "time-zone": {"zone": "Europe/Berlin"},
        "release-start": {"version": release.name},
        "release-review": {"version": release.name, "sha": release.commit_sha},
        "release-rules": {"version": release.name, "sha": release.commit_sha},
        "release-confirm": {"version": release.name, "sha": release.commit_sha,
                            "request_key": "m1"},
        "go-back": {"request_key": "m2"},
        "approval-answer": {"answer": "approve", "plan_hash": asked.plan_hash},
        "deployment-decide": {"decision": "put_back"},
        "exception-ask": {"reason": "It sells nothing"},
        "exception-answer": {"answer": "no", "comment": "Not today"},
        "environment-pause": {"reason": "A campaign",
                              "until": f"{later:%Y-%m-%dT%H:%M}"},
    }.get(name, {})


def pressed(world, name):
    """What the button `name` of a row sends."""
    verb = name.split("_", 2)[2]
    place = {"environment": world.rows["environment"].pk, "request_key": name.replace("_", "")}
    return {
        "build": {"ref": "main"}, "reload": place, "restart_php": place | {"sure": "on"},
        "go_back": place | {"release": world.rows["earlier"].pk},
        "confirm_git_identity": {"seen": IDENTITY}, "confirm_identity": {"seen": IDENTITY},
    }.get(verb, {})


def sent_by(world, url):
    """What a browser would send back from an admin's form that a superuser opened."""
    page = world.browsers["superuser"].get(url, REMOTE_ADDR=INSIDE)
    return form_of(SimpleNamespace(context=page.context_data))


def with_row(body, prefix, fields):
    """A form's body with one more row in it; without `prefix`, with other values in the form."""
    if not prefix:
        return body | fields
    number = int(body[f"{prefix}-TOTAL_FORMS"])
    row = {f"{prefix}-{number}-{name}": value for name, value in fields.items()}
    return body | {f"{prefix}-TOTAL_FORMS": number + 1} | row
