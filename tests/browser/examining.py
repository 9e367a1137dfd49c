"""What is asked of a page that is open: axe's rules, its width, its bones."""

from axe_playwright_python.base import AXE_SCRIPT

WIDTHS = (320, 768, 1280)
STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules that a theme can break; all others are the same in both."""

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
        for theme, rules in (("light", {"type": "tag", "values": STANDARDS}),
                             ("dark", {"type": "rule", "values": OF_COLOURS})):
            tab.emulate_media(color_scheme=theme)
            for wrong in _violations(tab, rules):
                found.setdefault(wrong, []).append(f"{width} {theme}")
        if (needed := tab.evaluate("document.documentElement.scrollWidth")) > width:
            found.setdefault("scrolls sideways", []).append(f"{width}: {needed} px")
        for wrong in tab.evaluate(BONES):
            found.setdefault(wrong, []).append(f"{width}")
    return found


def _violations(tab, rules):
    options = {"resultTypes": ["violations"], "runOnly": rules, "preload": False}
    answer = tab.evaluate("options => axe.run(options)", options)
    return [f"{wrong['id']}: {node['target'][-1]} {node['html'][:120]}"
            for wrong in answer["violations"] for node in wrong["nodes"]]
