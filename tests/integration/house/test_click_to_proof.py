"""From the click in a real browser to the proof on two real servers, through the real queue."""

import os
import re
import shutil

import pytest
from playwright.sync_api import sync_playwright

from deployments import audit
from deployments.models import ApprovalRule, AuditEntry, Deployment
from tests import factories
from tests.show import story

from .processes import elsewhere, wait_until

NOBODY_IS_LOST = True
PASSWORD = "correct horse battery"
PROVED = "12 of 12 PHP workers on 2 servers run v2.0."


@pytest.fixture(scope="module")
def show(show):
    """v1.0 is live on both servers; production needs the approver's yes."""
    first = show.release("v1.0")
    assert first.status == "succeeded", story(first)
    show.releaser.user.set_password(PASSWORD)
    show.releaser.user.save()
    approver = factories.make_user("approver", show.project, "look", "approve",
                                   password=PASSWORD)
    factories.make_rule(show.environment, approver)
    return show


@pytest.fixture(scope="module")
def address(house, show):
    """Where the release manager is, with its worker running."""
    with house.worker(), house.web() as address:
        yield address


def in_chromium(play):
    """Return what `play(browser)` gives."""
    def run():
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
                args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            return play(browser)

    return elsewhere(run)


def sign_in(browser, address, name):
    """A tab of a browser of its own, at the home page of `name`."""
    tab = browser.new_context(base_url=address).new_page()
    tab.set_default_timeout(60_000)
    tab.goto("/admin/")
    tab.get_by_label("Username").fill(name)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    return tab


def ask_for_release(tab, version, button):
    """From the home page to the progress page of the newest deployment, by clicks alone."""
    tab.get_by_role("link", name="Release… Tidewater - Production").click()
    tab.get_by_role("radio", name=re.compile(f"^{re.escape(version)} ")).check()
    tab.get_by_role("button", name="See what changes").click()
    tab.get_by_text("Repaint the shop in sea colours").wait_for()
    tab.get_by_text(re.compile("^See (all|the) [0-9]+ ")).wait_for()  # git told them
    tab.get_by_role("button", name="Go on to the rules").click()
    give_a_reason(tab, "Autumn")
    tab.get_by_role("button", name=button).dblclick()
    tab.wait_for_url("**/progress/*/")


def give_a_reason(tab, words):
    """From the page of the rules to the last one."""
    tab.get_by_label("Why now?").fill(words)
    tab.get_by_role("button", name="Go on", exact=True).click()


def approve(tab):
    """The approver's part: read what is asked on the home page, and say yes."""
    tab.get_by_role("link", name=re.compile("asks to release Tidewater v2.0")).click()
    tab.get_by_role("button", name="Approve and release").click()
    tab.wait_for_url("**/progress/*/")


def entries(**fields):
    return list(AuditEntry.objects.filter(**fields).order_by("seq"))


def say_how_long(deployment, since, capsys):
    """Print what passed from the click to the first command on a server; no limit is set."""
    lines = deployment.log.filter(server_name="web-1").order_by("number")
    connected, looked = lines.get(text__startswith="Connected"), lines.get(step="inspect")
    with capsys.disabled():
        print(f"\nfrom the click to the connection {_ms(connected.at - since)}, "
              f"to the first command's answer {_ms(looked.at - since)}")


def _ms(span):
    return f"{span.total_seconds() * 1000:.0f} ms"


def test_a_release_is_asked_for_approved_run_and_proved(show, address, hosts, capsys):
    """Two people, two browsers; a double click is one deployment; the page ends with the proof."""
    def play(browser):
        anna = sign_in(browser, address, "releaser")
        ask_for_release(anna, "v2.0", "Ask for approval")
        anna.get_by_role("status").filter(has_text="Waiting for approval").wait_for()
        assert not anna.get_by_text(PROVED).is_visible()
        approve(sign_in(browser, address, "approver"))
        anna.get_by_text(PROVED).wait_for(timeout=90_000)
        return anna.get_by_role("main").inner_text()

    page = in_chromium(play)

    deployment = Deployment.objects.get(reason="Autumn")
    assert deployment.status == "succeeded", story(deployment)
    assert "Live and checked" in page
    assert "12 of 12 PHP workers on 2 servers run it" in deployment.result
    for host in hosts:
        assert (host.root / "current").readlink().name == deployment.release.name
        evidence = deployment.targets.get(server_name=host.name).evidence
        assert {row["pool"]: set(row["pids"]) for row in evidence["pools"]} == {
            name: set(host.fpm.workers(name)) for name, _ in host.pools}
    approved = entries(action="deployment.approved")[0]
    say_how_long(deployment, approved.at, capsys)


def test_the_audit_log_tells_the_whole_story(show, address):
    """Who signed in, asked and approved; each effect before and after; the end. Unaltered.

    The doctor's first look and the log's own check, which the schedule makes at some moment, are
    no part of it.
    """
    deployment = Deployment.objects.get(reason="Autumn")
    told = [(row.action, row.actor_name, row.outcome) for row in entries(
        seq__gt=entries(action="session.opened")[0].seq - 1) if row.action not in (
            "doctor.examined", "audit.verified")]
    asked = [("session.opened", "releaser", "done"), ("release.requested", "releaser", "done"),
             ("deployment.requested", "releaser", "done"),
             ("release.building", "Release manager", "intended"),
             ("release.ready", "Release manager", "done"),
             ("session.opened", "approver", "done"), ("deployment.approved", "approver", "done"),
             ("deployment.started", "Release manager", "done")]
    steps = [(f"step.{step}", "Release manager", outcome)
             for step in ("inspect", "copy", "switch", "cohere", "prune")
             for outcome in ("intended", "done")]
    assert told == [*asked, *steps, ("deployment.succeeded", "Release manager", "done")]
    for row in entries(action__startswith="step.", details__deployment=deployment.pk):
        assert "web-1, web-2" in row.sentence
    assert audit.verify().first_bad is None


def test_where_nobody_must_agree_one_click_is_enough(show, address, capsys):
    """A version that is built already; the clock runs from the click."""
    ApprovalRule.objects.all().delete()
    built = show.build("v2.0")

    def play(browser):
        anna = sign_in(browser, address, "releaser")
        anna.goto(f"/admin/release/tidewater/production/rules/?version={built.name}")
        give_a_reason(anna, "Once more")
        anna.get_by_role("button", name="Release now").click()
        anna.wait_for_url("**/progress/*/")
        anna.get_by_text(PROVED).wait_for(timeout=90_000)

    in_chromium(play)
    deployment = Deployment.objects.get(reason="Once more")
    assert deployment.status == "succeeded", story(deployment)
    say_how_long(deployment, deployment.requested_at, capsys)


def test_a_double_click_is_one_deployment(show, address):
    """The form's key: of all the clicks above, each made one row, and one request in the log."""
    wait_until(lambda: not Deployment.objects.active().exists())
    for reason in ("Autumn", "Once more"):
        deployment = Deployment.objects.get(reason=reason)
        assert len(entries(action="deployment.requested",
                           details__deployment=deployment.pk)) == 1
