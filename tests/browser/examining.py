"""What is asked of a page that is open: axe's rules, its width, its bones."""

from axe_playwright_python.base import AXE_SCRIPT

WIDTHS = (320, 768, 1280)
STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules that a theme can break; all others are the same in both. They cost more than all others
together."""

LOOKS = """() => {
  const styles = new Map(), found = new Set();
  const style = (one) => {
    if (!styles.has(one)) styles.set(one, getComputedStyle(one));
    return styles.get(one);
  };
  const behind = (one) => {
    const parts = [];
    for (let at = one; at; at = at.parentElement) {
      const {backgroundColor, backgroundImage, opacity, filter, mixBlendMode} = style(at);
      const part = [backgroundColor, backgroundImage, opacity, filter, mixBlendMode].join();
      if (part !== parts.at(-1)) parts.push(part);
    }
    return parts.join();
  };
  const says = (one) => one.matches("input, select, textarea") || [...one.childNodes].some(
    (node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  for (const one of document.body.querySelectorAll("*")) {
    if (!says(one) || !one.checkVisibility()) continue;
    const {color, fontSize, fontWeight, textShadow, textDecorationLine, borderBottom} = style(one);
    const around = one.matches("a") ? style(one.parentElement).color : "";
    found.add([one.matches(":disabled"), color, fontSize, fontWeight, textShadow,
               textDecorationLine, borderBottom, around, behind(one)].join("|"));
  }
  return [...found];
}"""
"""All that the rules of colours go by: of each text its colour, size, weight, and what is behind
it."""

LOADED = """() => [...performance.getEntriesByType("navigation"),
    ...performance.getEntriesByType("resource")]
  .filter((one) => one.initiatorType !== "fetch").map((one) => [one.name, one.decodedBodySize])"""
PAGE_AT_MOST, FORM_AT_MOST, SCRIPTS_AT_MOST = 150_000, 500_000, 30_000
"""Bytes before compression; Django's forms bring Django's scripts (docs/pages.md)."""

PASSED = {"light": set(), "dark": set()}
"""Looks that passed those rules on some page: they pass on every other one."""

BONES = """() => {
  const wrong = [], all = (what) => [...document.querySelectorAll(what)];
  if (all("h1").length !== 1) wrong.push("not one h1");
  if (all(".task th:not([scope])").length) wrong.push("a header without scope");
  if (all("nav").length && !all("a.skip, a.skip-to-content-link").length)
    wrong.push("no way past the navigation");
  for (const one of all("button, .button, summary, select, .side a")) {
    const box = one.getBoundingClientRect();
    if (one.checkVisibility() && (box.width < 24 || box.height < 24))
      wrong.push(`too small to hit: ${one.textContent.trim().slice(0, 30)}`);
  }
  return wrong;
}"""
"""What axe does not ask, or asks less strictly (WCAG 2.5.8 lets small controls stand apart)."""


def faults_of(tab):
    """{what is wrong and where: the sizes and themes that have it} of the page in `tab`.

    The text of axe goes through the debugger, which no Content-Security-Policy stops.
    """
    tab.evaluate(AXE_SCRIPT)
    found = {}
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 900})
        for theme in PASSED:
            tab.emulate_media(color_scheme=theme)
            for wrong in _wrong_colours(tab, theme):
                found.setdefault(wrong, []).append(f"{width} {theme}")
        for wrong in [*_violations(tab, _others()), *tab.evaluate(BONES)]:
            found.setdefault(wrong, []).append(f"{width}")
        if (needed := tab.evaluate("document.documentElement.scrollWidth")) > width:
            found.setdefault("scrolls sideways", []).append(f"{width}: {needed} px")
    return found


def too_heavy(tab):
    """What the page in `tab` loaded more of than a page may."""
    loaded = dict(tab.evaluate(LOADED))
    scripts = sum(size for name, size in loaded.items()
                  if name.endswith(".js") and "/deployments/" in name)
    is_form = tab.evaluate("document.body.classList.contains('change-form')")
    most = FORM_AT_MOST if is_form else PAGE_AT_MOST
    return [f"{size} bytes of {what}" for what, size, most in (
        ("the page and its files", sum(loaded.values()), most),
        ("our scripts", scripts, SCRIPTS_AT_MOST)) if size > most]


def _wrong_colours(tab, theme):
    """What breaks the rules of colours, where anything looks as nothing did that passed them."""
    looks = set(tab.evaluate(LOOKS))
    if looks <= PASSED[theme]:
        return []
    wrong = _violations(tab, {"runOnly": {"type": "rule", "values": OF_COLOURS}})
    if not wrong:
        PASSED[theme] |= looks
    return wrong


def _others():
    return {"runOnly": {"type": "tag", "values": STANDARDS},
            "rules": {name: {"enabled": False} for name in OF_COLOURS}}


def _violations(tab, asked):
    options = {"resultTypes": ["violations"], "preload": False, **asked}
    answer = tab.evaluate("options => axe.run(options)", options)
    return [f"{wrong['id']}: {node['target'][-1]} {node['html'][:120]}"
            for wrong in answer["violations"] for node in wrong["nodes"]]
