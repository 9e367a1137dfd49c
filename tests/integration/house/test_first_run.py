"""From an empty database to a proved release, through the pages of the first run alone: in a
browser, once by mouse and once by keyboard alone, on the same real server."""

import re
import shutil
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command

from deployments.models import AuditEntry, Deployment, Server
from tests import factories, stage
from tests.sandbox.placement import share
from tests.sandbox.webhost import WebHost

from .test_click_to_proof import PASSWORD, in_chromium

NOBODY_IS_LOST = True
LINE = re.compile(r"restrict,port-forwarding (ssh-ed25519 \S+)")


@pytest.fixture(scope="module")
def host():
    with WebHost("web-1", kind="realpath") as host:
        yield host


@pytest.fixture(scope="module")
def address(house, host):
    """Where the release manager is, with its worker running."""
    with house.worker(), house.web() as address:
        yield address


@pytest.fixture
def nothing(address, host):
    """No row but one account, nothing in the site's folder; the worker registers again."""
    call_command("flush", verbosity=0, interactive=False)
    for path in host.root.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    share(host)
    factories.make_user("ines", password=PASSWORD, is_staff=True, is_superuser=True)


def signed_in(browser, address, hand, name):
    person = opened(browser, address, hand, "/admin/")
    sign_in(person, name)
    return person


def opened(browser, address, hand, path):
    """A hand on a browser of its own."""
    tab = browser.new_context(base_url=address).new_page()
    tab.set_default_timeout(180_000)
    tab.goto(path)
    return hand(tab)


def sign_in(person, name):
    person.write("Username", name)
    person.write("Password", PASSWORD)
    person.press("Sign in")


def reads(person, words):
    """Wait until the page says so: it loads itself again while a machine is asked."""
    person.tab.get_by_role("main").get_by_text(words).first.wait_for()


def add_project(ines, repository):
    """Step 1: the repository is read at once, and what was found stands on the page."""
    ines.press("Begin")
    ines.write("What is the site called?", "Tidewater")
    ines.write("Where is its code?", str(repository.path))
    ines.tick("Plain PHP")
    ines.press("Save and read the repository")
    reads(ines, "branches and tags found")
    ines.press("Go on: Server")


def add_server(ines, host):
    """Step 2: the identity is compared and confirmed; signing in fails until the key is let in."""
    for label, words in (
            ("Which address do visitors type?", host.site_name),
            ("What do you call the server?", "web-1"), ("Its address", host.ssh_host),
            ("Sign in as", host.ssh_user), ("Port of SSH", str(host.ssh_port)),
            ("The site’s folder there", str(host.root))):
        ines.write(label, words)
    ines.press("Save and ask the server")
    reads(ines, "Is this your server?")
    lines = ines.tab.get_by_label("Lines to copy").inner_text()
    ines.press("It is the same")
    reads(ines, "refuses the key")
    host.sshd.authorize(LINE.search(lines)[1], restrictions="restrict,port-forwarding")
    ines.press("Try again")
    reads(ines, f"Signed in on web-1 as {host.ssh_user}")
    ines.press("Go on: PHP")


def say_how_php_is_served(ines, host):
    """Step 3: both pools are found by themselves, and the doctor finds nothing that blocks. Other
    tests' pools of the same names run on this machine, too."""
    for name, socket in host.pools:
        ines.tick(f"php-fpm, pool {name}, at {socket}")
        ines.write(f"A page that pool {name} at {socket} answers", stage.PAGE_OF[name])
    ines.unfold("The web server")
    ines.write("Where it listens", host.http_address)
    ines.untick("Visitors use HTTPS")
    ines.write("Group of the web server", host.web_group)
    ines.press("Save and examine")
    ines.press("Go on: People")


def add_anna(ines):
    """Step 4: she is alone, so she makes an account; returns where its password is set."""
    reads(ines, "You are the only person here.")
    ines.press("Add a person")
    ines.write("User name", "anna")
    ines.press("Make the account")
    ines.press("Show the link")
    link = ines.tab.locator("code.one-time").inner_text()
    ines.press("Back to step 4: People")
    return urlsplit(link).path


def let_anna_in(ines):
    """Then the checklist says that all is ready."""
    ines.tick("anna")
    ines.tick("No, whoever may release does so alone")
    ines.write("Why?", "She runs the shop")
    ines.press("Let them in")
    reads(ines, "All is ready for the first release.")


def release(anna):
    """Anna's part: her password, then from her home page through the four steps."""
    anna.write("New password", PASSWORD)
    anna.write("New password confirmation", PASSWORD)
    anna.press("Set the password")
    sign_in(anna, "anna")
    anna.press("Release…")
    anna.tick("v1.0")
    anna.press("See what changes")
    anna.press("Go on to the rules")
    anna.write("Why now?", "The first one")
    anna.press("Go on")
    anna.press("Release now")
    ends_live(anna.tab)


def ends_live(tab):
    """Wait until it has ended; whatever else the page says is told by the failing test."""
    try:
        tab.locator("[data-part=outcome]:is(.good, .bad, .warn)").wait_for(timeout=180_000)
    finally:
        said = tab.get_by_role("main").inner_text()
        print(said)
    assert "Live and checked" in said


def test_from_nothing_to_a_proved_release(
        nothing, address, hand, host, site_repository):
    """Project, server, PHP, people, release: each page asks the real machine, and says the next."""
    def play(browser):
        ines = signed_in(browser, address, hand, "ines")
        ines.press("Add your first")
        add_project(ines, site_repository)
        add_server(ines, host)
        say_how_php_is_served(ines, host)
        path = add_anna(ines)
        let_anna_in(ines)
        release(opened(browser, address, hand, path))
        ines.tab.reload()
        reads(ines, "Tidewater is live and checked.")

    in_chromium(play)
    deployment = Deployment.objects.get()
    assert deployment.status == "succeeded"
    assert "6 of 6 PHP workers" in deployment.result
    assert Server.objects.get().host_key == host.host_key
    told = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"project.added", "server.confirmed", "installation.added", "grant.added",
            "deployment.succeeded"} <= told
