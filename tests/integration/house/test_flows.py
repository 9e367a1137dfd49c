"""What people do, live on two real servers: each flow once by mouse, once by keyboard alone."""

import pytest

from deployments import tasks
from deployments.models import ApprovalRule, CheckPage, Deployment, Token
from deployments.services import tokens
from tests import factories
from tests.show import story

from .gates import again, ended, live_names, other
from .processes import wait_until
from .test_click_to_proof import PASSWORD, in_chromium

NOBODY_IS_LOST = True


@pytest.fixture(scope="module")
def people(show):
    """Who releases, who approves, and who decides, each with a password."""
    approver = factories.make_user("approver", show.project, "look", "approve")
    factories.make_grant(show.decider.user, "look", project=show.project)
    for person in (show.releaser.user, show.decider.user, approver):
        person.set_password(PASSWORD)
        person.save()
    return approver


@pytest.fixture(scope="module")
def address(house, show, people, versions):
    """Where the release manager is, with its worker running."""
    with house.worker(), house.web() as address:
        yield address


@pytest.fixture
def approval(show, people):
    """Somebody else must say yes, as long as the test runs."""
    yield factories.make_rule(show.environment, people)
    ApprovalRule.objects.all().delete()


@pytest.fixture
def by_hand(address, hand):
    """A function: `by_hand(play)` calls `play(sign_in)`, in which `sign_in(name, path)` gives the
    hand of a person who has signed in with it."""
    def run(play):
        def in_browser(browser):
            def sign_in(name, path):
                tab = browser.new_context(base_url=address).new_page()
                tab.set_default_timeout(60_000)
                tab.goto(f"/admin/login/?next=/admin/{path}")
                person = hand(tab)
                person.write("Username", name)
                person.write("Password", PASSWORD)
                person.press("Sign in")
                return person

            return play(sign_in)

        return in_chromium(in_browser)

    return run


@pytest.fixture
def at_the_gate(show, versions, gates):
    """A release that waits before its switch, until the gate is opened."""
    gates["before"].close()
    deployment = show.ask(other(show, versions))
    wait_until(deployment.log.filter(text__startswith="at the gate").exists,
               story=lambda: story(again(deployment)))
    yield deployment
    gates["before"].open()


def asked(person, version, reason):
    """From What's live, where people begin, through the four steps to the progress page."""
    person.press("Release… Tidewater - Production")
    person.tick(f"{version.title} ")
    person.press("See what changes")
    person.press("Go on to the rules")
    person.write("Why now?", reason)
    person.press("Go on")
    person.press("Ask for approval" if ApprovalRule.objects.exists() else "Release now")
    person.tab.wait_for_url("**/progress/*/")


def state(person, words):
    """Wait until the page says so by itself."""
    person.tab.get_by_role("status").filter(has_text=words).first.wait_for(timeout=90_000)


def test_a_release_with_a_second_persons_yes(show, versions, hosts, approval, by_hand, hand):
    """Two people, two browsers; who asked sees the end without loading the page."""
    version, reason = other(show, versions), f"Release by {hand.name}"

    def play(sign_in):
        anna = sign_in("releaser", "")
        asked(anna, version, reason)
        state(anna, "Waiting for approval")
        row = Deployment.objects.get(reason=reason)
        ben = sign_in("approver", f"approvals/{row.pk}/")
        ben.press("Approve and release")
        ben.tab.wait_for_url("**/progress/*/")
        state(anna, "Live and checked")
        anna.shown("Open the site")
        return anna.tab.get_by_role("main").inner_text()

    assert "12 of 12 PHP workers on 2 servers run" in by_hand(play)
    assert live_names(hosts) == {version.name}


def test_a_refusal(show, versions, hosts, approval, by_hand, hand):
    """A no needs a reason, which who asked reads; nothing changed."""
    before, reason = live_names(hosts), f"Refusal by {hand.name}"

    def play(sign_in):
        anna = sign_in("releaser", "")
        asked(anna, other(show, versions), reason)
        row = Deployment.objects.get(reason=reason)
        ben = sign_in("approver", f"approvals/{row.pk}/")
        ben.press("Say no")
        ben.tab.get_by_text("Saying no needs a reason.").first.wait_for()
        ben.write("Comment", "Not on a Friday")
        ben.press("Say no")
        ben.tab.wait_for_url("**/approvals/")
        state(anna, "Rejected")
        anna.tab.get_by_text("Not on a Friday").first.wait_for()

    by_hand(play)
    assert Deployment.objects.get(reason=reason).status == "rejected"
    assert live_names(hosts) == before


def test_a_stop(at_the_gate, gates, hosts, by_hand):
    """Before the switch it stops at the next step, and says that visitors noticed nothing."""
    before = live_names(hosts)

    def play(sign_in):
        anna = sign_in("releaser", f"progress/{at_the_gate.pk}/")
        anna.press("Stop this release")
        anna.tab.get_by_text("asked to stop").first.wait_for()
        gates["before"].open()
        state(anna, "Stopped")

    by_hand(play)
    assert ended(at_the_gate).status == "cancelled"
    assert live_names(hosts) == before


def test_a_failure_goes_back_by_itself(show, versions, hosts, by_hand, hand):
    """A check page that is missing in the new version: everybody reads what is live, and why."""
    before = live_names(hosts)
    page = CheckPage.objects.create(project=show.project, path="/no-such-page.php")

    def play(sign_in):
        anna = sign_in("releaser", "")
        asked(anna, other(show, versions), f"Failure by {hand.name}")
        state(anna, "Went back to")
        anna.tab.get_by_text("/no-such-page.php").first.wait_for()

    by_hand(play)
    page.delete()
    assert live_names(hosts) == before


def test_going_back(show, versions, hosts, by_hand, hand):
    """From the page of what is live, by its own button; the version before it is stored."""
    live, reason = ended(show.ask(other(show, versions))), f"Back by {hand.name}"

    def play(sign_in):
        anna = sign_in("releaser", f"progress/{live.pk}/")
        anna.press("Go back to")
        anna.tab.wait_for_url("**/go-back/**")
        anna.write("Why", reason)
        anna.press("Go back now")
        anna.tab.wait_for_url("**/progress/*/")
        state(anna, "Live and checked")

    by_hand(play)
    back = Deployment.objects.get(reason=reason)
    assert back.kind == "rollback"
    assert live_names(hosts) == {back.release.name} != {live.release.name}


def test_a_decision(show, at_the_gate, gates, hosts, by_hand):
    """Nobody can ask PHP any more: it stops half way, and whoever may decide puts all back."""
    before = live_names(hosts)
    for token in Token.objects.filter(revoked_at=None):
        tokens.revoke(show.admin, token)
    _install(show)
    gates["before"].open()
    wait_until(lambda: again(at_the_gate).needs_a_person,
               story=lambda: story(again(at_the_gate)))
    tokens.issue(show.admin, show.environment)
    _install(show)

    def play(sign_in):
        decider = sign_in("decider", f"progress/{at_the_gate.pk}/")
        decider.press("Put all back to")
        state(decider, "Went back to")

    by_hand(play)
    assert ended(at_the_gate).status == "failed", story(again(at_the_gate))
    assert live_names(hosts) == before


def _install(show):
    for place in show.environment.installations.all():
        tasks.install_tokens(place.pk)
