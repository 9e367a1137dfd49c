"""What stays of a page on paper."""


def test_a_printed_release_shows_what_it_says_and_nothing_to_press(scene, visit):
    """The picture and all of the log, without navigation; light, whatever the theme is."""
    tab = visit(scene["anna"], f"/admin/progress/{scene['live'].pk}/", color_scheme="dark",
                viewport={"width": 720, "height": 900})
    tab.emulate_media(media="print")
    assert tab.locator("svg.witness").is_visible()
    assert tab.get_by_text("24 of 24 PHP workers").is_visible()
    assert not tab.locator("nav.side").is_visible()
    assert tab.locator("main").locator("button:visible, .button:visible").count() == 0
    assert tab.locator(".log").evaluate("log => log.scrollHeight <= log.clientHeight + 1")
    assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(26, 32, 32)"
