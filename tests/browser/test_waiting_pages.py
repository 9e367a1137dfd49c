"""Pages that wait for an answer of a server: they load themselves again by themselves."""

STANDS = "document.querySelector('main a[href], main button').focus()"


def test_a_page_that_waits_loads_itself_again_but_not_under_somebodys_hands(scene, visit):
    """Whoever stands on a button with the keyboard keeps it; when they leave it, it goes on."""
    tab = visit(scene["ines"], "/admin/doctor/portal/silent/")
    with tab.expect_event("load", timeout=15_000):
        pass
    tab.evaluate(f"window.isOld = true; {STANDS}")
    tab.wait_for_timeout(5000)
    assert tab.evaluate("window.isOld")
    with tab.expect_event("load", timeout=15_000):
        tab.evaluate("document.activeElement.blur()")
    assert tab.complaints == []
