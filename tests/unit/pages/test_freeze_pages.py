"""Freezes and pauses as people see them; releasing later, in spite of one, in an emergency."""

import re
from datetime import time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from deployments.freeze_windows import current_window
from deployments.models import Deployment, Freeze, Pause
from tests import factories
from tests.error_sentences import says


@pytest.fixture
def freeze(production):
    today = timezone.now().date()
    return Freeze.objects.create(
        environment=production, reason="Black Friday", from_date=today - timedelta(days=1),
        until_date=today + timedelta(days=2), from_time=time(), until_time=time(),
        set_by_name="Ines")


@pytest.fixture
def paused(production, releaser):
    return Pause.objects.create(environment=production, reason="Repair", paused_by=releaser,
                                paused_by_name="Ines", until=timezone.now() + timedelta(hours=2))


@pytest.fixture
def release(shop):
    return factories.make_release(shop, label="2.8.1")


def local(moment):
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


def confirm_of(release):
    return f"/admin/release/shop/production/confirm/?version={release.name}"


def send(client, release, **over):
    """The confirm form, as the page sends it."""
    fields = {"request_key": "a" * 32, "version": release.name, "sha": release.commit_sha,
              "when": "now", "reason": ""}
    return client.post(confirm_of(release), fields | over)


def test_everybody_reads_what_is_frozen_and_paused(freeze, paused, viewer, sign_in):
    """On the page of freezes and on home, in words; buttons only for who may."""
    client = sign_in(viewer)
    listed = client.get("/admin/freezes/").content.decode()
    home = client.get("/admin/").content.decode()
    for text in ("Black Friday", "Shop (Production)", "In force", "Nobody, except in an emergency"):
        assert text in listed
    assert "Freeze: no releases to Shop (Production) until" in home
    assert "(Black Friday), set by Ines." in home
    for page in (listed, home):
        assert "Paused: no releases to Shop (Production) until" in page
        assert "Release again" not in page
    assert "Pause an environment" not in listed


def test_a_freeze_of_another_zone_names_the_readers(freeze, viewer, sign_in):
    """“23:59 in Berlin” and “until 22:59” beside it would be one time and look like two."""
    Freeze.objects.update(time_zone="Europe/Berlin")
    client = sign_in(viewer)
    home, listed = (re.sub(r"<[^>]*>", "", client.get(page).text)
                    for page in ("/admin/", "/admin/freezes/"))
    assert re.search(r"until [^(]* UTC [(]Black Friday[)]", home)
    assert re.search(r"until\s+[^,]*, 2[23]:00 UTC", listed)


def test_other_projects_freezes_are_not_shown(freeze, paused, sign_in):
    """What is frozen in a project one may not look at is not one's business."""
    other = factories.make_user("neighbour", factories.make_project(), "look")
    for page in ("/admin/freezes/", "/admin/"):
        text = sign_in(other).get(page).content.decode()
        assert "Black Friday" not in text
        assert "Repair" not in text


def test_a_pause_is_made_and_ended_on_its_pages(production, releaser, sign_in):
    """With its reason and its end; 303 after each."""
    client = sign_in(releaser)
    page = "/admin/freezes/pause/shop/production/"
    assert client.get(page).status_code == 200
    until = timezone.now() + timedelta(hours=3)

    assert client.post(page, {"reason": "Repair", "until": local(until)}).status_code == 303
    row = Pause.objects.get()
    assert abs(row.until - until) < timedelta(minutes=1)
    assert "Release again" in client.get("/admin/").content.decode()

    end = reverse("admin:pause-end", args=[row.pk])
    assert client.get(end).status_code == 405
    assert client.post(end).status_code == 303
    row.refresh_from_db()
    assert row.ended_by_name == "releaser"


def test_where_a_pause_lasts_it_is_ended_before_another_is_asked_for(
        paused, staging, releaser, sign_in):
    """The page for pausing says so, with the button, and shows no form that would be refused."""
    page = "/admin/freezes/pause/shop/production/"
    lasting = sign_in(releaser).get(page).text
    assert "It is paused already." in lasting
    assert reverse("admin:pause-end", args=[paused.pk]) in lasting
    assert 'name="until"' not in lasting
    assert 'name="until"' in sign_in(releaser).get(page.replace("production", "staging")).text


