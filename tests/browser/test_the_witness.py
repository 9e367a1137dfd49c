"""What visitors got, as people meet it: it comes by itself, and can be read without a picture."""

from django.utils import timezone
from playwright.sync_api import expect

from deployments.models import Deployment

from .scene import watch


def end(running):
    """It ends well, and its witness is kept, as the runner writes both."""
    running.targets.update(status="proved", step="prove", switched_at=timezone.now())
    watch(running)
    Deployment.objects.filter(pk=running.pk).update(
        status="succeeded", finished_at=timezone.now(), owner="")


def test_the_picture_comes_by_itself_when_the_release_has_ended(scene, visit):
    """Nobody who watched it must know that the page has to be loaded again."""
    tab = visit(scene["anna"], f"/admin/progress/{scene['running'].pk}/")
    heading = tab.get_by_role("heading", name="What visitors got")
    expect(heading).to_have_count(0)
    end(scene["running"])
    heading.wait_for()
    expect(tab.locator("svg.witness")).to_be_visible()
    tab.get_by_text("The picture as a table").click()
    expect(tab.get_by_role("rowheader", name="After that").first).to_be_visible()
    assert tab.complaints == []


def test_without_scripts_it_comes_with_the_page(scene, visit):
    """The page loads itself again; the picture is drawn by the server."""
    end(scene["running"])
    tab = visit(scene["anna"], f"/admin/progress/{scene['running'].pk}/",
                java_script_enabled=False)
    assert tab.locator("svg.witness").is_visible()
    tab.get_by_text("This picture at its own address").click()
    expect(tab.get_by_role("heading", name="The picture as a table")).to_be_visible()
