"""Scenes of adding a site step by step: each step's verbs, which use those of setting up."""

from deployments.models import Project, Server
from deployments.services import first_people, first_run, first_server
from tests import factories

from .verbs import Scene, Verb, administrator, person

URL = "https://git.example/team/shop.git"
REACHED = {"address": "web-1.example", "port": 22, "user": "deploy", "root": "/srv/shop",
           "site_host": "shop.example"}


def _begin():
    def call(actor, kind="laravel"):
        return first_run.begin(actor, name="Shop", repository_url=URL, kind=kind)

    return Scene(administrator(), call, wrong=lambda actor: call(actor, "perl"), is_once=True)


def _change_source():
    project = factories.make_project()
    return Scene(person(project, "commands"), lambda actor: first_run.change_source(
        actor, project, repository_url=URL))


def _ask_source():
    project = factories.make_project()
    return Scene(person(project, "commands"),
                 lambda actor: first_run.ask_source_again(actor, project))


def _let_in():
    there, ben = factories.make_environment(), factories.make_user()
    return Scene(
        person(there.project, "set_up"),
        lambda actor: first_people.let_in(actor, there, approvers=[ben], needs_second=True),
        wrong=lambda actor: first_people.let_in(actor, there))


def _add_server():
    project = factories.make_project()
    return Scene(administrator(), lambda actor: first_server.add_server(
        actor, project, name="web-1", **REACHED), is_once=True,
        wrong=lambda actor: first_server.add_server(actor, project, name="", **REACHED))


def _change_server():
    place = factories.make_installation()

    def call(actor, root="/srv/shop"):
        return first_server.change_server(actor, place, **REACHED | {"root": root})

    return Scene(administrator(), call, wrong=lambda actor: call(actor, root="shop"))


def _ask_server():
    server = factories.make_server()
    return Scene(person(None, "commands"), lambda actor: first_server.ask_again(actor, server))


def _confirm():
    server = factories.make_server(host_key="")
    Server.objects.filter(pk=server.pk).update(host_key_seen="ssh-ed25519 new")

    def call(actor, seen="ssh-ed25519 new"):
        return first_server.confirm(actor, server, seen)

    return Scene(person(None, "commands"), call,
                 wrong=lambda actor: call(actor, "ssh-ed25519 other"))


def _serve():
    place = factories.make_installation()

    def call(actor, ask_address="127.0.0.1:443"):
        return first_server.serve(
            actor, place, pools=[("www", "php8.2-fpm", "/run/php/a.sock", "/")],
            web_server="nginx", ask_address=ask_address, is_https=True, web_group="www-data")

    return Scene(administrator(), call, wrong=lambda actor: call(actor, ask_address="here"))


def _waiting_edit():
    project = factories.make_project(commands_need_second=True)
    Project.objects.filter(pk=project.pk).update(source_problem="It was gone.")
    return Scene(person(project, "commands"), lambda actor: first_run.change_source(
        actor, project, repository_url=URL), is_once=True)


VERBS = (
    Verb("first_run.begin", "project.added", _begin),
    Verb("first_run.change_source", "commands.edited", _change_source),
    Verb("first_run.change_source", "commands.proposed", _waiting_edit,
         refused_as="commands.edited"),
    Verb("first_run.ask_source_again", "source.read_requested", _ask_source),
    Verb("first_people.let_in", "grant.added grant.added approval_rules.changed", _let_in),
    Verb("first_server.add_server", "key.added server.added environment.added installation.added "
         "server.asked", _add_server, refused_as="installation.added"),
    Verb("first_server.change_server", "installation.changed server.asked", _change_server),
    Verb("first_server.ask_again", "server.asked", _ask_server),
    Verb("first_server.confirm", "server.confirmed server.asked", _confirm),
    Verb("first_server.serve", "installation.changed", _serve),
)
