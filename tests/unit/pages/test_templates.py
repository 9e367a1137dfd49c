"""What templates refer to exists, nothing is inline, and the page's own files stay small."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.test import override_settings

TEMPLATES = Path(settings.BASE_DIR) / "templates"
STATIC = Path(settings.BASE_DIR) / "deployments" / "static" / "deployments"
FILES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
SPRITE = set(re.findall(r'<symbol id="(\w+)"', (STATIC / "icons.svg").read_text()))


@pytest.mark.parametrize("name", FILES)
def test_a_template_compiles_and_names_only_what_exists(name):
    """Every included template, static file and icon is there."""
    get_template(name)
    source = (TEMPLATES / name).read_text()
    for other in re.findall(r'{% (?:include|extends) "([^"]+)"', source):
        get_template(other)
    for path in re.findall(r"""{% static ['"]([^'"]+)['"]""", source):
        assert finders.find(path), path
    for icon in re.findall(r'with icon="(\w+)"', source):
        assert icon in SPRITE


@pytest.mark.parametrize("name", FILES)
def test_a_template_holds_no_inline_code(name):
    """The Content-Security-Policy forbids it, so it would silently not work."""
    source = (TEMPLATES / name).read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", source)
    assert "|safe" not in source
    assert "autoescape off" not in source


def test_a_table_that_css_folds_says_that_it_is_a_table():
    """A browser forgets what a table, a row and a cell are once they are laid out as blocks."""
    folding = set()
    for path in STATIC.glob("*.css"):
        for names, rule in re.findall(r"([^{}]+){([^{}]*)}", path.read_text()):
            if re.search(r"display: (block|flex|grid|flow-root)", rule):
                folding |= {name for one in re.split(r",(?![^(]*\))", names)
                            if re.search(r"\btr\b", one)
                            for name in re.findall(r"[.#]([\w-]+)", one)}
    assert {"folds", "steps", "result_list"} <= folding
    for name in FILES:
        source = (TEMPLATES / name).read_text()
        for table in re.findall(r"<table.*?</table>", source, re.DOTALL):
            if folding & set(re.findall(r"[\w-]+", table.split(">", 1)[0])):
                for tag in re.findall(r"<(?:table|thead|tbody|tr|th|td)\b[^>]*", table):
                    assert ' role="' in tag, (name, tag)


def test_what_django_paints_in_the_accent_is_written_in_the_accents_own_ink():
    """Its two-box picker takes the header's colour for that, which is dark on ours."""
    theirs = Path(finders.find("admin/css/widgets.css")).read_text()
    painted = [names for names, rule in re.findall(r"([^{}]+){([^{}]*)}", theirs)
               if re.search(r"background: var\(--(primary|secondary)\)", rule)
               and "--header-link-color" in rule]
    ours = " ".join(names for names, rule in re.findall(
        r"([^{}]+){([^{}]*)}", (STATIC / "set-up.css").read_text())
        if re.search(r"(?<!-)color: var\(--on-accent\)", rule))
    assert [names.strip() for names in painted] == [
        ".selector-chosen .list-footer-display", ".selector-chosen-title"]
    for part in (*painted, ".selector-chosen-title :is(label, .helptext)"):
        assert re.search(rf"{re.escape(part.strip())}[,)]", ours), part


def test_every_state_has_its_icon():
    """Icon and word, never colour alone."""
    from deployments import states
    from deployments.pages.progress_table import _CELLS

    assert set(states._ICONS.values()) | {icon for _, _, icon in _CELLS.values()} <= SPRITE


def test_scripts_are_small_and_write_text_only():
    """Progress needs less than 5 kB, and no way to turn a log line into markup."""
    script = (STATIC / "progress.js").read_text()
    assert len(script.encode()) < 5000
    for path in STATIC.glob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(",
                             path.read_text())


def test_nothing_is_asked_of_other_hosts():
    """No font, script or picture comes from elsewhere."""
    for path in [*STATIC.iterdir(), *TEMPLATES.rglob("*.html")]:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(", text), path


@override_settings(DEBUG=False)
def test_our_own_fault_has_a_page_too(client):
    """500 is rendered without a request or a database."""
    assert "Something broke on our side." in get_template("500.html").render()
