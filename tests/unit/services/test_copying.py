"""Copying a project's set-up: what comes along, what never does, and all of it or nothing."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from deployments.errors import Refused
from deployments.models import (
    Account,
    AuditEntry,
    BuildVariable,
    CheckPage,
    Environment,
    Grant,
    Installation,
    Project,
    ServerCommand,
)
from deployments.services import copied_rows, copying
from tests import factories

pytestmark = pytest.mark.django_db
HOSTS = {"staging": "s.copy.example", "production": "copy.example"}


@pytest.fixture
def administrator(admin_user):
    return factories.actor_for(admin_user)


@pytest.fixture
def source():
    """A project with everything a copy takes along, and everything it leaves behind."""
    project = factories.make_project(
        name="Source", slug="source", build_commands="make", shared_files=".env", keep_releases=7,
        checklist="Support knows", git_user="me", git_password="s3cret", git_host_key="ssh-rsa x",
        deploy_key=factories.make_key(), commands_need_second=True, release_counter=4)
    BuildVariable.objects.create(project=project, name="MODE", value="fast", is_secret=False)
    BuildVariable.objects.create(project=project, name="TOKEN", value="s3cret")
    ServerCommand.objects.create(project=project, moment="after", command="php x", limit_s=9)
    CheckPage.objects.create(project=project, path="/in", headers="Authorization: s3cret")
    staging = factories.make_environment(project, slug="staging", position=1, wave_size="2")
    production = factories.make_environment(
        project, slug="production", comes_after=staging, is_protected=True, comes_after_min=5)
    factories.make_rule(production, factories.make_user("ben", project, "approve"))
    factories.make_installation(staging, root="/srv/source")
    return project


def wanted(**over):
    fields = {"name": "Copy", "slug": "copy", "repository_url": "/srv/git/copy", "hosts": HOSTS}
    return copied_rows.Wanted(**fields | over)


def make(actor, source, asked, **over):
    digest = copied_rows.build(source, asked, actor.user).digest
    return copying.copy(actor, source, asked, digest, is_sure=True, **over)


def test_settings_commands_pages_environments_and_rules_come_along(administrator, source):
    """As rows of their own, in the same order and with the same rules."""
    copy = make(administrator, source, wanted())
    for name in ("build_commands", "shared_files", "keep_releases", "checklist",
                 "commands_need_second"):
        assert getattr(copy, name) == getattr(source, name)
    assert [(row.name, row.value) for row in copy.build_variables.all()] == [("MODE", "fast")]
    assert [(row.command, row.limit_s) for row in copy.server_commands.all()] == [("php x", 9)]
    assert [row.path for row in copy.check_pages.all()] == ["/in"]
    production, staging = copy.environments.order_by("slug")
    assert (staging.site_host, staging.wave_size, staging.position) == ("s.copy.example", "2", 1)
    assert (production.comes_after, production.comes_after_min) == (staging, 5)
    assert production.is_protected
    assert [row.username for row in production.approval_rules.get().users.all()] == ["ben"]
    assert copy.recipe_versions.get().edited_by == administrator.user
    assert source.environments.count() == 2


def test_secrets_and_history_never_do(administrator, source):
    """They are named, so that somebody types them in."""
    copied = copied_rows.build(source, wanted(), administrator.user)
    assert copied.left_behind[:2] == [
        "The secret build variable TOKEN: type it in.",
        "The headers of the check page /in: type them in."]
    copy = make(administrator, source, wanted())
    copy.refresh_from_db()
    assert (copy.git_user, copy.git_password, copy.git_host_key, copy.deploy_key) == (
        "", "", "", None)
    assert (copy.release_counter, copy.source_read_at) == (0, None)
    assert copy.check_pages.get().headers == ""
    assert "s3cret" not in str(list(AuditEntry.objects.values()))


def test_an_environment_without_an_address_is_left_out_and_said(administrator, source):
    """And what came after it comes after nothing."""
    asked = wanted(hosts={"production": "copy.example"})
    said = copied_rows.build(source, asked, administrator.user).left_behind
    assert "The environment Staging: no address is given for it." in said
    assert "That Production comes after Staging, which is not copied." in said
    assert make(administrator, source, asked).environments.get().comes_after is None


def test_installations_come_along_into_folders_of_their_own(administrator, source):
    """With the pools that serve them."""
    old = Installation.objects.get()
    copy = make(administrator, source, wanted(roots={old.pk: "/srv/copy"}))
    new = Installation.objects.get(environment__project=copy)
    assert (new.server, new.root, new.environment.slug) == (old.server, "/srv/copy", "staging")
    assert [use.pool for use in new.pool_uses.all()] == [use.pool for use in old.pool_uses.all()]


@pytest.mark.parametrize(("over", "field", "sentence"), [
    ({"name": ""}, "name", "This field cannot be blank."),
    ({"name": "Source"}, "name", "A project of this name is there already: write another one."),
    ({"slug": "source"}, "slug", "A project of this short name is there already: write another "
     "one."),
    ({"slug": "Copy!"}, "slug", "Use small letters, digits and dashes only."),
    ({"repository_url": "git://x"}, "repository_url", "Write https://host/path, "
     "ssh://user@host/path, user@host:path, or the whole path of a folder on this machine."),
    ({"hosts": {"staging": "https://x"}}, "host-staging", "Write only the name, like "
     "shop.example, or shop.example:8443 for another port."),
])
def test_each_wrong_answer_has_its_field_and_sentence(over, field, sentence, administrator, source):
    """And nothing is made."""
    asked = wanted(**over)
    assert copied_rows.build(source, asked, administrator.user).problems == [(field, sentence)]
    with pytest.raises(Refused):
        make(administrator, source, asked)
    assert Project.objects.count() == 1


@pytest.mark.parametrize("root", ["/srv/source", "/srv/source/inner", "srv", "/srv/../copy"])
def test_no_two_sites_share_a_folder(root, administrator, source):
    """Neither the same one, nor one inside the other."""
    place = Installation.objects.get()
    copied = copied_rows.build(source, wanted(roots={place.pk: root}), administrator.user)
    assert [name for name, _ in copied.problems] == [f"root-{place.pk}"]


def test_entries_are_written_anew_but_for_ones_own_and_ended_ones(administrator, source):
    """Those that a protected environment wants confirmed wait, as any new ones."""
    past = timezone.now() - timedelta(days=1)
    factories.make_grant(factories.make_user("gone"), "look", project=source, valid_until=past)
    factories.make_grant(administrator.user, "look", project=source)
    asked = wanted(with_entries=True)
    said = copied_rows.build(source, asked, administrator.user).left_behind
    assert any("somebody else must write it" in line for line in said)
    copy = make(administrator, source, asked)
    entry = Grant.objects.get(project=copy)
    assert (entry.user.username, entry.action, entry.needs_second) == ("ben", "approve", True)
    assert entry.confirmed_at is None
    assert entry.granted_by == administrator.user
    assert entry.reason.startswith("Copied from Source")


def test_what_was_shown_is_what_is_made(administrator, source):
    """Where the project copied from changed meanwhile, it is shown again first."""
    digest = copied_rows.build(source, wanted(), administrator.user).digest
    ServerCommand.objects.update(command="rm -rf x")
    with pytest.raises(Refused, match="not the copy that was shown"):
        copying.copy(administrator, source, wanted(), digest, is_sure=True)
    assert Project.objects.count() == 1
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.outcome) == ("project.copied", "refused")


def test_rules_that_nobody_could_fulfil_are_asked_about(administrator, source):
    """Copied without the entries: refused until somebody says that it is meant so."""
    digest = copied_rows.build(source, wanted(), administrator.user).digest
    with pytest.raises(Refused) as raised:
        copying.copy(administrator, source, wanted(), digest)
    assert raised.value.remedy == (
        "Tick that it is meant so, and press “Make this project” again.")
    assert Environment.objects.count() == 2


def test_why_those_who_are_copied_could_not_approve_yet_is_said(administrator, source):
    """Their entry waits for a second person, or their password was just set by a link."""
    asked = wanted(with_entries=True)
    digest = copied_rows.build(source, asked, administrator.user).digest
    with pytest.raises(Refused, match="“ben may approve: Copy” waits for a second person"):
        copying.copy(administrator, source, asked, digest)
    Environment.objects.update(is_protected=False)
    until = timezone.now() + timedelta(hours=20)
    Account.objects.update_or_create(user__username="ben", defaults={
        "user": User.objects.get(username="ben"), "approvals_void_until": until})
    digest = copied_rows.build(source, asked, administrator.user).digest
    with pytest.raises(Refused, match=r"[Bb]en can agree from .* set by a link"):
        copying.copy(administrator, source, asked, digest)


@pytest.mark.parametrize("held", ["set_up", "commands"])
def test_a_copy_needs_both_entries_for_every_project(held, source):
    """It is a new project, and has commands."""
    actor = factories.actor_for(factories.make_user(None, None, held))
    with pytest.raises(Refused):
        make(actor, source, wanted())
    assert Project.objects.count() == 1


def test_it_is_in_the_audit_log_with_all_that_was_made(administrator, source):
    """One entry for the project and one for each environment and installation."""
    place = Installation.objects.get()
    make(administrator, source, wanted(roots={place.pk: "/srv/copy"}))
    assert [row.action for row in AuditEntry.objects.order_by("seq")] == [
        "project.copied", "environment.added", "environment.added", "installation.added"]
