"""The menu beside every page: for whom the set-up part is, and in which order."""

import re

import pytest

from tests.factories import make_user


def menu_of(browser, path="/admin/history/"):
    """Names in the set-up menu of this person, top down."""
    text = browser.get(path).text.partition('class="set-up"')[2].partition("</nav>")[0]
    return re.findall(r"<a [^>]*>([^<]*)</a>", text.replace("&amp;", "&"))


def front_of(browser):
    """Names in the navigation above it."""
    text = browser.get("/admin/history/").text.partition('<nav class="side"')[2]
    return [name.strip() for name in re.findall(r"</svg>([^<]*)", text.partition("</ul>")[0])]


def test_the_navigation_has_six_things(sign_in, admin, releaser):
    """Whoever may not read the audit log has no way to it there."""
    everything = ["What’s live", "Release", "Approvals", "History", "Audit log", "Help"]
    assert front_of(sign_in(admin)) == everything
    assert front_of(sign_in(releaser)) == everything


def test_the_set_up_menu_follows_the_work(sign_in, admin):
    """First what is set up first."""
    assert menu_of(sign_in(admin)) == [
        "Projects", "Servers", "Freezes", "People & access", "Notifications",
        "System health"]


@pytest.mark.parametrize(("path", "group", "inner"), [
    ("/admin/deployments/environment/", "Projects",
     ["Projects", "Add a site", "Environments", "Installations", "Versions built", "Deployments",
      "Log"]),
    ("/admin/deployments/sshkey/", "Servers", ["Servers", "SSH keys"]),
    ("/admin/freezes/", "Freezes", ["Freezes and pauses", "Set freezes"]),
    ("/admin/auth/user/", "People & access",
     ["Allowlist", "Requests for access", "Users", "Groups", "Tokens"]),
])
def test_a_group_opens_where_one_is(path, group, inner, sign_in, admin):
    """What lies beside the list one looks at is one press away, and the rest stays folded."""
    menu = menu_of(sign_in(admin), path)
    at = menu.index(group) + 1
    assert menu[at:at + len(inner)] == inner
    assert len(menu) == 6 + len(inner)


def test_whoever_sets_one_project_up_finds_no_page_of_the_whole_installation(sign_in, shop):
    """Neither its health nor its accounts."""
    browser = sign_in(make_user("part", shop, "set_up"))
    assert "Projects" in menu_of(browser)
    assert "System health" not in menu_of(browser)
    assert "Users" not in menu_of(browser, "/admin/deployments/grant/")


def test_whoever_sets_nothing_up_has_no_such_menu(sign_in, releaser):
    """Nor lists at the foot of the home page, beside pages of the same facts."""
    assert menu_of(sign_in(releaser)) == []


def test_numbers_and_freezes_are_one_press_away(sign_in, releaser):
    """They left the navigation: History leads to the one, Release to the other."""
    browser = sign_in(releaser)
    assert 'href="/admin/numbers/"' in browser.get("/admin/history/").text
    assert 'href="/admin/history/"' in browser.get("/admin/numbers/").text.partition("</nav>")[2]
    assert 'href="/admin/freezes/"' in browser.get("/admin/release/").text
