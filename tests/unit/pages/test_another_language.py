"""Another language for real: gettext's own tools gather the messages, each is written in ｆａｒ
letters, and pages open. Words in near letters never asked a translator."""

import re
import shutil
import subprocess
from gettext import GNUTranslations
from pathlib import Path
from string import ascii_letters

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import trans_real

from deployments import states, zones
from deployments.models import labels
from deployments.services import import_projects, import_servers, presets
from tests.browser import scene
from tests.browser.pages import pages_of
from tests.unit.test_marking import Words

ROOT = Path(__file__).resolve().parents[3]
FAR = {ord(letter): ord(letter) - ord("!") + ord("！") for letter in ascii_letters}
FIXED = re.compile(r"(\{[^{}]*\}|%\(\w+\)\w|%\w|%%|<[^<>]*>|&#?\w+;)|[^{%<&]+|.", re.DOTALL)
"""In a message: what a translator keeps, and the words between."""
WORD = re.compile(r"(?<!\w)[a-zA-Z]{2,}(?!\w)")


TECHNICAL = {"UTC", "PHP", "KB", "Apache", "Capistrano", "ALL", "NOPASSWD", "sha", "ticket"}
TYPED = {"nowhere", "tmp", "tests", "relmgr", "releasemgr"}
"""In the addresses of the pages, and in paths."""


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """{message or (message, plural form): itself}, as translators get them."""
    folder = tmp_path_factory.mktemp("sources")
    for name in ("deployments", "releasemgr", "templates"):
        shutil.copytree(ROOT / name, folder / name,
                        ignore=shutil.ignore_patterns("static", "__pycache__", "locale"))
    (folder / "locale").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labels, "__file__", str(folder / "deployments/models/labels.py"))
        patch.chdir(folder)
        call_command("makemessages", locale=["de"], verbosity=0)
    written = folder / "locale" / "de" / "LC_MESSAGES" / "django.po"
    subprocess.run(["msgen", written, "-o", written], check=True)
    subprocess.run(["msgfmt", "--check-format", written, "-o", folder / "de.mo"], check=True)
    with (folder / "de.mo").open("rb") as compiled:
        return GNUTranslations(compiled)._catalog


@pytest.fixture
def another_language(messages, settings, monkeypatch):
    """The installation speaks it; Django's own words are German ones in far letters."""
    settings.LANGUAGE_CODE = "de"
    settings.LOCALE_PATHS = []
    spoken = trans_real.DjangoTranslation("de")
    spoken.plural = lambda count: int(count != 1)
    spoken._catalog._catalogs.insert(0, dict(messages))
    spoken._catalog._plurals.insert(0, spoken.plural)
    for catalogue in spoken._catalog._catalogs:
        for message, text in catalogue.items():
            if message:
                catalogue[message] = FIXED.sub(lambda part: part[1] or part[0].translate(FAR), text)
    monkeypatch.setattr(trans_real, "_default", spoken)
    monkeypatch.setitem(trans_real._translations, "de", spoken)
    with translation.override("de"):
        yield


@pytest.fixture
def week(db):
    """A week in the life of five sites, told in English as it was recorded."""
    return scene.build()


def words_in(value):
    return set(WORD.findall(str(value)))


def technical_words():
    """Keys and names of programs, which are the same in every language."""
    kinds, columns = presets.all(), import_projects.COLUMNS + import_servers.COLUMNS
    texts = [*zones.NAMES, *states.DEPLOYMENT_MOVES, *(column.name for column in columns)]
    for kind in kinds:
        texts += [*kind.fields.values(), *(each["command"] for each in kind.commands)]
        texts += [kind.label] if isinstance(kind.label, str) else []
    return TECHNICAL.union(*(words_in(str(text).replace("_", " ")) for text in texts))


def data():
    """(whole sentences of our rows, the longest first; the words of all that is shorter)."""
    sentences, names = set(), set()
    for model in (*apps.get_app_config("deployments").get_models(), get_user_model()):
        for row in model._default_manager.all():
            for field in model._meta.concrete_fields:
                for text in texts_of(field.value_from_object(row)):
                    if text.count(" ") > 2:
                        sentences |= {text, capfirst(text)}
                    else:
                        names |= words_in(text)
    return sorted(sentences, key=len, reverse=True), names


def texts_of(value):
    """The texts in a value, also of JSON."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        return [text for each in value for text in texts_of(each)]
    return str(value).splitlines()


def test_every_page_speaks_another_language(week, another_language, sign_in):
    """None breaks on a message that is longer, or on a value that it holds; words that ask no
    translator are data: names, and sentences that were recorded."""
    sentences, names = data()
    known, wrong = names | technical_words() | TYPED, {}
    for name, person, path, *__ in pages_of(week):
        if person is not None:
            answer = sign_in(person).get(path, follow=True)
            body = "<body" + answer.text.partition("<body")[2]
            shown = "\n".join(Words(body).found)
            for sentence in sentences:
                shown = shown.replace(sentence, "")
            left = [(text, words_in(text) - known) for text in shown.splitlines()
                    if words_in(text) - known]
            if left or answer.status_code == 500 or not set(body) & set(map(chr, FAR.values())):
                wrong[name] = left or answer.status_code
    assert wrong == {}
