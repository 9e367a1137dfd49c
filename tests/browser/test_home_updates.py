"""The home page updates itself, keeps what has the focus, and says when it cannot."""

from playwright.sync_api import expect

from deployments.models import Deployment


def test_home_takes_over_what_changed_and_tells_of_lost_connections(scene, visit):
    """By the clock of the page: news come without a click, the focus stays, and signed out is told
    apart from no connection."""
    tab = visit(scene["anna"])
    tab.clock.install()
    tab.reload()
    row = tab.get_by_role("row").filter(has_text="Shop API")
    see = row.get_by_role("link", name="See").first
    expect(row.get_by_text("Releasing")).to_be_visible()
    see.focus()
    Deployment.objects.filter(pk=scene["running"].pk).update(status="needs_attention", owner="")
    tab.clock.fast_forward(11_000)
    expect(row.get_by_text("Needs a decision")).to_be_visible()
    expect(see).to_be_focused()
    tab.context.set_offline(True)
    lost, out = (tab.locator(f'[data-part="{name}"]') for name in ("lost", "signed-out"))
    for _ in range(4):
        tab.clock.fast_forward(11_000)
        tab.evaluate("new Promise((done) => requestIdleCallback(done))")
    expect(lost).to_be_visible()
    tab.context.set_offline(False)
    tab.clock.fast_forward(11_000)
    expect(lost).to_be_hidden()
    tab.context.clear_cookies()
    tab.clock.fast_forward(11_000)
    expect(out).to_be_visible()
