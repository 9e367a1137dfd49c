"""The page “Adopt a live site”: each of its states, its three buttons, and who may press them."""

from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from deployments.models import Adoption, Installation, Project
from tests import factories
from tests.adopted import adopted, looked, wanted

PAGE = "/admin/adopt/shop/production/"


def text_of(answer):
    return unescape(answer.content.decode())


@pytest.fixture
def ines(admin, sign_in):
    return sign_in(admin)


def test_before_anybody_looked_it_says_so(production, ines):
    """And offers the look, with the folder to name."""
    text = text_of(ines.get(PAGE))
    assert "Nobody looked yet." in text
    assert "Where the site lies" in text
    assert 'http-equiv="refresh"' not in text


def test_a_look_is_asked_for_and_waited_for(production, ines, queued):
    """303 back to the page, which loads itself again until the answer is there."""
    answer = ines.post(f"{PAGE}look/", {"folder": ""}, follow=True)
    assert answer.redirect_chain == [(PAGE, 303)]
    text = text_of(answer)
    assert "The servers are being looked at now" in text
    assert 'http-equiv="refresh"' in text
    assert queued() == [("deployments.tasks.look_to_adopt", Adoption.objects.get().pk)]
    Adoption.objects.update(asked_at=timezone.now() - timedelta(hours=1))
    text = text_of(ines.get(PAGE))
    assert "no worker has answered" in text
    assert "Look again" in text


def test_a_wrong_folder_is_kept_in_its_field(production, ines, assert_refused):
    """With the sentence tied to it."""
    answer = ines.post(f"{PAGE}look/", {"folder": "htdocs"})
    assert_refused(answer, "Write the whole path", status=409, action="adoption.asked")
    text = text_of(answer)
    assert 'value="htdocs"' in text
    assert 'aria-describedby="folder-help refusal"' in text


def test_it_shows_what_was_found_and_what_adopting_does(production, ines):
    """With the paths that the project lacks, and what is worth knowing."""
    looked(production)
    text = text_of(ines.get(PAGE))
    for words in ("What “Adopt” does", "Nothing changes for visitors", "What was found",
                  "deployed with Capistrano", "Before the first release",
                  "Deploy with Capistrano no more.", "Take these over", "storage/uploads",
                  "Worth knowing", "Branch main deployed by anna"):
        assert words in text, words


def test_what_stands_in_the_way_is_shown_instead_of_the_button(production, ines):
    """With the line to copy."""
    looked(production, out=[["uploads", "/mnt/up", "/mnt/up"]])
    text = text_of(ines.get(PAGE))
    assert "What stands in the way" in text
    assert "ln -s -- /mnt/up" in text
    assert "take-in/" not in text
    assert "take-over/" not in text


def test_paths_are_taken_over(production, ines):
    """Into the project's fields, and then they are not proposed any more."""
    row = looked(production)
    answer = ines.post(f"{PAGE}take-over/", {"look": row.pk}, follow=True)
    assert "3 paths stand in the project’s settings now." in text_of(answer)
    assert Project.objects.get().shared_files == ".env"
    assert "Take these over" not in text_of(answer)


@pytest.mark.parametrize(("ticked", "kept"), [({}, ""), ({"assets": "1"}, "public/build")])
def test_built_folders_are_taken_over_where_that_is_ticked(production, ines, ticked, kept):
    """Never silently: the box stands beside what it is about, and is empty."""
    row = looked(production, assets=["public/build"])
    text = text_of(ines.get(PAGE))
    assert '<input type="checkbox" name="assets" value="1">' in text
    assert "Asset folders: public/build" in text
    ines.post(f"{PAGE}take-over/", {"look": row.pk, **ticked})
    assert Project.objects.get().asset_folders == kept
    assert Project.objects.get().shared_files == ".env"
    assert ("Asset folders: public/build" in text_of(ines.get(PAGE))) is not bool(kept)


def test_adopting_is_asked_for_waited_for_and_told(production, ines, queued):
    """What ended it stands there, too."""
    row = looked(production)
    answer = ines.post(f"{PAGE}take-in/", {"look": row.pk}, follow=True)
    assert "The files are being copied into the store now." in text_of(answer)
    assert queued() == [("deployments.tasks.take_in", row.pk)]
    Adoption.objects.update(wanted_at=None, problem="web-1 refuses connections.")
    assert "It was not adopted." in text_of(ines.get(PAGE))


