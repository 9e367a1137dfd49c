"""Scenes of setting up: commands, protection, servers, tokens, mails, the log itself."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from deployments.models import Environment, Notice, Project, Server, ServerCheck
from deployments.services import adoptions, anchors, edits, notices, protection, setup, tokens
from deployments.services.protection_content import content_of as protection_of
from deployments.services.recipe_content import content_of
from tests import factories
from tests.adopted import looked

from .verbs import Scene, Verb, administrator, person, place

# -- commands ------------------------------------------------------------------------------------

def _edit(project, editor, command):
    """What the project's form does: write the rows, and have the edit kept."""
    with transaction.atomic():
        edits.hold_project(project)
        before = content_of(project)
        Project.objects.filter(pk=project.pk).update(build_commands=command)
        kept = edits.keep_edit(editor, project, before)
    project.refresh_from_db()
    return kept


def _waiting():
    """An edit that waits for a second person."""
    project = factories.make_project(commands_need_second=True)
    return _edit(project, person(project, "commands"), "make")


def _agree():
    row = _waiting()
    return Scene(administrator(), lambda actor: edits.agree(actor, row), is_once=True)


def _decline():
    row = _waiting()

    def call(actor, comment="It deletes the shop"):
        return edits.decline(actor, row, comment=comment)

    return Scene(administrator(), call, is_once=True,
                 wrong=lambda actor: call(actor, comment=""))


def _bring_back(*, needs_second):
    def stage():
        project = factories.make_project()
        editor = person(project, "commands")
        for command in ("make", "make all"):
            _edit(project, editor, command)
        Project.objects.filter(pk=project.pk).update(commands_need_second=needs_second)
        first = project.recipe_versions.get(number=2)
        return Scene(editor, lambda actor: edits.bring_back(actor, first), is_once=True)

    return stage


# -- protection ----------------------------------------------------------------------------------

def _less_protection(answer):
    def stage():
        there = factories.make_environment(is_protected=True)
        with transaction.atomic():
            before = protection_of(there)
            Environment.objects.filter(pk=there.pk).update(is_protected=False)
            row = protection.keep(administrator(), there, before)
        return Scene(administrator(), lambda actor: answer(actor, row), is_once=True)

    return stage


# -- sites that were live before us --------------------------------------------------------------

def _look_for_a_site():
    there = place()
    return Scene(person(there.project, "set_up"), lambda actor: adoptions.ask(actor, there),
                 wrong=lambda actor: adoptions.ask(actor, there, "/var/www/shop"))


def _on_site(verb):
    def stage():
        there = place()
        row = looked(there)
        return Scene(person(there.project, "set_up"), lambda actor: verb(actor, there, row.pk),
                     wrong=lambda actor: verb(actor, there, 0))

    return stage


# -- servers -------------------------------------------------------------------------------------

def _ask_server():
    server = factories.make_server()
    return Scene(person(None, "commands"),
                 lambda actor: setup.ask_server(actor, server, ServerCheck.CONNECTION))


def _ask_git_host():
    project = factories.make_project()
    return Scene(person(project, "commands"), lambda actor: setup.ask_git_host(actor, project))


def _confirm_server():
    server = factories.make_server()
    Server.objects.filter(pk=server.pk).update(host_key_seen="ssh-ed25519 new")

    def call(actor, seen="ssh-ed25519 new"):
        return setup.confirm_host_key(actor, server, seen)

    return Scene(person(None, "commands"), call,
                 wrong=lambda actor: call(actor, "ssh-ed25519 other"))


def _confirm_git_host():
    project = factories.make_project(git_host_key_seen="ssh-ed25519 new")

    def call(actor, seen="ssh-ed25519 new"):
        return setup.confirm_git_host_key(actor, project, seen)

    return Scene(person(project, "commands"), call,
                 wrong=lambda actor: call(actor, "ssh-ed25519 other"))


def _read_source():
    there = factories.make_environment()
    return Scene(person(there.project, "release"),
                 lambda actor: setup.read_source_again(actor, there))


# -- tokens --------------------------------------------------------------------------------------

def _issue():
    there = factories.make_environment()

    def call(actor, networks="127.0.0.1/32"):
        return tokens.issue(actor, there, networks=networks)

    return Scene(person(there.project, "set_up"), call,
                 wrong=lambda actor: call(actor, networks=" "))


def _on_token(verb, *, is_once):
    def stage():
        there = factories.make_environment()
        factories.make_installation(there)
        row = factories.make_token(there)
        return Scene(person(there.project, "set_up"), lambda actor: verb(actor, row),
                     is_once=is_once)

    return stage


# -- mails, and the log --------------------------------------------------------------------------

def _send_again():
    there = factories.make_environment()
    row = Notice.objects.create(
        event="deployment.failed", address="ada@shop.example", environment=there, subject="Shop",
        text="…", status="given_up", next_try_at=timezone.now())
    return Scene(person(there.project, "set_up"), lambda actor: notices.send_again(actor, row),
                 is_once=True)


def _check_log():
    return Scene(administrator(), lambda actor: anchors.check(actor.name, actor=actor),
                 changes_rows=False)


def _ask_for_the_log():
    return Scene(administrator(), anchors.ask, changes_rows=False)


VERBS = (
    Verb("edits.agree", "commands.agreed", _agree),
    Verb("edits.decline", "commands.declined", _decline),
    Verb("edits.bring_back", "commands.edited", _bring_back(needs_second=False)),
    Verb("edits.bring_back", "commands.proposed", _bring_back(needs_second=True),
         refused_as="commands.edited"),
    Verb("protection.agree", "protection.agreed", _less_protection(protection.agree)),
    Verb("protection.decline", "protection.declined", _less_protection(
        partial(protection.decline, comment="Not today"))),
    Verb("adoptions.ask", "adoption.asked", _look_for_a_site),
    Verb("adoptions.adopt", "adoption.requested", _on_site(adoptions.adopt)),
    Verb("adoptions.take_over", "project.changed", _on_site(adoptions.take_over)),
    Verb("setup.ask_server", "server.asked", _ask_server),
    Verb("setup.ask_git_host", "project.git_host_asked", _ask_git_host),
    Verb("setup.confirm_host_key", "server.confirmed", _confirm_server),
    Verb("setup.confirm_git_host_key", "project.git_host_confirmed", _confirm_git_host),
    Verb("setup.read_source_again", "source.read_requested", _read_source),
    Verb("tokens.issue", "token.issued", _issue),
    Verb("tokens.rotate", "token.rotated", _on_token(tokens.rotate, is_once=True)),
    Verb("tokens.revoke", "token.revoked", _on_token(tokens.revoke, is_once=True)),
    Verb("tokens.install", "token.install_requested", _on_token(tokens.install, is_once=False)),
    Verb("notices.send_again", "notice.sent_again", _send_again),
    Verb("anchors.check", "audit.verified", _check_log,
         never="whoever may see the log may have it verified"),
    Verb("anchors.ask", "audit.verified", _ask_for_the_log,
         never="whoever may see the log may have it verified"),
)
