"""What the audit log says of a changed form: values before and after, secrets as fingerprints."""

import json

import pytest

from deployments import audit
from deployments.models import AuditEntry, BuildVariable, Project
from tests import factories

from .conftest import form_of, page

SECRETS = ("first canary", "secret second canary", "third canary")


@pytest.fixture
def saved(admin, browse):
    """A function that changes fields of a row's form and returns the newest entry about it."""

    def save(row, **changes):
        client = browse(admin)
        form = form_of(client.get(page(row)))
        response = client.post(page(row), {**form, **changes})
        assert response.status_code == 302, response.context["errors"]
        return AuditEntry.objects.filter(action__endswith=".changed").first()

    return save


def test_a_changed_field_is_there_as_it_was_and_as_it_is(shop, saved):
    """What did not change is not; the row is named, with its text."""
    entry = saved(shop, name="Web shop")
    assert (entry.before, entry.after) == ({"name": "Shop"}, {"name": "Web shop"})
    assert (entry.about_type, entry.about_id, entry.about_text) == (
        "project", str(shop.pk), "Web shop")
    assert entry.request_id.startswith("page-")


def test_a_secret_is_a_fingerprint_before_and_after(shop, saved):
    """Another secret has another one; no value is anywhere in the entry, whatever it looks like."""
    Project.objects.filter(pk=shop.pk).update(git_password=SECRETS[0])
    entry = saved(shop, git_password=SECRETS[1])
    assert entry.before == {"git_password": str(audit.fingerprint(SECRETS[0]))}
    assert entry.after == {"git_password": str(audit.fingerprint(SECRETS[1]))}
    assert entry.before["git_password"].startswith("secret ")
    everything = json.dumps([entry.before, entry.after, entry.details, entry.sentence])
    assert not any(secret in everything for secret in SECRETS)


def test_rows_inside_a_form_are_named(shop, saved):
    """An environment's line on its project's form: changed, added, removed."""
    factories.make_environment(shop, slug="staging", name="Staging")
    entry = saved(shop, **{"environments-0-name": "Trial"})
    assert entry.before == {"environment “Shop - Trial”": {"name": "Staging"}}
    assert entry.after == {"environment “Shop - Trial”": {"name": "Trial"}}


def test_a_build_variable_keeps_its_value_to_itself(shop, saved):
    """Its column is encrypted, so the log has a fingerprint."""
    BuildVariable.objects.create(project=shop, name="TOKEN", value=SECRETS[2])
    entry = saved(shop, **{"build_variables-0-DELETE": "on"})
    row, = entry.before.values()
    assert row["name"] == "TOKEN"
    assert row["value"] == str(audit.fingerprint(SECRETS[2]))


@pytest.mark.parametrize(("before", "kept"), [
    ({"password": "canary"}, "canary"), ({"smtp": {"auth_token_key": "canary"}}, "canary"),
    ({"passphrase": ["canary"]}, "canary"), ({"url": "https://ada:canary@git.example/"}, "canary"),
    ({"SECRET_KEY": "secret canary"}, "canary")])
def test_whatever_is_called_a_secret_is_masked_by_the_writer(db, before, kept):
    """Also for callers that forget it, in lists, dicts and addresses."""
    entry = audit.record("test.changed", "Changed", before=before, after=before)
    assert kept not in json.dumps([entry.before, entry.after])
