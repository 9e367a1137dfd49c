"""Two ways to use a page: with the mouse, and with Tab, Space, Enter and the arrows alone."""

import re

FOCUSED = """() => { const one = document.activeElement;
    const said = one.labels && one.labels.length ? one.labels[0] : one;
    return [said.textContent.replace(/\\s+/g, ' ').trim(), one.name || '',
            getComputedStyle(one).outlineStyle, getComputedStyle(one).outlineWidth]; }"""
TABS = 90
"""So often Tab is pressed on one page before it is said that the keyboard does not get there."""


def begins(words):
    """A pattern for Playwright, whose selectors end a pattern at the first bare slash."""
    return re.compile("^" + re.escape(words).replace("/", r"\/"))


class Mouse:
    """Clicks on what it sees."""

    name = "mouse"

    def __init__(self, tab):
        self.tab = tab

    def press(self, words):
        """A button or a link that begins with these words."""
        self.shown(words).click()

    def write(self, label, words):
        self.tab.get_by_label(label).first.fill(words)

    def tick(self, words):
        """A box, or one of several choices, whose label begins with these words."""
        self._choice(words).check()

    def untick(self, words):
        self._choice(words).uncheck()

    def unfold(self, words):
        """What is folded away under these words, unless it is open."""
        fold = self._fold(words)
        if fold.get_attribute("open") is None:
            fold.locator("summary").click()

    def shown(self, words):
        """What is to be pressed, as soon as it is there."""
        found = self.tab.get_by_role("button", name=begins(words)).or_(
            self.tab.get_by_role("link", name=begins(words))).first
        found.wait_for()
        return found

    def _choice(self, words):
        found = self.tab.get_by_role("checkbox", name=begins(words)).or_(
            self.tab.get_by_role("radio", name=begins(words))).first
        found.wait_for()
        return found

    def _fold(self, words):
        return self.tab.locator("details").filter(
            has=self.tab.locator("summary", has_text=begins(words))).first


class Keyboard(Mouse):
    """Never touches the mouse; what it stands on must be seen (WCAG 2.4.7)."""

    name = "keyboard"

    def press(self, words):
        self.shown(words)
        self.reach(words)
        self.tab.keyboard.press("Enter")

    def write(self, label, words):
        self.tab.get_by_label(label).first.wait_for()
        self.reach(label)
        self.tab.keyboard.type(words)

    def tick(self, words):
        """Tab stops at one of several choices; arrows lead to the others and choose."""
        choice = self._choice(words)
        if choice.is_checked():
            return
        if choice.get_attribute("type") == "checkbox":
            self.reach(words)
        else:
            self.reach(group=choice.get_attribute("name"))
            self._go(lambda said, _: said.startswith(words), "ArrowDown", words)
        if not choice.is_checked():
            self.tab.keyboard.press("Space")

    def untick(self, words):
        if self._choice(words).is_checked():
            self.reach(words)
            self.tab.keyboard.press("Space")

    def unfold(self, words):
        if self._fold(words).get_attribute("open") is None:
            self.reach(words)
            self.tab.keyboard.press("Enter")

    def reach(self, words="", *, group=""):
        """Press Tab until the focus is on something that reads these words, or is of this group of
        choices."""
        self.tab.keyboard.press("Tab")
        self._go(lambda said, name: name == group if group else said.startswith(words), "Tab",
                 words or group)

    def _go(self, is_there, key, words):
        """Press the key until the focus is there, and is seen."""
        for _ in range(TABS):
            said, name, style, width = self.tab.evaluate(FOCUSED)
            if is_there(said, name):
                assert (style, width) == ("solid", "3px"), f"The focus on “{words}” is not seen."
                return
            self.tab.keyboard.press(key)
        raise AssertionError(f"The keyboard does not reach “{words}”.")
