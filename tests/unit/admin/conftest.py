"""Browsers for people of the cast, and readers of what they left in the audit log."""

import pytest
from django.test import Client
from django.urls import reverse

from deployments.models import AuditEntry
from tests import factories


@pytest.fixture
def browse():
    """A function that returns a browser in which the person is signed in."""

    def opened(user, **options):
        client = Client(**options)
        client.force_login(user)
        return client

    return opened


@pytest.fixture
def setter_up(db):
    """Makes people who set up (or edit commands) in a project, or by default in every one."""

    def made(*actions, name="setter-up", project=None, **over):
        user = factories.make_user(name)
        for action in actions:
            factories.make_grant(user, action, project=project, **over)
        return user

    return made


@pytest.fixture
def audited(db):
    """A function that returns (outcome, sentence) of every entry of an action, oldest first."""

    def entries(action):
        rows = AuditEntry.objects.filter(action=action).order_by("seq")
        return [(row.outcome, row.sentence) for row in rows]

    return entries


def page(row, name="change"):
    """The address of a row's admin page, or of one of its buttons."""
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}", args=[row.pk])


def listing(model, name="changelist"):
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{name}")


def form_of(response):
    """What a browser would send back from an admin form: every value as it stands there."""
    context = response.context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    sent = {}
    for form in forms:
        for bound in form:
            _add_value(sent, bound)
    return sent


def _add_value(sent, bound):
    value = bound.value()
    widget = bound.field.widget
    if hasattr(widget, "decompress") or hasattr(getattr(widget, "widget", None), "decompress"):
        parts = widget.decompress(value) if value else [None] * len(widget.widgets)
        for index, part in enumerate(parts):
            sent[f"{bound.html_name}_{index}"] = "" if part is None else str(part)
    elif isinstance(value, bool):
        if value:
            sent[bound.html_name] = "on"
    elif value is not None:
        shown = widget.format_value(value) if hasattr(widget, "format_value") else value
        sent[bound.html_name] = value if isinstance(value, list) else (shown or "")
