"""Scenes of the admin's forms, in whose transaction a service has a part: the form asks who may,
and records what was changed and what it refuses."""

from django.urls import reverse

from tests import factories
from tests.unit.admin.conftest import form_of

from .trying import browser_of
from .verbs import Scene, Verb, administrator, place

BY_THE_FORM = "the form asks who may, and records what it refuses"


def _form_of(actor, model, row=None):
    """A browser of the actor's, the form's address, and what it would send as it stands there."""
    name = f"admin:deployments_{model}_{'change' if row else 'add'}"
    url = reverse(name, args=[row.pk] if row else [])
    browser = browser_of(actor.user)
    return browser, url, form_of(browser.get(url))


def _sent(actor, model, row=None, *, leave_out=(), **fields):
    browser, url, sent = _form_of(actor, model, row)
    for name in leave_out:
        del sent[name]
    return Scene(actor, lambda actor: browser.post(url, sent | fields))


def _add_project():
    return _sent(administrator(), "project", name="Shop", slug="shop",
                 repository_url="https://git.example/team/shop.git")


def _edit_project():
    return _sent(administrator(), "project", factories.make_project(commands_need_second=True),
                 build_commands="make")


def _unprotect():
    return _sent(administrator(), "environment", place(is_protected=True),
                 leave_out=["is_protected"])


VERBS = tuple(Verb(service, actions, stage, never=BY_THE_FORM) for service, actions, stage in (
    ("new_projects.made", "project.added", _add_project),
    ("edits.keep_edit", "commands.proposed", _edit_project),
    ("protection.keep", "protection.asked", _unprotect),
))
