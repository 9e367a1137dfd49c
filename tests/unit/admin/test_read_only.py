"""Nobody, superuser included, adds to, changes or deletes from history."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from deployments import audit
from deployments.models import AuditEntry, Deployment, Release, Token
from tests import factories

from .conftest import listing, page


@pytest.fixture(params=[AuditEntry, Deployment, Release, Token])
def row(request, production):
    """One row of each kind of history."""
    if request.param is AuditEntry:
        return audit.record("test.happened", "Something happened", environment=production)
    if request.param is Release:
        return factories.make_release(production.project)
    if request.param is Token:
        return factories.make_token(production)
    return factories.make_deployment(production)


def as_it_was(row):
    return type(row).objects.filter(pk=row.pk).values().get()


def test_a_superuser_cannot_change_it_by_a_crafted_form(row, admin, browse, audited):
    """A POST with every field filled is refused, recorded, and leaves the row as it was."""
    before = as_it_was(row)
    fields = dict.fromkeys(before, "forged") | {"_save": "Save"}
    assert browse(admin).post(page(row), fields).status_code == 403
    assert as_it_was(row) == before
    assert audited("page.refused")[0][0] == "refused"


def test_a_superuser_cannot_delete_it(row, admin, browse):
    """Neither asking nor confirming works."""
    client = browse(admin)
    assert client.get(page(row, "delete")).status_code == 403
    assert client.post(page(row, "delete"), {"post": "yes"}).status_code == 403
    assert type(row).objects.filter(pk=row.pk).exists()


def test_a_crafted_bulk_deletion_deletes_nothing(row, admin, browse):
    """The list has no actions, whatever a form says."""
    browse(admin).post(listing(type(row)), {
        "action": "delete_selected", ACTION_CHECKBOX_NAME: [row.pk], "post": "yes", "index": 0})
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", [AuditEntry, Deployment, Release])
def test_a_superuser_cannot_add_one(model, production, admin, browse):
    """No form, and a crafted one is refused. (A token is issued by its service: test_tokens.)"""
    row = _one_each(model, production)
    fields = {name: value for name, value in as_it_was(row).items() if value is not None}
    assert browse(admin).get(listing(model, "add")).status_code == 403
    assert browse(admin).post(listing(model, "add"), fields).status_code == 403
    others = model.objects.exclude(pk=row.pk)
    if model is AuditEntry:
        others = others.exclude(action="page.refused")
    assert not others.exists()


@pytest.mark.parametrize("model", [Release, Deployment, AuditEntry])
def test_people_see_the_history_of_their_projects_alone(model, production, viewer, browse):
    """The list and the page of another project's row are not there for them."""
    other = factories.make_environment(factories.make_project(name="Secret", slug="secret"))
    mine, theirs = _one_each(model, production), _one_each(model, other)
    client = browse(viewer)
    shown = client.get(listing(model)).context
    rows = shown["part"].rows if model is AuditEntry else shown["cl"].result_list
    assert [row.pk for row in rows] == [mine.pk]
    assert client.get(page(mine)).status_code == 200
    assert client.get(page(theirs)).status_code == 302  # Django's "does not exist"


def _one_each(model, environment):
    if model is AuditEntry:
        return audit.record("test.happened", "Something happened", environment=environment)
    if model is Release:
        return factories.make_release(environment.project)
    return factories.make_deployment(environment)


def test_lists_speak_in_sentences(production, releaser, browse):
    """A deployment reads as who asked for what, in which state, and leads to its progress."""
    release = factories.make_release(production.project, label="2.9.1")
    row = factories.make_deployment(production, release=release, requested_by=releaser)
    text = browse(releaser).get(listing(Deployment)).text
    assert "releaser asked to release Shop 2.9.1 (Production)" in text
    assert "Live and checked" in text
    assert f"/admin/progress/{row.pk}/" in text
