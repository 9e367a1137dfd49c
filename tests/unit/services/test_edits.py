"""Edits of commands: kept, waiting, agreed to by somebody else, never run before."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils import timezone

from deployments.models import (
    AuditEntry,
    BuildVariable,
    CheckPage,
    Notice,
    Project,
    RecipeVersion,
    ServerCommand,
)
from deployments.plan import build_plan
from deployments.policy import Actor
from deployments.services import edits
from deployments.services.recipe import recipe_of
from deployments.services.recipe_content import content_of, differences, shown
from tests import factories

SECRET = "canary-of-an-edit"
User = get_user_model()


@pytest.fixture
def editor(shop):
    return factories.make_user("editor", shop, "commands")


@pytest.fixture
def second(shop):
    second = factories.make_user("second")
    factories.make_grant(second, "commands", project=shop, confirmed_at=timezone.now())
    return second


@pytest.fixture
def edit(shop, editor):
    """A function that edits columns of the shop, as its form does."""

    def made(actor=None, **columns):
        with transaction.atomic():
            edits.hold_project(shop)
            before = content_of(shop)
            Project.objects.filter(pk=shop.pk).update(**columns)
            made = edits.keep_edit(factories.actor_for(actor or editor), shop, before)
        shop.refresh_from_db()
        return made

    return made


@pytest.fixture
def waiting(shop, edit):
    Project.objects.filter(pk=shop.pk).update(commands_need_second=True)
    return edit(build_commands="make evil")


def test_an_edit_is_kept_with_what_was_there_before(shop, edit, editor, audited):
    """Edit 1 is what was found, edit 2 counts at once; the log has the lines."""
    made = edit(build_commands="make")
    first, = shop.recipe_versions.filter(number=1)
    assert (first.status, first.edited_by_name, first.comment) == (
        "replaced", "nobody known", edits.AS_FOUND)
    assert (made.number, made.status, made.edited_by) == (2, "in_force", editor)
    assert shop.commands_edited_by == editor
    assert list(differences(first.shown, made.shown)) == [("Build commands", [("+", "make")])]
    entry = AuditEntry.objects.get(action="commands.edited")
    assert entry.before == {"Build commands": []}
    assert entry.after == {"Build commands": ["make"]}
    assert edit(build_commands="make") is None


def test_an_edit_that_waits_changes_no_row_that_anything_runs(shop, staging, waiting, editor):
    """The plan, the build's recipe and who edited last are as before."""
    release = factories.make_release(shop)
    assert waiting.status == "waiting"
    assert (shop.build_commands, shop.commands_edited_by) == ("", None)
    assert recipe_of(shop) == release.contents["recipe"]
    ServerCommand.objects.create(project=shop, moment="before", command="true")
    assert [row.command for row in build_plan("deploy", staging, release).before] == ["true"]
    assert AuditEntry.objects.get().action == "commands.proposed"


def test_the_second_persons_yes_brings_all_of_it_into_force(shop, waiting, editor, second,
                                                            production, releaser, approver):
    """The author counts as who edited last: a yes they gave to an open request counts no more."""
    factories.make_grant(editor, "approve", project=shop)
    factories.make_rule(production, editor, approver, people_needed=2)
    asked = factories.make_deployment(production, status="awaiting_approval",
                                      requested_by=releaser)
    asked.approvals.create(user=editor, user_name="editor", answer="yes",
                           plan_hash=asked.plan_hash)
    edits.agree(factories.actor_for(second), waiting, comment="read it")
    shop.refresh_from_db()
    waiting.refresh_from_db()
    assert (shop.build_commands, shop.commands_edited_by) == ("make evil", editor)
    assert (waiting.status, waiting.answered_by, waiting.comment) == (
        "in_force", second, "read it")
    assert shop.recipe_versions.get(number=1).status == "replaced"
    assert asked.approvals.filter(user=editor, answer="void").count() == 1
    entry = AuditEntry.objects.get(action="commands.agreed")
    assert entry.after == {"Build commands": ["make evil"]}


def test_nobody_agrees_to_their_own_edit_nor_without_the_right(
        waiting, editor, viewer, refusal):
    """Every refusal leaves all rows as they are."""
    with refusal("commands.agreed", "You made this edit"):
        edits.agree(factories.actor_for(editor), waiting)
    for verb, action in ((edits.agree, "commands.agreed"), (edits.decline, "commands.declined"),
                         (edits.bring_back, "commands.edited")):
        with refusal(action, "You may not edit the commands of Shop"):
            verb(factories.actor_for(viewer), waiting)


def test_whoever_could_agree_is_told_and_the_author_learns_the_answer(shop, edit, editor, second):
    """Not the author, nor who may edit and would not count; secrets are in no mail."""
    User.objects.update(email=Concat("username", Value("@shop.example")))
    factories.make_grant(factories.make_user("third", email="third@shop.example"), "commands")
    Project.objects.update(commands_need_second=True)
    waiting = edit(build_commands="make evil")
    told = Notice.objects.get(event="commands.asked")
    assert told.address == "second@shop.example"
    assert "editor edited what Shop runs: build commands." in told.text
    assert "/admin/commands/shop/" in told.text
    edits.decline(factories.actor_for(second), waiting, comment="It deletes the shop.")
    told = Notice.objects.get(event="commands.declined")
    assert told.address == "editor@shop.example"
    assert "second said no: It deletes the shop." in told.text
    edits.agree(factories.actor_for(second), edit(build_commands="make"))
    assert Notice.objects.get(event="commands.agreed").address == "editor@shop.example"


