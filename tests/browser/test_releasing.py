"""The way from the home page through the four steps of a release: by mouse, by keyboard, twice."""

import re

from playwright.sync_api import expect

from deployments.models import Deployment

from .hands import Keyboard
from .scene import PASSWORD

CONFIRM = "/admin/release/webshop/staging/confirm/?version=main"


def sign_in(tab, name):
    tab.get_by_label("Username").fill(name)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()


def test_from_signing_in_to_the_progress_page(scene, visit):
    """Anna signs in, clicks Release…, chooses, reads, confirms, and watches."""
    tab = visit()
    sign_in(tab, "anna")
    tab.get_by_role("link", name="Release… Webshop - Staging").click()
    tab.get_by_role("radio", name=re.compile("^main")).check()
    tab.get_by_role("button", name="See what changes").click()
    expect(tab.get_by_text("New autumn pictures")).to_be_visible()
    tab.get_by_role("button", name="Go on to the rules").click()
    tab.get_by_label("Why now?").fill("Autumn")
    tab.get_by_role("button", name="Go on", exact=True).click()
    for choice in ("Later", "Now"):  # the button says what was chosen
        tab.get_by_role("radio", name=re.compile(f"^{choice}")).check()
        button = tab.get_by_role("button", name=f"Release {choice.lower()}", exact=True)
        expect(button).to_be_visible()
    tab.get_by_role("button", name="Release now").click()
    tab.wait_for_url("**/progress/*/")
    made = Deployment.objects.get(reason="Autumn")
    assert made.requested_by == scene["anna"]
    expect(tab.get_by_role("status").filter(has_text="Being built")).to_be_visible()
    assert tab.complaints == []


def test_what_was_begun_is_found_again_on_another_computer(scene, visit):
    """Half a checklist ticked here, the rest there; both ticked, the last page asks."""
    rules = "/admin/release/blog/production/rules/"
    tab = visit(scene["anna"], rules)
    assert tab.get_by_role("checkbox", name="Customer support knows").is_checked()
    tab.get_by_label("Why now?").fill("First pages")
    tab.get_by_role("button", name="Go on", exact=True).click()
    expect(tab.get_by_role("alert")).to_contain_text("“I watched Staging”")
    other = visit(scene["anna"], "/admin/release/")
    other.get_by_role("link", name="Go on with Blog main to Production").click()
    other.get_by_role("button", name="Go on to the rules").click()
    expect(other.get_by_label("Why now?")).to_have_value("First pages")
    other.get_by_role("checkbox", name="I watched Staging").check()
    other.get_by_role("button", name="Go on", exact=True).click()
    expect(other.get_by_text("First pages")).to_be_visible()
    expect(other.get_by_role("button", name="Release later")).to_be_visible()  # it is frozen now
    other.get_by_role("button", name="Back", exact=True).click()
    other.wait_for_url(f"**{rules}**")


def test_a_double_click_makes_one_deployment(scene, visit):
    """Two clicks on the same button, as fast as a hand can."""
    before = Deployment.objects.count()
    tab = visit(scene["anna"], CONFIRM)
    tab.get_by_role("button", name="Release now").dblclick()
    tab.wait_for_url("**/progress/*/")
    assert Deployment.objects.count() == before + 1


def test_without_scripts_a_double_click_makes_one_deployment_too(scene, visit):
    """The form's own key does it, not the script."""
    before = Deployment.objects.count()
    tab = visit(scene["anna"], CONFIRM, java_script_enabled=False)
    tab.get_by_role("button", name="Release now").dblclick()
    expect(tab).to_have_url(re.compile("/progress/"))  # the second click ends the first's way there
    expect(tab.get_by_text("Being built").first).to_be_visible()
    assert Deployment.objects.count() == before + 1


def test_releasing_needs_no_mouse(scene, visit):
    """Tab, Space and Enter lead from the home page to the progress page; focus is always seen."""
    before = Deployment.objects.count()
    tab = visit(scene["anna"])
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to main content"
    tab.keyboard.press("Enter")
    keys = Keyboard(tab)
    keys.press("Release… Webshop - Staging")
    tab.wait_for_url("**/release/webshop/staging/")
    keys.reach("main")  # marked: it is newer than the live version
    tab.keyboard.press("ArrowUp")
    for button, page in (("See what changes", "review"), ("Go on to the rules", "rules")):
        keys.press(button)
        tab.wait_for_url(f"**/{page}/**")
    keys.write("Why now?", "By keyboard")
    keys.press("Go on")
    tab.wait_for_url("**/confirm/**")
    keys.press("Release now")
    tab.wait_for_url("**/progress/*/")
    assert Deployment.objects.count() == before + 1


def test_coming_back_by_the_browsers_button_says_that_it_was_asked(scene, visit):
    """The page left behind is read again: it names the release under way and offers no second."""
    tab = visit(scene["anna"], CONFIRM)
    tab.get_by_role("button", name="Release now").click()
    tab.wait_for_url("**/progress/*/")
    tab.go_back()
    expect(tab.get_by_text("You already asked to release Webshop").first).to_be_visible()
    expect(tab.get_by_role("button", name="Release now")).to_be_hidden()
