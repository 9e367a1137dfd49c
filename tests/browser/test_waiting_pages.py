"""Pages that wait for an answer of a server: they load themselves again by themselves."""

WAITS = "/admin/doctor/portal/silent/"
STANDS = "document.querySelector('main a[href], main button').focus()"
AFTER_MS = 4000
"""So long such a page waits; by its own clock, which stands still until the test turns it."""


def test_a_page_that_waits_loads_itself_again_but_not_under_somebodys_hands(scene, visit):
    """Whoever stands on a button with the keyboard keeps it; when they leave it, it goes on."""
    tab = visit(scene["ines"])
    tab.clock.install(time=0)
    tab.clock.pause_at(1000)
    tab.goto(WAITS)
    with tab.expect_event("load"):
        tab.clock.fast_forward(AFTER_MS)
    tab.evaluate(f"window.isOld = true; {STANDS}")
    for _ in range(2):
        tab.clock.fast_forward(AFTER_MS)
        tab.wait_for_timeout(1000)  # so that a page that went would be gone
    assert tab.evaluate("window.isOld")
    tab.evaluate("document.activeElement.blur()")
    with tab.expect_event("load"):
        tab.clock.fast_forward(AFTER_MS)
    assert tab.complaints == []
