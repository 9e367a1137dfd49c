"""Templates are written plainly; what is loaded asks gettext for each of their words."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template import Context, Engine
from django.utils import translation

from deployments.models import Deployment, Grant, labels
from releasemgr.marking import BY_HAND, DJANGO, mark

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPOKEN = {"aria-label", "alt", "data-label", "placeholder", "title"}


class Words(HTMLParser):
    """What a browser shows or says of a page, in `found`."""

    def __init__(self, source):
        super().__init__()
        self.found, self._silent = [], 0
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self._silent += tag in ("script", "style", "pre")
        self.found += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag):
        self._silent -= tag in ("script", "style", "pre")

    def handle_data(self, data):
        if not self._silent:
            self.found.append(data)


def rendered(source, **values):
    engine = Engine(builtins=["django.templatetags.i18n"])
    return engine.from_string(mark(source)).render(Context(values))


@pytest.fixture
def upside_down(monkeypatch):
    """A language in which every message is its own, in capitals."""
    translation.gettext("")
    monkeypatch.setattr(translation._trans, "gettext", lambda message: re.sub(
        r"(%\(\w+\)s)|[^%]+", lambda part: part[1] or part[0].upper(), message))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_word_of_a_template_is_left_unmarked(path):
    """Beside messages and Django's own tags a template holds no word."""
    left = DJANGO.sub("", BY_HAND.sub("", mark(path.read_text())))
    assert [words for words in Words(left).found if any(map(str.isalpha, words))] == []


def test_words_with_a_value_are_one_message(upside_down):
    """The translator may move the name; what the name holds is left alone, and escaped."""
    said = rendered("<p>Waits for <strong>{{ who.name }}</strong> now</p>", who={"name": "a<b"})
    assert said == "<p>WAITS FOR <STRONG>a&lt;b</STRONG> NOW</p>"


def test_spaces_around_a_message_stay_outside(upside_down):
    """They separate it from its neighbours, whatever the language."""
    assert rendered("{{ a }} and {% if a %}more{% endif %} ", a="x") == "x AND MORE "


def test_two_values_of_the_same_name_are_kept_apart():
    """`a.name` and `b.name` are two values of one message."""
    assert rendered("From {{ a.name }} to {{ b.name }}, {{ a.name }}",
                    a={"name": "Ada"}, b={"name": "Ben"}) == "From Ada to Ben, Ada"


def test_elements_that_end_elsewhere_stay_outside_of_messages():
    """`<a>` opens in one message and ends behind a template tag: both are whole by themselves."""
    marked = mark("See <a href='x'>the page{% if a %} of {{ a }}{% endif %}</a> now")
    assert "See{% endblocktranslate %} <a href='x'>{% blocktranslate" in marked
    assert "</a> {% blocktranslate trimmed %}now{% end" in marked


def test_what_is_read_aloud_is_marked_and_addresses_are_not():
    """A label is a message; `href`, `class` and the like are none."""
    marked = mark('<a class="of words" href="/to here" aria-label="Go to {{ x }}">…</a>')
    assert marked == ('<a class="of words" href="/to here" aria-label="{% blocktranslate trimmed '
                      '%}Go to {{ x }}{% endblocktranslate %}">…</a>')


def test_words_given_to_a_tag_are_marked_and_keys_are_not():
    """`icon="check"` names a picture; `label="Go on"` is read."""
    assert mark('{% include "a.html" with icon="check" label="Go on" %}{{ x|default:"none" }}') \
        == '{% include "a.html" with icon="check" label=_("Go on") %}{{ x|default:_("none") }}'


def test_what_is_marked_by_hand_is_left_alone():
    """A message with a plural form says so itself."""
    by_hand = ("{% blocktranslate count n=n %}{{ n }} day{% plural %}{{ n }} days"
               "{% endblocktranslate %}")
    assert mark(f"<p>{by_hand}</p>") == f"<p>{by_hand}</p>"


@pytest.mark.parametrize("source", ["<p>50% of it", "a < b", "&nbsp;·&nbsp;", "{{ x }}", "", "%s"])
def test_odd_texts_come_out_as_they_were(source):
    """Percent signs, entities, broken HTML and what holds no words."""
    assert rendered(source, x="%s") == source.replace("{{ x }}", "%s")


def test_translators_get_the_messages_of_templates(tmp_path, monkeypatch, settings):
    """`makemessages` writes what the loader asks for."""
    (tmp_path / "locale").mkdir()
    (tmp_path / "page.html").write_text("<p>Waits for {{ row.name }}</p><p>Plain words</p>")
    (tmp_path / "words.py").write_text('FIRST = _lazy("Of a module")\nsecond = _("Of a call")\n')
    (tmp_path / "labels.py").write_text("")
    monkeypatch.setattr(labels, "__file__", str(tmp_path / "labels.py"))
    monkeypatch.chdir(tmp_path)
    settings.LOCALE_PATHS = []
    call_command("makemessages", locale=["de"], verbosity=0)
    written = (tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po").read_text()
    for message in ("Waits for %(name)s", "Plain words", "Of a module", "Of a call",
                    "requested at", "approval rule", "approval rules"):
        assert f'msgid "{message}"' in written
    assert not (tmp_path / "labels.py.py").exists()


def test_labels_that_django_derives_ask_gettext(monkeypatch):
    """Whenever they are shown; those that we wrote do so by themselves."""
    translation.gettext("")
    monkeypatch.setattr(translation._trans, "gettext", str.upper)
    assert Deployment._meta.get_field("requested_at").verbose_name == "REQUESTED AT"
    assert str(Grant._meta.verbose_name_plural) == "ALLOWLIST"
