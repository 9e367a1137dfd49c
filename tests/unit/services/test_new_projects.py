"""A project that was made, through each of the four doors: what is asked of its source at once."""

import pytest
from django.test import Client
from django.urls import reverse

from deployments.models import Project, ServerCheck
from deployments.services import (
    copied_rows,
    copying,
    csv_text,
    first_run,
    first_steps,
    imports,
    setup,
)
from tests import factories
from tests.unit.admin.conftest import form_of

pytestmark = pytest.mark.django_db
HTTPS, SSH = "https://git.example/team/shop.git", "git@git.example:team/shop.git"


def by_steps(actor, url):
    first_run.begin(actor, name="Shop", repository_url=url, kind="plain")


def by_copying(actor, url):
    source = factories.make_project(name="Old", slug="old")
    asked = copied_rows.Wanted(name="Shop", slug="shop", repository_url=url, hosts={})
    copying.copy(actor, source, asked, copied_rows.build(source, asked, actor.user).digest)


def by_importing(actor, url):
    text = f"name,repository_url\nShop,{url}\n"
    imports.save(actor, imports.PROJECTS, text, csv_text.digest_of(text))


def by_the_form(actor, url):
    browser, address = Client(), reverse("admin:deployments_project_add")
    browser.force_login(actor.user)
    sent = form_of(browser.get(address)) | {"name": "Shop", "slug": "shop", "repository_url": url}
    assert browser.post(address, sent).status_code == 302


@pytest.fixture(params=[by_steps, by_copying, by_importing, by_the_form])
def make(request, admin_user):
    """A function that makes the project Shop through one door, and returns it."""

    def made(url):
        request.param(factories.actor_for(admin_user), url)
        return Project.objects.get(slug="shop")

    return made


def state_of(project):
    step = first_steps.site_of(project).steps()[0]
    return step.state, step.sentence


def test_over_https_it_is_read_at_once(make, queued):
    """And its first step says that this is under way; its first edit is kept, once."""
    project = make(HTTPS)
    assert queued() == [("deployments.tasks.read_source", project.pk)]
    assert state_of(project) == ("waiting", "The repository is being read.")
    assert project.recipe_versions.count() == 1


def test_over_ssh_the_git_host_is_asked_who_it_is(make, queued):
    """Nothing is read from a host that nobody confirmed."""
    project = make(SSH)
    check = ServerCheck.objects.get()
    assert (check.project, check.question) == (project, ServerCheck.HOST_KEY)
    assert queued() == [("deployments.tasks.answer_check", check.pk)]
    assert state_of(project) == ("waiting", "The git host is being asked who it is.")


def test_a_confirmed_git_host_is_read_at_once(make, queued, admin_user):
    """Whichever button confirmed it."""
    project = make(SSH)
    Project.objects.update(git_host_key_seen="ssh-ed25519 new")
    project.refresh_from_db()
    setup.confirm_git_host_key(factories.actor_for(admin_user), project, "ssh-ed25519 new")
    assert queued()[-1] == ("deployments.tasks.read_source", project.pk)
    project.refresh_from_db()
    assert state_of(project) == ("waiting", "The repository is being read.")