def test_what_was_adopted_leads_to_the_first_release(production, ines, releaser, sign_in, admin):
    """Whoever may release has the button; the others read why not."""
    adopted(production, admin)
    text = text_of(ines.get(PAGE))
    assert "Adopted: “before Release manager” is stored" in text
    assert "You can’t release" in text
    assert "You are the only administrator: nobody can give you an entry" in text
    assert "Ask for access" not in text
    assert "Before the first release" in text
    assert "/admin/release/shop/production/" in text_of(sign_in(releaser).get(PAGE))


def test_after_the_first_release_there_is_nothing_to_adopt(production, ines, shop):
    """But the way back to what was adopted."""
    before = adopted(production).release
    factories.make_deployment(production, release=factories.make_release(shop), fence=1)
    text = text_of(ines.get(PAGE))
    assert "There is nothing to adopt." in text
    assert f"go-back/shop/production/?version={before.name}" in text
    assert "Look again" not in text


def test_a_lost_worker_is_told(production, ines):
    """The button is there again."""
    row = wanted(production)
    Adoption.objects.filter(pk=row.pk).update(wanted_at=timezone.now() - timedelta(hours=1))
    text = text_of(ines.get(PAGE))
    assert "no worker has answered" in text
    assert "take-in/" in text


def test_without_a_server_it_says_what_comes_first(production, ines):
    """An installation."""
    Installation.objects.update(is_active=False)
    assert "Add an installation" in text_of(ines.get(PAGE))


@pytest.mark.parametrize("button", ["look", "take-over", "take-in"])
def test_who_may_not_reads_why(production, viewer, sign_in, button, assert_refused):
    """On the page, and when the button is pressed all the same; nothing is changed."""
    row = looked(production)
    client = sign_in(viewer)
    text = text_of(client.get(PAGE))
    assert "You can’t look: You may not set up Shop" in text
    assert "You can’t adopt it: You may not set up Shop" in text
    action = {"look": "adoption.asked", "take-over": "project.changed",
              "take-in": "adoption.requested"}[button]
    assert_refused(client.post(f"{PAGE}{button}/", {"look": row.pk}), "You may not set up Shop",
                   action=action)
    assert Adoption.objects.count() == 1


@pytest.mark.parametrize("number", ["", "x", "9" * 30, "999"])
def test_a_form_of_another_look_is_refused(production, ines, number, assert_refused):
    """What was not read is not adopted."""
    looked(production)
    answer = ines.post(f"{PAGE}take-in/", {"look": number})
    assert_refused(answer, "Somebody looked again meanwhile", status=409,
                   action="adoption.requested")


@pytest.mark.parametrize("button", ["look", "take-over", "take-in"])
def test_buttons_answer_post_alone(production, ines, button):
    """A link would change something."""
    assert ines.get(f"{PAGE}{button}/").status_code == 405


def test_an_environment_that_is_not_there_is_none(production, ines, outsider, sign_in, viewer):
    """Nor is one that somebody may not look at."""
    assert ines.get("/admin/adopt/shop/nowhere/").status_code == 404
    stranger = factories.make_user("stranger", factories.make_project(), "look")
    assert sign_in(stranger).get(PAGE).status_code in (403, 404)


def test_its_deployment_has_a_page_and_a_row_in_history(production, viewer, sign_in, admin):
    """As what it is: nothing that was released."""
    row = adopted(production, admin)
    text = text_of(sign_in(viewer).get(f"/admin/progress/{row.pk}/"))
    assert "Found live, not released by us" in text
    assert "recorded, not released by us" in text
    assert "<table" not in text
    text = text_of(sign_in(viewer).get("/admin/history/"))
    assert "admin adopted" in " ".join(text.split())


def test_going_back_to_it_says_what_it_is(production, releaser, sign_in, shop):
    """Nothing of how versions are built now is asked of it."""
    adopted(production)
    factories.make_deployment(production, release=factories.make_release(shop), fence=1)
    text = text_of(sign_in(releaser).get("/admin/go-back/shop/production/"))
    assert "before Release manager goes live as it was found on the servers" in text
    assert "was built before" not in text


def test_the_environment_leads_there(production, ines):
    """Where it is set up."""
    page = f"/admin/deployments/environment/{production.pk}/change/"
    assert f'href="{PAGE}"' in text_of(ines.get(page))
    assert "Save first." in text_of(ines.get("/admin/deployments/environment/add/"))
