"""The list of error sentences: each is caused by its real fault in a test that is named here, and
what the product says then is explained in Help, where the page leads."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from deployments import explained
from deployments.models import Deployment, Grant
from deployments.services import clusters
from tests import factories
from tests.error_sentences import FAULTS, says

ROOT = Path(__file__).resolve().parents[3]
CONFIRM = "/admin/release/shop/staging/confirm/"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_test_causes_the_fault(fault):
    """It is there under the name that stands in the list, is not skipped, and holds what the
    product said against the entry of Help."""
    tests = {node.name: node for node in ast.walk(ast.parse(
        (ROOT / FAULTS[fault].path).read_text())) if isinstance(node, ast.FunctionDef)}
    test = tests[FAULTS[fault].test]
    assert not any("skip" in ast.unparse(one) for one in test.decorator_list)
    told = ast.unparse(test)
    assert "says(" in told
    assert repr(fault) in told


@pytest.mark.parametrize("fault", FAULTS)
def test_the_sentence_is_explained(fault):
    """Help has an entry for it, with what to do."""
    assert entry_of(FAULTS[fault].anchor).do


@pytest.mark.parametrize("fault", ["expired session", "connection lost"])
def test_what_the_script_says_leads_to_its_entry(fault):
    """These two stand in the page from its beginning."""
    anchor = FAULTS[fault].anchor
    assert f"?see={anchor}#{anchor}" in (ROOT / "templates/parts/lost.html").read_text()


def entry_of(anchor):
    return next(row for group in explained.GROUPS for row in group.entries
                if row.anchor == anchor)


def refused(answer, status, *words):
    """Return what the page says, which has these words and leads to its entry of Help."""
    assert answer.status_code == status
    for word in words:
        assert word in answer.text
    refusal = answer.context["refusal"].reason
    anchor = explained.anchor_of(refusal)
    assert f"?see={anchor}#{anchor}" in answer.text
    return refusal


@pytest.fixture
def ready(shop):
    return factories.make_release(shop, label="2.8.1")


def send(client, ready, **over):
    return client.post(CONFIRM, {"version": ready.name, "sha": ready.commit_sha, "reason": "VAT",
                                 "when": "now"}, **over)


def test_a_release_from_the_wrong_network(staging, ready, releaser, sign_in):
    """The address is named, and what helps; nothing is asked for."""
    Grant.objects.filter(user=releaser, action="release").update(networks="10.1.0.0/16")
    answer = send(sign_in(releaser), ready, REMOTE_ADDR="203.0.113.7")
    says("wrong network", refused(
        answer, 403, "counts only from certain networks; you are on 203.0.113.7",
        "Connect to the office network or VPN and try again."))
    assert not Deployment.objects.exists()


def test_somebody_else_is_releasing(staging, ready, releaser, sign_in):
    """Who, what and how far."""
    factories.make_deployment(staging, release=ready, status="running", requested_by_name="Mia")
    says("busy", refused(send(sign_in(releaser), ready), 409,
                         "Mia already asked to release Shop 2.8.1 (Staging) (releasing)."))
    assert Deployment.objects.count() == 1


def test_the_same_release_asked_for_twice(staging, ready, releaser, sign_in):
    """From two pages, each with a key of its own: the second click leads to the first's release."""
    client = sign_in(releaser)
    first = send(client, ready)
    made = Deployment.objects.get()
    assert first["Location"] == f"/admin/progress/{made.pk}/"
    second = send(client, ready)
    says("double", refused(second, 409, "You already asked to release Shop 2.8.1 (Staging)"))
    assert f"/admin/progress/{made.pk}/" in second.text
    assert Deployment.objects.count() == 1


@pytest.mark.parametrize(("waited_s", "fault"), [(20, "queue slow"), (70, "worker not answering")])
def test_a_release_that_nobody_picks_up(staging, ready, viewer, sign_in, waited_s, fault):
    """It stands in the queue, no worker takes it, and the page leads to the explanation."""
    clusters.register("host:1", data_folder="ours")
    type(ready).objects.update(built_at=None)
    row = factories.make_deployment(staging, release=ready, status="queued")
    at = timezone.now() - timedelta(seconds=waited_s)
    Deployment.objects.filter(pk=row.pk).update(requested_at=at)
    news = sign_in(viewer).get(f"/admin/progress/{row.pk}/rows/?after=0").json()
    says(fault, news["step"])
    assert news["links"]["explained"].endswith(f"#{FAULTS[fault].anchor}")
