"""Attacks with text that somebody outside writes: script, terminal escapes, headers, paths."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from deployments import audit
from deployments.models import Commit, LogLine, Project
from tests import factories

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"
BROKEN_OUT = "\"'><img src=x onerror=alert(1)>"
HOSTILE = SCRIPT + BROKEN_OUT
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def browser(admin, releaser, production):
    """Sees all of shop: a superuser who also has entries."""
    for action in ("look", "release", "build", "approve"):
        factories.make_grant(admin, action)
    browser = Client()
    browser.force_login(admin)
    return browser


def shown(browser, *addresses):
    """The pages' text; every one opens, and none has the hostile text as markup."""
    texts = []
    for address in addresses:
        response = browser.get(address)
        assert response.status_code == 200, (address, response.status_code)
        text = response.content.decode()
        assert SCRIPT not in text, address
        assert "<img src=x" not in text, address
        texts.append(text)
    return texts


def log_line(text, **over):
    return LogLine.objects.create(number=1, at=timezone.now(), text=text, **over)


def test_script_in_what_a_build_printed_is_text(browser, shop):
    """On the build's page."""
    release = factories.make_release(shop)
    log_line(HOSTILE, release=release)
    page, = shown(browser, f"/admin/builds/{release.pk}/")
    assert "&lt;script&gt;alert(1)" in page


def test_script_in_a_deployments_log_is_text(browser, production):
    """On the progress page."""
    deployment = factories.make_deployment(production)
    log_line(HOSTILE, deployment=deployment, server_name=SCRIPT)
    page, = shown(browser, f"/admin/progress/{deployment.pk}/")
    assert "&lt;script&gt;alert(1)" in page


def test_rows_for_the_script_are_json_that_no_browser_takes_for_a_page(browser, production):
    """Its content type is said, and may not be guessed."""
    deployment = factories.make_deployment(production)
    log_line(HOSTILE, deployment=deployment)
    response = browser.get(f"/admin/progress/{deployment.pk}/rows/")
    assert response["Content-Type"].startswith("application/json")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response.json()["lines"][0]["text"] == HOSTILE


def test_our_scripts_never_write_markup():
    """Rows become text nodes, whatever they hold."""
    folder = Path(settings.BASE_DIR) / "deployments/static"
    for path in folder.rglob("*.js"):
        found = re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(",
                          path.read_text())
        assert found is None, path


def test_our_templates_never_switch_escaping_off():
    """Nor does any of our code vouch for a text."""
    root = Path(settings.BASE_DIR)
    for path in [*(root / "templates").rglob("*.html"), *(root / "deployments").rglob("*.py")]:
        found = re.search(r"\|\s*safe\b|autoescape off|mark_safe\(|SafeString\(", path.read_text())
        assert found is None, path


def test_script_in_a_commit_and_its_author_is_text(browser, shop, production):
    """Where a version is chosen."""
    factories.make_commits(shop, HOSTILE)
    Commit.objects.update(author_name=HOSTILE)
    shown(browser, "/admin/release/shop/production/")


def test_script_in_names_is_text_on_every_list(browser, production):
    """Project, environment, server, person, version."""
    factories.make_deployment(production)
    Project.objects.update(name=HOSTILE)
    type(production).objects.update(name=HOSTILE[:40])
    shown(browser, "/admin/", "/admin/history/", "/admin/approvals/", "/admin/access/",
          "/admin/freezes/", "/admin/deployments/project/", "/admin/deployments/environment/")


def test_script_in_reasons_and_errors_is_text(browser, production, releaser):
    """What a person gave as a reason, and what a server said."""
    deployment = factories.make_deployment(
        production, status="failed", reason=HOSTILE, result=HOSTILE, cause=HOSTILE,
        requested_by=releaser, requested_by_name=SCRIPT)
    deployment.targets.update(problem=HOSTILE)
    shown(browser, f"/admin/progress/{deployment.pk}/", "/admin/history/",
          "/admin/deployments/deployment/")


def test_script_in_the_audit_log_is_text(browser, production, admin):
    """Its sentences hold what people typed."""
    audit.record("test.made", HOSTILE, actor=factories.actor_for(admin), environment=production)
    page, = shown(browser, "/admin/deployments/auditentry/")
    assert "&lt;script&gt;alert(1)" in page


def test_script_in_an_address_is_not_on_the_page_that_says_it_is_missing(browser):
    """Reflected script, in path and query."""
    for address in (f"/admin/{HOSTILE}/", f"/admin/history/?project={HOSTILE}",
                    f"/admin/access/why/?person={HOSTILE}"):
        assert SCRIPT not in browser.get(address).content.decode(), address


def test_script_in_a_refused_version_is_text(browser, production):
    """The refusal repeats what was typed."""
    response = browser.get("/admin/release/shop/production/review/", {"version": SCRIPT})
    assert response.status_code == 409
    page = response.content.decode()
    assert SCRIPT not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_log_is_downloaded_and_never_shown_as_a_page(browser, production):
    """A script in it would run on our site."""
    deployment = factories.make_deployment(production)
    log_line("<html>" + HOSTILE, deployment=deployment)
    response = browser.get(f"/admin/progress/{deployment.pk}/log/")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith('attachment; filename="shop-R-')


@pytest.mark.parametrize("part", ["..%2f..%2fetc%2fpasswd", "..", "1%00", "1%0d%0aX-Evil:1", "-1"])
def test_a_download_is_named_by_a_number_alone(browser, part):
    """Paths, headers and options are no address of ours."""
    for room in ("builds", "progress"):
        response = browser.get(f"/admin/{room}/{part}/log/")
        assert response.status_code in (301, 302, 303, 404)
        assert "X-Evil" not in response.headers


def test_a_line_of_our_own_log_is_not_forged_by_an_address(browser, caplog):
    """New lines, colours and links in a path."""
    browser.get("/admin/%0d%0aERROR%20forged%1b[31m%1b]8;;https://evil.example%07/")
    assert caplog.records
    assert not any(UNSEEN.search(record.getMessage()) or "\n" in record.getMessage()
                   for record in caplog.records)
