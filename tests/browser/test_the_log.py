"""The technical log as people use it: find, follow, and what support needs to know."""

from django.utils import timezone
from playwright.sync_api import expect

from deployments.models import LogLine


def test_a_search_in_the_log_of_a_release_under_way_goes_on(scene, visit):
    """Lines that have the words come by themselves, others do not; one click shows all again."""
    running = scene["running"]
    tab = visit(scene["anna"], f"/admin/progress/{running.pk}/")
    tab.get_by_label("Find in the log").fill("php")
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("2 lines have “php”.")).to_be_visible()
    LogLine.objects.bulk_create([
        LogLine(deployment=running, number=50 + number, at=timezone.now(), text=text)
        for number, text in enumerate(("Nothing of that", "PHP was asked again"))])
    tab.get_by_text("PHP was asked again").wait_for()
    expect(tab.locator(".log li")).to_have_count(3)
    tab.get_by_role("link", name="Show all lines").click()
    tab.get_by_text("Nothing of that").wait_for()
    assert tab.complaints == []


def test_what_support_needs_to_know_is_copied_by_one_click(scene, visit):
    """The reference, what it is, how it stands, and where."""
    failed = scene["failed"]
    tab = visit(scene["anna"], f"/admin/progress/{failed.pk}/",
                permissions=["clipboard-read", "clipboard-write"])
    tab.get_by_role("button", name="Copy for support").click()
    expect(tab.get_by_text("Copied.")).to_be_visible()
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"R-{failed.pk}: Shop API 3.1.0 to Production. Failed")
    assert "web-2 has only 120 MB free" in copied
    assert copied.endswith(f"/admin/progress/{failed.pk}/")
    assert tab.complaints == []
