"""What the matrix sends: one valid form for each button, and forms nobody was ever shown."""

from datetime import timedelta

from django.utils import timezone

from tests.unit.admin.conftest import form_of

from .people import INSIDE

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
    if about == "project_slug":
        return {"project": "shop"}
    return {"pk": world.rows[about].pk} if about else {}


def fields_of(world, name):
    """The form of a page's button; every one is complete, so that only permission can refuse."""
    release, asked = world.rows["release"], world.rows["awaiting_approval"]
    return {
        "release-review": {"version": release.name, "sha": release.commit_sha,
                           "request_key": "m1"},
        "go-back": {"request_key": "m2"},
        "approval-answer": {"answer": "approve", "plan_hash": asked.plan_hash},
        "deployment-decide": {"decision": "put_back"},
        "environment-pause": {"reason": "A campaign",
                              "until": f"{timezone.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"},
    }.get(name, {})


def sent_by(world, url):
    """What a browser would send back from an admin's form that a superuser opened."""
    response = world.browsers["superuser"].get(url, REMOTE_ADDR=INSIDE)
    return form_of(response)
