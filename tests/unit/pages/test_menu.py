"""The menu beside every page: for whom the set-up part is, and in which order."""

import re

from tests.factories import make_user


def menu_of(browser):
    """Names in the set-up menu of this person, top down."""
    text = browser.get("/admin/history/").text.partition('<details class="set-up"')[2]
    return re.findall(r"<li><a [^>]*>([^<]*)</a>", text.partition("</details>")[0])


def test_the_set_up_menu_follows_the_work(sign_in, admin):
    """First what is set up first; what is only looked at comes last, by name."""
    assert menu_of(sign_in(admin)) == [
        "Projects", "Environments", "Installations", "Servers", "SSH keys", "Allowlist",
        "Requests for access", "Users", "Groups", "Set freezes", "Tokens", "Deployments", "Log",
        "Notifications", "Releases", "System health"]


def test_whoever_sets_one_project_up_finds_no_page_of_the_whole_installation(sign_in, shop):
    """Neither its health nor its accounts."""
    menu = menu_of(sign_in(make_user("part", shop, "set_up")))
    assert "Projects" in menu
    assert {"System health", "Users"}.isdisjoint(menu)


def test_whoever_sets_nothing_up_has_no_such_menu(sign_in, releaser):
    """Lists that everybody may look at are linked from the home page."""
    assert menu_of(sign_in(releaser)) == []