def test_a_pause_is_refused_with_what_was_written(
        production, paused, releaser, viewer, sign_in, assert_refused):
    """No end, no time, and who may not: the words stay in the form."""
    page = "/admin/freezes/pause/shop/production/"
    for until, said in (("", "A pause needs an end."), ("soon", "“soon” is no day and time.")):
        answer = sign_in(releaser).post(page, {"reason": "Once more", "until": until})
        assert_refused(answer, said, status=409, action="environment.paused")
        assert "Once more" in answer.content.decode()
    for until in ("2030-01-01T10:00", "soon"):
        answer = sign_in(viewer).post(page, {"reason": "Mine", "until": until})
        assert_refused(answer, "You may not release Shop", action="environment.paused")
    answer = sign_in(viewer).post(reverse("admin:pause-end", args=[paused.pk]))
    assert_refused(answer, "You may not release Shop", action="environment.released_again")


def test_pages_of_what_is_not_there_or_not_theirs_are_missing(paused, releaser, sign_in):
    """No such pause, a pause elsewhere, no such environment."""
    client = sign_in(releaser)
    other = factories.make_environment()
    elsewhere = Pause.objects.create(environment=other, reason="Repair", paused_by_name="Mia")
    for pk in (elsewhere.pk, 999_999):
        assert client.post(reverse("admin:pause-end", args=[pk])).status_code == 404
    assert client.get("/admin/freezes/pause/shop/nowhere/").status_code == 404


def test_a_frozen_release_offers_later_and_nothing_else(freeze, releaser, release, sign_in):
    """The rule says until when and what helps; a crafted “now” is refused."""
    client = sign_in(releaser)
    rules = client.get(confirm_of(release).replace("confirm", "rules")).content.decode()
    assert "Releases to Production are frozen until" in rules
    assert "the next page asks for a later time" in rules
    says("freeze", re.search("Releases to Production are frozen until[^<]*", rules)[0])
    page = client.get(confirm_of(release)).content.decode()
    assert 'value="now"' not in page
    assert "Release later</button>" in page
    assert "Release in spite of this" not in page
    ends = local(current_window(freeze, timezone.now()).end)
    assert f'name="planned_for" type="datetime-local" value="{ends}"' in page
    start = client.get("/admin/release/shop/production/").text
    assert "(Black Friday).</strong> You can prepare a release all the same." in start

    answer = send(client, release)
    assert answer.status_code == 409
    assert answer.text.count("(Black Friday).") == 1  # told once
    assert not Deployment.objects.exists()


def test_who_a_freeze_names_ticks_it_and_gives_a_reason(freeze, releaser, release, sign_in):
    """The deployment's page then says what it went through."""
    freeze.may_override.add(releaser)
    client = sign_in(releaser)
    page = client.get(confirm_of(release)).content.decode()
    assert "Release in spite of this" in page
    key = page.split('name="in_spite_of" value="')[1].split('"')[0]

    assert send(client, release).status_code == 409
    assert send(client, release, in_spite_of=key).status_code == 409
    assert send(client, release, in_spite_of=key, reason="Broken basket").status_code == 303
    row = Deployment.objects.get()
    progress = client.get(reverse("admin:deployment-progress", args=[row.pk])).content.decode()
    assert "Asked for in spite of this:</strong> Releases to Production are frozen" in progress


def test_later_is_planned_in_the_zone_that_was_chosen(production, releaser, release, sign_in):
    """A double click is one; the page says that it holds the environment."""
    client = sign_in(releaser)
    start = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    fields = {"when": "later", "zone": "UTC", "planned_for": f"{start:%Y-%m-%dT%H:%M}"}
    first, second = (send(client, release, **fields) for _ in range(2))
    row = Deployment.objects.get()
    assert first["Location"] == second["Location"]
    assert (row.status, row.planned_for) == ("scheduled", start)
    page = client.get(first["Location"]).content.decode()
    assert "Until then it holds Production" in page
    assert f"{timezone.localtime(start):%H:%M}" in page


def test_saving_as_a_draft_keeps_the_time_and_asks_for_nothing(
        production, releaser, release, sign_in):
    """Home offers it again, and the last page shows what was written."""
    client = sign_in(releaser)
    answer = send(client, release, go="draft", when="later", planned_for="2030-01-01T10:00")
    assert answer["Location"] == reverse("admin:index")
    assert "Saved as a draft: 2.8.1 to Production." in client.get(answer["Location"]).text
    assert 'value="2030-01-01T10:00"' in client.get(confirm_of(release)).text
    assert not Deployment.objects.exists()


