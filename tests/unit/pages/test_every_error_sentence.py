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

ROOT = Path(__file__).resolve().parents[3]
CONFIRM = "/admin/release/shop/staging/confirm/"
HERE = "tests/unit/pages/test_every_error_sentence.py"
BROWSER = "tests/browser/test_a_release.py"

SENTENCES = {
    "wrong network": (
        "The allowlist entry counts only from certain networks; you are on 203.0.113.7.",
        HERE, "test_a_release_from_the_wrong_network"),
    "busy": (
        "Mia already asked to release Shop 2.8.1 (Production) (releasing).",
        HERE, "test_somebody_else_is_releasing"),
    "freeze": (
        "Releases to Production are frozen until Mon 30 Nov, 08:00 (Black Friday).",
        "tests/unit/pages/test_freeze_pages.py",
        "test_a_frozen_release_offers_later_and_nothing_else"),
    "reset endpoint refused": (
        "web-2: pool www refuses our token; the server's refusal log names the reason.",
        "tests/faults/test_meanwhile.py",
        "test_a_token_revoked_after_the_switch_leaves_it_to_a_person"),
    "SSH host key changed": (
        "web-2 shows the host key SHA256:a instead of the confirmed SHA256:b; nobody logged in. "
        "Find out why first.",
        "tests/faults/test_reaching_servers.py",
        "test_a_changed_host_key_stops_before_anything_is_sent"),
    "disk": (
        "web-2: Not enough disk space for 2.8.1: 120 MB free, 400 MB needed.",
        "tests/faults/test_folders.py",
        "test_a_disk_without_room_is_told_before_anything_is_copied"),
    "expired session": (
        "You were signed out. The release is not affected. Sign in to keep watching",
        BROWSER, "test_an_ended_session_is_said_and_leads_to_signing_in"),
    "double": (
        "You already asked to release Shop 2.8.1 (Staging) (in line).",
        HERE, "test_the_same_release_asked_for_twice"),
    "queue slow": (
        "In line. The worker has not picked it up yet (usual: under 1 s).",
        HERE, "test_a_release_that_nobody_picks_up"),
    "worker not answering": (
        "The release worker is not answering. Your request is kept.",
        HERE, "test_a_release_that_nobody_picks_up"),
    "connection lost": (
        "Lost the connection to Release manager. The release keeps running. Trying again…",
        BROWSER, "test_a_lost_connection_is_said_and_found_again"),
}


@pytest.mark.parametrize("fault", SENTENCES)
def test_a_test_causes_the_fault(fault):
    """It is there under the name that stands here, and is not skipped."""
    _, path, name = SENTENCES[fault]
    tests = {node.name: node for node in ast.walk(ast.parse((ROOT / path).read_text()))
             if isinstance(node, ast.FunctionDef)}
    assert not any("skip" in ast.unparse(one) for one in tests[name].decorator_list)


@pytest.mark.parametrize("fault", SENTENCES)
def test_the_sentence_is_explained(fault):
    """Help has an entry for it, with what to do."""
    entry = entry_of(explained.anchor_of(SENTENCES[fault][0]))
    assert entry.do


@pytest.mark.parametrize("fault", ["expired session", "connection lost"])
def test_what_the_script_says_leads_to_its_entry(fault):
    """These two stand in the page from its beginning."""
    anchor = explained.anchor_of(SENTENCES[fault][0])
    assert f"?see={anchor}#{anchor}" in (ROOT / "templates/parts/lost.html").read_text()


def entry_of(anchor):
    return next(row for group in explained.GROUPS for row in group.entries
                if row.anchor == anchor)


def refused(answer, status, *words):
    """The page says these words, and leads to the entry of Help that explains the first."""
    assert answer.status_code == status
    for word in words:
        assert word in answer.text
    anchor = explained.anchor_of(words[0])
    assert f"?see={anchor}#{anchor}" in answer.text


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
    refused(answer, 403, "counts only from certain networks; you are on 203.0.113.7",
            "Connect to the office network or VPN and try again.")
    assert not Deployment.objects.exists()


def test_somebody_else_is_releasing(staging, ready, releaser, sign_in):
    """Who, what and how far."""
    factories.make_deployment(staging, release=ready, status="running", requested_by_name="Mia")
    refused(send(sign_in(releaser), ready), 409,
            "Mia already asked to release Shop 2.8.1 (Staging) (releasing).")
    assert Deployment.objects.count() == 1


def test_the_same_release_asked_for_twice(staging, ready, releaser, sign_in):
    """From two pages, each with a key of its own: the second click leads to the first's release."""
    client = sign_in(releaser)
    first = send(client, ready)
    made = Deployment.objects.get()
    assert first["Location"] == f"/admin/progress/{made.pk}/"
    second = send(client, ready)
    refused(second, 409, "You already asked to release Shop 2.8.1 (Staging)")
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
    said = SENTENCES[fault][0]
    assert news["step"] == said
    assert news["links"]["explained"].endswith(f"#{explained.anchor_of(said)}")
