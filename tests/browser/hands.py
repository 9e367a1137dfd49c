"""Two ways to use a page: with the mouse, and with Tab, Space and Enter alone."""

import re

FOCUSED = """() => { const one = document.activeElement;
    const said = one.labels && one.labels.length ? one.labels[0] : one;
    return [said.textContent.replace(/\\s+/g, ' ').trim(), getComputedStyle(one).outlineStyle,
            getComputedStyle(one).outlineWidth]; }"""
TABS = 90
"""So often Tab is pressed on one page before it is said that the keyboard does not get there."""


class Mouse:
    """Clicks on what it sees."""

    name = "mouse"

    def __init__(self, tab):
        self.tab = tab

    def press(self, words):
        """A button or a link that begins with these words."""
        self.shown(words).click()

    def write(self, label, words):
        self.tab.get_by_label(label).fill(words)

    def shown(self, words):
        """What is to be pressed, as soon as it is there."""
        begins = re.compile(f"^{re.escape(words)}")
        found = self.tab.get_by_role("button", name=begins).or_(
            self.tab.get_by_role("link", name=begins)).first
        found.wait_for()
        return found


class Keyboard(Mouse):
    """Never touches the mouse; what it stands on must be seen (WCAG 2.4.7)."""

    name = "keyboard"

    def press(self, words):
        self.shown(words)
        self.reach(words)
        self.tab.keyboard.press("Enter")

    def write(self, label, words):
        self.tab.get_by_label(label).wait_for()
        self.reach(label)
        self.tab.keyboard.type(words)

    def reach(self, words):
        """Press Tab until the focus is on something that reads these words."""
        for _ in range(TABS):
            self.tab.keyboard.press("Tab")
            said, style, width = self.tab.evaluate(FOCUSED)
            if said.startswith(words):
                assert (style, width) == ("solid", "3px"), f"The focus on “{words}” is not seen."
                return
        raise AssertionError(f"The keyboard does not reach “{words}”.")
