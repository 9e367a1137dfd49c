"""What the examination of pages leaves out because it was asked before hides no fault."""

import pytest

from . import examining

PAGE = ('<html lang="en"><title>Page</title><main><h1>Page</h1><p style="color: {}; '
        'background: {}">Words</p></main>')


@pytest.fixture
def faults(chromium, monkeypatch):
    """A function: the faults of a page with words of this colour on that one."""
    monkeypatch.setattr(examining, "PASSED", {"light": set(), "dark": set()})
    tab = chromium.new_page()

    def of(colour, behind):
        tab.set_content(PAGE.format(colour, behind))
        return examining.faults_of(tab)

    yield of
    tab.close()


def test_a_colour_that_passed_is_not_asked_again_and_a_new_one_is(faults, monkeypatch):
    """In both themes and at each width; the same colour on another ground is a new one."""
    assert faults("#000", "#fff") == {}
    [(wrong, where)] = faults("#999", "#fff").items()
    assert "color-contrast" in wrong
    assert where == [f"{width} {theme}" for width in (320, 768, 1280)
                     for theme in ("light", "dark")]
    assert ["color-contrast" in wrong for wrong in faults("#000", "#333")] == [True]
    asked = []
    monkeypatch.setattr(examining, "_violations", lambda tab, rules: asked.append(rules) or [])
    assert faults("#000", "#fff") == {}
    assert asked == [examining._others()] * 3