def test_agreeing_needs_a_fresh_sign_in(waiting, second, refusal):
    """A session that was left open agrees to nothing."""
    with refusal("commands.agreed", "sign"):
        edits.agree(Actor(second, "127.0.0.1"), waiting)


def test_nobody_agrees_whose_own_entry_nobody_confirmed(shop, waiting, second, refusal):
    """Whoever sets up would make the second person for themselves."""
    second.grants.update(confirmed_at=None)
    with refusal("commands.agreed", "Nobody confirmed your own entry to edit the commands of"):
        edits.agree(factories.actor_for(second), waiting)
    assert edits.waiting_for(factories.actor_for(second)) == []


def test_an_edit_is_not_agreed_to_when_the_rows_changed_meanwhile(shop, waiting, second, refusal):
    """What was read is what comes into force, or nothing."""
    BuildVariable.objects.create(project=shop, name="X", value="1")
    with refusal("commands.agreed", "changed after this edit was made"):
        edits.agree(factories.actor_for(second), waiting)


def test_switching_the_second_person_off_waits_for_one(shop, edit, editor, second, refusal):
    """Switching it on counts at once."""
    edit(commands_need_second=True)
    assert shop.commands_need_second
    off = edit(commands_need_second=False)
    assert (off.status, shop.commands_need_second) == ("waiting", True)
    with refusal("commands.agreed", "You made this edit"):
        edits.agree(factories.actor_for(editor), off)
    edits.agree(factories.actor_for(second), off)
    shop.refresh_from_db()
    assert not shop.commands_need_second


def test_while_one_edit_waits_there_is_no_other(shop, waiting, edit, editor):
    """What is agreed to is compared with one state."""
    with pytest.raises(edits.Refused, match="Another edit of the commands waits"):
        edit(build_commands="other")
    shop.refresh_from_db()
    assert shop.build_commands == ""
    edits.decline(factories.actor_for(editor), waiting)  # taken back
    assert edit(build_commands="other").status == "waiting"


def test_declining_needs_a_reason_and_leaves_the_rows(shop, waiting, second, refusal):
    """It is answered once."""
    actor = factories.actor_for(second)
    with refusal("commands.declined", "Saying no needs a reason"):
        edits.decline(actor, waiting, comment=" ")
    edits.decline(actor, waiting, comment="no")
    shop.refresh_from_db()
    assert shop.build_commands == ""
    with refusal("commands.agreed", "This edit no longer waits: it is declined"):
        edits.agree(actor, waiting)


def test_an_earlier_edit_comes_back_as_a_new_one(shop, edit, editor, refusal):
    """With variables, commands and headers; history is never edited."""
    page = CheckPage.objects.create(project=shop, headers="X-Key: 1")
    ServerCommand.objects.create(project=shop, moment="before", command="one")
    BuildVariable.objects.create(project=shop, name="TOKEN", value=SECRET)
    first = edit(build_commands="make")
    ServerCommand.objects.all().delete()
    BuildVariable.objects.all().delete()
    CheckPage.objects.update(headers="")
    edit(build_commands="")
    made = edits.bring_back(factories.actor_for(editor), first)
    shop.refresh_from_db()
    page.refresh_from_db()
    assert shop.build_commands == "make"
    assert shop.server_commands.get().command == "one"
    assert shop.build_variables.get().value == SECRET
    assert page.headers == "X-Key: 1"
    assert json.loads(made.content) == json.loads(first.content)
    assert made.number == shop.recipe_versions.count()
    with refusal("commands.edited", "runs exactly that already"):
        edits.bring_back(factories.actor_for(editor), first)


def test_secrets_are_fingerprints_and_a_changed_one_is_seen(shop, edit):
    """In what pages and the log show; the content itself is encrypted in the database."""
    variable = BuildVariable.objects.create(project=shop, name="TOKEN", value=SECRET)
    BuildVariable.objects.create(project=shop, name="MODE", value="prod", is_secret=False)
    CheckPage.objects.create(project=shop, headers=f"Authorization: {SECRET}")
    before = shown(content_of(shop))
    made = edit(git_password=SECRET)
    variable.value = "another"
    variable.save()
    changed = dict(differences(before, shown(content_of(shop))))
    assert {"Git password", "Build variables"} == set(changed)
    assert ("+", "MODE=prod") not in changed["Build variables"]
    text = json.dumps([before, made.shown]) + "".join(
        str(row) for row in AuditEntry.objects.values())
    assert SECRET not in text
    raw = RecipeVersion.objects.filter(pk=made.pk).values_list("shown", flat=True)
    assert "secret " in json.dumps(list(raw))


def test_characters_that_hide_others_are_seen(shop, edit):
    """Nobody agrees to a line that reads otherwise than it runs."""
    made = edit(build_commands="echo ‮evil\u200b")
    assert made.shown["Build commands"] == ["echo \\u202eevil\\u200b"]


def test_home_tells_only_the_second_person(waiting, editor, second, viewer, admin):
    """Whoever could agree now."""
    told = {user.username for user in (editor, second, viewer, admin)
            if edits.waiting_for(factories.actor_for(user))}
    assert told == {"second", "admin"}
