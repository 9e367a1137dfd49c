"""How far, how long still, what to look for, and the way to the site: of one deployment's page."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import Deployment, LogLine
from tests import factories
from tests.unit.pages.test_release_pages import text_of


@pytest.fixture
def running(production):
    return factories.make_deployment(production, status="running", owner="worker-1")


@pytest.fixture
def now(monkeypatch):
    """The moment it is, in which nothing passes: a second more changes what is left."""
    at = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: at)
    return at


def took(environment, *seconds):
    """Releases before it, which took so long."""
    now = timezone.now() - timedelta(hours=1)
    for number, length in enumerate(seconds):
        row = factories.make_deployment(environment, finished_at=now, fence=number + 1)
        Deployment.objects.filter(pk=row.pk).update(claimed_at=now - timedelta(seconds=length))


def rows(client, deployment, more=""):
    return json.loads(client.get(f"/admin/progress/{deployment.pk}/rows/?after=0{more}").content)


@pytest.mark.parametrize(("so_far_s", "sentence"), [
    (0, "About 2 min left; the last five took 1:40 to 2:20."),
    (65, "About 60 s left; the last five took 1:40 to 2:20."),
    (125, "It may end any moment; the last five took 1:40 to 2:20."),
    (150, "It takes longer than usual; the last five took 1:40 to 2:20."),
])
def test_the_time_left_is_what_releases_before_it_took(
        running, viewer, sign_in, now, so_far_s, sentence):
    """The median of the last five, less what has passed; what is over it is said, too."""
    took(running.environment, 900, 100, 110, 120, 130, 140)
    at = now - timedelta(seconds=so_far_s)
    Deployment.objects.filter(pk=running.pk).update(claimed_at=at)
    assert rows(sign_in(viewer), running)["left"] == sentence


def test_one_release_before_it_is_no_range(running, viewer, sign_in, now):
    """And says that it is one."""
    took(running.environment, 61)
    Deployment.objects.filter(pk=running.pk).update(claimed_at=now)
    assert rows(sign_in(viewer), running)["left"] == "About 70 s left; the last one took 1:01."


@pytest.mark.parametrize("change", [
    {}, {"claimed_at": None}, {"status": "queued"}, {"decision": "put_back"},
    {"kind": "rollback"},
])
def test_nothing_is_promised_without_history_or_on_another_way(
        running, viewer, sign_in, change):
    """No guess where nothing like it went before."""
    if change:
        took(running.environment, 60, 70)
    Deployment.objects.filter(pk=running.pk).update(**{"claimed_at": timezone.now()} | change)
    assert rows(sign_in(viewer), running)["left"] == ""


def test_the_bar_counts_steps_of_all_servers(running, viewer, sign_in):
    """Five steps on two servers; it is gone where things go back, and at the end."""
    client = sign_in(viewer)
    running.targets.update(status="prepared", step="switch")
    assert rows(client, running)["done"] == 40
    running.targets.filter(server_name="web-1").update(status="proved", step="prove")
    assert rows(client, running)["done"] == 70
    page = client.get(f"/admin/progress/{running.pk}/").text
    assert 'max="100" value="70" aria-label="How many of the steps are done"' in page
    Deployment.objects.filter(pk=running.pk).update(decision="put_back")
    assert rows(client, running)["done"] is None


def test_the_log_is_searched_as_a_whole(running, viewer, sign_in):
    """Words or a server, in any letters; new lines that have them come, too."""
    LogLine.objects.bulk_create([
        LogLine(deployment=running, number=number, at=timezone.now(), server_name=server, text=text)
        for number, server, text in ((1, "web-1", "Copied 480 KB"), (2, "web-2", "Switched"),
                                     (3, "", "copied again"))])
    client = sign_in(viewer)
    page = text_of(client.get(f"/admin/progress/{running.pk}/?find=COPIED"))
    assert "2 lines have “COPIED”." in page
    assert "Copied 480 KB" in page
    assert "Switched" not in page
    assert 'data-find="COPIED"' in page
    found = rows(client, running, "&find=web-2")["lines"]
    assert [line["text"] for line in found] == ["Switched"]
    assert "0 lines have “no such”." in text_of(
        client.get(f"/admin/progress/{running.pk}/?find=no+such"))


def test_what_is_live_leads_to_the_site(production, viewer, sign_in):
    """By HTTPS, unless one of its servers is set up without it; nothing where it failed."""
    production.site_host = "shop.example"
    production.save()
    client = sign_in(viewer)
    news = rows(client, factories.make_deployment(production))
    assert (news["offers"]["open"], news["links"]["open"]) == (True, "https://shop.example/")
    production.installations.update(is_https=False)
    failed = rows(client, factories.make_deployment(production, status="failed"))
    assert (failed["offers"]["open"], failed["links"]["open"]) == (False, "http://shop.example/")