def test_later_is_refused_where_it_cannot_be_meant(production, releaser, release, sign_in):
    """A time with “now” would start at once what was meant for later."""
    client, day = sign_in(releaser), "2030-01-01T10:00"
    for fields, said in (
            ({"planned_for": day}, "You wrote a time for later, but chose “now”."),
            ({"when": "later"}, "You chose “later”, but wrote no time."),
            ({"when": "later", "planned_for": day, "zone": "Berln"}, "is no time zone."),
            ({"when": "later", "planned_for": f"{day}+02:00"}, "without a zone in it"),
            ({"when": "later", "planned_for": "2020-01-01T10:00"}, "past already")):
        answer = send(client, release, **fields)
        assert answer.status_code == 409
        assert said in answer.content.decode()
        assert fields.get("planned_for", "") in answer.content.decode()
    assert not Deployment.objects.exists()


def test_a_missed_one_stands_on_home(production, releaser, release, sign_in):
    """With the sentence why."""
    factories.make_deployment(
        production, release=release, status="expired", planned_for=timezone.now(),
        result="Not started between 08:00 and 09:00: no worker was there in time.")
    home = sign_in(releaser).get("/admin/").content.decode()
    assert "Missed: Shop 2.8.1 to Production." in home
    assert "no worker was there in time." in home


@pytest.fixture
def firefighter(shop):
    return factories.make_user("firefighter", shop, "look", "emergency")


def test_a_frozen_release_that_needs_approval_says_that_it_asks_for_it(
        freeze, approval_rule, releaser, release, sign_in):
    """It only goes on later when somebody else said yes."""
    page = sign_in(releaser).get(confirm_of(release)).text
    assert "Ask for approval</button>" in page
    assert "Release later" not in page
    assert "shown on the next page" not in page


def test_an_emergency_is_one_button_for_who_may(
        freeze, approval_rule, firefighter, approver, release, sign_in):
    """It names the gates it goes through; home and the review's page then ask for a review."""
    client = sign_in(firefighter)
    page = client.get(confirm_of(release)).content.decode()
    assert "Release in an emergency" in page
    assert "Release later</button>" not in page
    key = page.split('name="shut" value="')[1].split('"')[0]

    assert send(client, release, emergency="yes", shut=key).status_code == 409
    answer = send(client, release, emergency="yes", shut=key, reason="The basket is broken")
    assert answer.status_code == 303
    row = Deployment.objects.get()
    assert (row.status, row.emergency) == ("queued", "The basket is broken")
    assert "1 emergency release needs review" in client.get("/admin/").content.decode()

    review = reverse("admin:emergency-review", args=[row.pk])
    assert "I have reviewed it" not in client.get(review).content.decode()
    other = sign_in(approver)
    assert "Asked for in spite of this:" in other.get(review).content.decode()
    assert other.post(review, {"comment": " "}).status_code == 409
    assert other.post(review, {"comment": "It was broken."}).status_code == 303
    assert "It was broken." in client.get(review).content.decode()
    assert "needs review" not in client.get("/admin/").content.decode()


def test_nobody_else_sees_or_presses_emergency(
        approval_rule, releaser, viewer, release, sign_in, assert_refused):
    """A crafted POST is refused and audited."""
    assert "emergency" not in sign_in(releaser).get(confirm_of(release)).content.decode()
    for user in (releaser, viewer):
        answer = send(sign_in(user), release, emergency="yes", reason="Now")
        assert answer.status_code in (403, 409)
        assert "You may not release in an emergency" in answer.content.decode()
    assert not Deployment.objects.exists()


def test_a_review_by_the_wrong_person_or_of_nothing_is_refused(
        production, releaser, approver, viewer, sign_in, assert_refused):
    """The requester, a viewer; a deployment that is not there; one that was no emergency."""
    row = factories.make_deployment(production, requested_by=approver, emergency="Fire")
    page = reverse("admin:emergency-review", args=[row.pk])
    for user in (approver, viewer):
        answer = sign_in(user).post(page, {"comment": "Fine"})
        assert answer.status_code == 403
    assert sign_in(approver).put(page).status_code == 405
    assert sign_in(approver).get("/admin/approvals/999999/review/").status_code == 404
