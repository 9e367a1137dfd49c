"""Rules that hold on every page, in light and dark, on a desk and on a phone."""

from pathlib import Path

from deployments.models import Release

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
PHONE = {"viewport": {"width": 320, "height": 640}}
OURS = ("sign in", "home", "home of a viewer", "choose", "review", "refused", "go back", "live",
        "witness", "doctor", "drift", "torn", "failed", "running", "waves", "in line",
        "wait in line", "inbox", "answer", "history", "build", "missing", "two steps", "sessions",
        "again", "numbers", "health",
        "help", "help with a word", "freezes", "pause", "paused and frozen", "emergency",
        "no button", "set password", "edits", "less protection", "my access", "ask for access",
        "requests for access", "request for access", "why", "password link",
        "sessions of another")

ERRORS = ("404 (Not Found)", "409 (Conflict)", "405 (Method Not Allowed)")
"""Answers that the console mentions, and that are meant so."""
FORMS = ("environment", "project", "installation", "new server")


def test_no_page_breaks_the_content_security_policy(every):
    """The console stays silent: nothing inline, nothing from elsewhere, no script error."""
    said = {}
    for name, tab in every():
        tab.wait_for_timeout(100)
        lines = [line for line in tab.complaints
                 if not any(status in line for status in ERRORS)]
        if lines:
            said[name] = lines
    assert said == {}


def test_no_page_scrolls_sideways_on_a_phone(every):
    """At 320 px everything reflows (WCAG 1.4.10)."""
    wide = {name: width for name, tab in every(**PHONE)
            if (width := tab.evaluate("document.documentElement.scrollWidth")) > 320}
    assert wide == {}


def test_a_long_name_does_not_make_the_home_page_scroll_sideways(every):
    """A branch may have 200 letters without a space, and a desk has 1100 px."""
    Release.objects.update(label="", ref="feature/" + "a" * 150)
    wide = {name: width for name, tab in every(("home",), viewport={"width": 1100, "height": 800})
            if (width := tab.evaluate("document.documentElement.scrollWidth")) > 1100}
    assert wide == {}


CUT_OFF = """() => {
  const inner = (element) => element.getBoundingClientRect();
  const card = inner(document.querySelector("#content")).right;
  return [...document.querySelectorAll(".form-row :is(input, textarea, select), .help")]
    .filter((element) => !element.closest(".inline-group") && inner(element).right > card)
    .map((element) => element.id || element.textContent.trim());
}"""


def test_no_form_is_cut_off_on_a_phone(every):
    """Inputs and their help end inside the card; the tables of rows in it may scroll."""
    cut = {name: parts for name, tab in every(FORMS, **PHONE)
           if (parts := tab.evaluate(CUT_OFF))}
    assert cut == {}


def test_every_text_stands_out_in_both_themes(every):
    """Contrast of at least 4.5 to 1."""
    faint = {}
    for name, tab in every(OURS, reduced_motion="reduce"):
        for scheme in ("light", "dark"):
            tab.emulate_media(color_scheme=scheme)
            if bad := tab.evaluate(CONTRAST):
                faint[name, scheme] = bad
    assert faint == {}


def test_every_task_page_has_the_same_bones(every):
    """One h1, one main, a language, a way past the navigation, headers with scope, a title."""
    for name, tab in every(OURS):
        assert tab.locator("h1").count() == 1, name
        assert tab.locator("main").count() == 1, name
        assert tab.locator("html").get_attribute("lang") == "en", name
        assert tab.title().strip(" ·"), name
        assert tab.locator("th:not([scope])").count() == 0, name
        nameless = tab.locator("input:not([type=hidden]), select, textarea").evaluate_all(
            "all => all.filter(one => !one.labels.length && !one.ariaLabel).length")
        assert nameless == 0, name
        if name not in ("missing", "no button"):
            assert tab.locator("a.skip[href='#content-start']").count() == 1, name


def test_every_control_is_large_enough_to_hit(every):
    """24 by 24 px at least, except links within sentences (WCAG 2.5.8)."""
    small = {}
    for name, tab in every(OURS, **PHONE):
        sizes = tab.locator("button, .button, summary, select, .side a").evaluate_all(
            """all => all.filter(one => one.checkVisibility()).map(one => {
                const box = one.getBoundingClientRect();
                return [one.textContent.trim().slice(0, 30), box.width, box.height]; })""")
        small |= {f"{name}: {text}": (width, height) for text, width, height in sizes
                  if width < 24 or height < 24}
    assert small == {}
