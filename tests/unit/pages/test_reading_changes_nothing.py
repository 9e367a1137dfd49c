"""Every page of the site, opened by GET: no table changes, and nobody's pickle is loaded."""

import base64
import pickle
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django_q.models import OrmQ, Task

from deployments.models import Authenticator, Grant
from deployments.pages.urls import urlpatterns
from deployments.site import site
from tests import factories
from tests.browser import scene as scenes
from tests.browser.pages import pages_of

CACHES = {
    "django_q_ormq": "a page whose list of versions is old asks a worker to read the git host",
    "deployments_audithead": "the page of the log keeps when it was read the last time",
}
"""Tables that a GET may write to, and why: nothing in them decides anything."""


@pytest.fixture
def everybody(db):
    """Somebody for whom every page opens, in a scene where every page has something to show."""
    scene = scenes.build()
    ines = scene["ines"]
    for action, _ in Grant.ACTIONS:
        factories.make_grant(ines, action)
    Authenticator.objects.create(user=ines, name="phone", confirmed=False)
    return scene


def addresses(scene):
    """Task pages, the lists of the admin site with their forms, and what no list leads to."""
    yield from (path for _, _, path, *_ in pages_of(scene))
    for pattern in urlpatterns:
        for arguments in ([], [scene["live"].pk], [scene["ines"].pk], ["webshop", "production"],
                          ["a-token"]):
            try:
                yield reverse(f"admin:{pattern.name}", args=arguments)
            except NoReverseMatch:
                continue
    for model in site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield from (reverse(f"{name}_changelist"), reverse(f"{name}_add"))
        row = model._default_manager.first()
        if row is not None:
            yield from (reverse(f"{name}_{page}", args=[row.pk])
                        for page in ("change", "delete", "history"))
    yield from (reverse(f"admin:{name}") for name in (
        "index", "login", "logout", "password_change", "password_change_done", "jsi18n"))
    yield "/admin/autocomplete/"


def content():
    """{table: its rows, in an order of their own}."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found


def walk(scene):
    """Open everything as Ines; {address: status}."""
    client = Client()
    client.force_login(scene["ines"])
    before, answers = content(), {}
    for address in dict.fromkeys(addresses(scene)):
        answers[address] = client.get(address, headers={"sec-fetch-site": "cross-site"}).status_code
    return before, answers


class Planted:
    """A pickle that writes a file when somebody loads it."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def plant(canary):
    """Rows of the queue whose pickles write `canary` when they are loaded."""
    text = base64.b64encode(pickle.dumps(Planted(canary))).decode()
    now = timezone.now()
    for number, success in enumerate((True, False)):
        Task.objects.create(id=f"planted{number}", name="planted", func="os.system", started=now,
                            stopped=now + timedelta(seconds=1), success=success)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_q_task SET result = %s, args = %s, kwargs = %s",
                       [text, text, text])
    OrmQ.objects.create(key="release", payload=text, lock=now)


def test_no_get_changes_a_row_or_loads_a_pickle(everybody, tmp_path, within_a_minute):
    """Whoever is made to follow a link does nothing; whoever can write a row of the queue runs no
    code here. One test, because opening everything takes a while.

    django-q2 loads a task's result whenever the row is read: the last lines show that it would.
    """
    canary = tmp_path / "loaded"
    plant(canary)
    before, answers = walk(everybody)
    after = content()
    assert {table for table in after if after[table] != before[table]} <= set(CACHES)
    assert not canary.exists()
    assert len(answers) > 80
    assert [address for address, status in answers.items() if status >= 500] == []
    assert list(answers.values()).count(200) > 50
    list(Task.objects.all())
    assert canary.exists()


@pytest.mark.parametrize("address", ["/admin/login/", "/admin/", "/nowhere", "/static/nowhere.css",
                                     "/static/deployments/site.css"])
def test_every_answer_has_the_headers(address, db):
    """Errors and static files included."""
    headers = Client().get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_a_forged_host_is_an_error_without_words_of_ours(db):
    """400, no settings, no traceback; the headers are there, too."""
    answer = Client(HTTP_HOST="evil.example").get("/admin/login/")
    assert answer.status_code == 400
    assert "ALLOWED_HOSTS" not in answer.text
    assert "evil" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_browsers_are_told_to_insist_on_https(settings):
    """Where it is switched on, on an answer over HTTPS."""
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    answer = Client().get("/nowhere", secure=True)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
