"""Scenes of setting up many rows at once: CSV, and copies of a project."""

from deployments.services import copied_rows, copying, csv_text, imports
from tests import factories

from .verbs import Scene, Verb, administrator, person

PROJECTS = "name,repository_url\nShop,/srv/git/shop"
SERVERS = "name,address,user\nweb-1,web-1.example,deploy"


def _save(actor, kind, text, checked=None):
    return imports.save(actor, kind, text, csv_text.digest_of(checked or text))


def _projects():
    return Scene(administrator(), lambda actor: _save(actor, imports.PROJECTS, PROJECTS),
                 is_once=True,
                 wrong=lambda actor: _save(actor, imports.PROJECTS, PROJECTS, "another"))


def _servers():
    return Scene(person(None, "commands"), lambda actor: _save(actor, imports.SERVERS, SERVERS),
                 is_once=True, wrong=lambda actor: _save(actor, imports.SERVERS, "name\nweb-1"))


def _copy():
    source = factories.make_project()
    wanted = copied_rows.Wanted("Copy", "copy", "/srv/git/copy")

    def call(actor, digest=None):
        digest = digest or copied_rows.build(source, wanted, actor.user).digest
        return copying.copy(actor, source, wanted, digest)

    return Scene(administrator(), call, is_once=True, wrong=lambda actor: call(actor, "another"))


VERBS = (
    Verb("copying.copy", "project.copied", _copy),
    Verb("imports.save", "project.imported", _projects),
    Verb("imports.save", "key.added server.imported", _servers, refused_as="server.imported"),
)
