"""Setting freezes: only the fields of their kind, clear errors, and only where one sets up."""

import re
from datetime import date, time
from html import unescape

import pytest
from django.urls import reverse

from deployments.freeze_windows import times_words
from deployments.models import Freeze
from tests import factories
from tests.unit.admin.conftest import page

ADD = reverse("admin:deployments_freeze_add")
GRANT = reverse("admin:deployments_grant_add")
TIMES = {"from_time": "16:00", "until_time": "07:00", "time_zone": "Europe/Berlin",
         "reason": "Week end", "is_active": "on"}
KINDS = {
    "once": {"from_date": "2096-11-27", "until_date": "2096-11-30"},
    "weekly": {"from_weekday": "4", "until_weekday": "0"},
    "yearly": {"from_day": "20", "from_month": "12", "until_day": "6", "until_month": "1"},
}


def filled(kind, **over):
    return TIMES | {"repeats": kind} | KINDS[kind] | over


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_own_fields_and_is_saved_with_them(kind, admin, browse, audited):
    """What belongs to another kind is no field; whoever set it stands beside it."""
    client = browse(admin)
    shown = client.get(f"{ADD}?repeats={kind}").content.decode()
    others = {name for other, names in KINDS.items() if other != kind for name in names}
    assert all(f'name="{name}"' in shown for name in KINDS[kind])
    assert not any(f'name="{name}"' in shown for name in others)

    crafted = {name: value for names in KINDS.values() for name, value in names.items()}
    assert client.post(ADD, crafted | filled(kind)).status_code == 302
    row = Freeze.objects.get()
    assert (row.repeats, row.set_by, row.set_by_name) == (kind, admin, "admin")
    assert all(getattr(row, name) is None for name in others)
    assert [outcome for outcome, _ in audited("freeze.added")] == ["done"]

    changed = client.post(page(row), filled(kind, reason="Longer week end"))
    assert changed.status_code == 302
    row.refresh_from_db()
    assert row.reason == "Longer week end"


@pytest.mark.parametrize(("kind", "over", "said"), [
    ("once", {"until_date": "2096-11-26"}, "It ends before it begins"),
    ("once", {"from_date": "2020-11-27", "until_date": "2020-11-30"}, "It would be over already"),
    ("once", {"from_date": ""}, "This field is required."),
    ("weekly", {"until_weekday": "4", "until_time": "16:00"}, "It would never end"),
    ("yearly", {"from_day": "31", "from_month": "4"}, "There is no such day in any year."),
    ("yearly", {"until_day": "20", "until_month": "12", "until_time": "16:00"},
     "It would never end"),
    ("weekly", {"time_zone": "Berln"}, "is no time zone"),
])
def test_what_makes_no_sense_is_said_at_its_field(kind, over, said, admin, browse):
    """Nothing is saved."""
    answer = browse(admin).post(ADD, filled(kind, **over))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Freeze.objects.exists()


def test_an_environment_brings_its_project_and_must_be_of_it(admin, production, browse):
    """An environment alone says which project; another project beside it is a mistake."""
    client = browse(admin)
    other = factories.make_project()
    answer = client.post(ADD, filled("weekly", project=other.pk, environment=production.pk))
    assert "is not of" in answer.content.decode()
    assert client.post(ADD, filled("weekly", environment=production.pk)).status_code == 302
    assert Freeze.objects.get().project == production.project


def test_who_sets_up_one_project_freezes_nothing_else(shop, production, setter_up, browse):
    """Neither every project, nor another one by a crafted form, nor somebody else's freeze."""
    client = browse(setter_up("set_up", project=shop))
    elsewhere = factories.make_environment()
    answer = client.post(ADD, filled("weekly"))
    assert "Choose a project: you do not set up every one." in answer.content.decode()
    for crafted in ({"project": elsewhere.project.pk}, {"environment": elsewhere.pk}):
        assert client.post(ADD, filled("weekly", **crafted)).status_code == 200
    assert not Freeze.objects.exists()

    everywhere = Freeze.objects.create(
        reason="All", repeats="weekly", from_weekday=4, until_weekday=0, from_time="16:00",
        until_time="07:00")
    assert client.post(page(everywhere), filled("weekly", is_active="")).status_code in (302, 403)
    everywhere.refresh_from_db()
    assert everywhere.is_active
    assert client.post(ADD, filled("weekly", project=shop.pk)).status_code == 302


def test_one_mistake_is_one_sentence_and_the_allowlist_says_the_same(
        shop, staging, outsider, setter_up, admin, browse):
    """A project that is no choice is not asked for a second time; an end before its begin and
    another project's environment read alike in both forms."""
    other = factories.make_project(name="Blog")
    answer = browse(setter_up("set_up", project=shop)).post(ADD, filled("weekly", project=other.pk))
    assert [len(said) for said in answer.context["adminform"].form.errors.values()] == [1]
    client, wrong = browse(admin), {"project": other.pk, "environment": staging.pk}
    entry = {"user": outsider.pk, "action": "release", "reason": "why", "networks": ""}
    times = {"valid_from_0": "2096-02-01", "valid_from_1": "00:00",
             "valid_until_0": "2096-01-01", "valid_until_1": "00:00"}
    late = {"from_date": "2096-11-27", "until_date": "2096-11-26"}
    for frozen, given in ((filled("weekly", **wrong), wrong), (filled("once", **late), times)):
        pages = (client.post(ADD, frozen), client.post(GRANT, entry | given))
        first, second = (list(page.context["adminform"].form.errors.values()) for page in pages)
        assert first == second


def test_who_sets_nothing_up_sees_no_form(releaser, browse):
    """Reading is what the page of freezes is for."""
    assert browse(releaser).get(ADD).status_code == 403


def test_how_often_is_chosen_first_and_people_are_ticked_by_name(admin, browse, releaser):
    """Each kind is one press away from the others; a tick is all it takes to let somebody pass."""
    releaser.first_name, releaser.last_name = "Rita", "Lee"
    releaser.save()
    client = browse(admin)
    shown = client.get(f"{ADD}?repeats=weekly").text
    assert [f'?repeats={kind}" aria-current="page"' in shown for kind in KINDS] == [
        False, True, False]
    assert f"Rita Lee ({releaser.username})" in shown
    assert client.post(ADD, filled("weekly", may_override=[releaser.pk])).status_code == 302
    row = Freeze.objects.get()
    assert list(row.may_override.all()) == [releaser]
    assert 'class="tabs"' not in client.get(page(row)).text


@pytest.mark.parametrize(("kind", "over", "ends"), [
    ("once", {"until_date": "2096-12-31"}, {"until_date": date(2097, 1, 1)}),
    ("weekly", {"until_weekday": "6"}, {"until_weekday": 0}),
    ("yearly", {"until_day": "31", "until_month": "12"}, {"until_day": 1, "until_month": 1}),
])
def test_24_00_is_the_end_of_that_day(kind, over, ends, admin, browse):
    """A whole Sunday is until Monday 00:00, without a minute that is left open."""
    answer = browse(admin).post(ADD, filled(kind, until_time="24:00", **over))
    assert answer.status_code == 302
    row = Freeze.objects.get()
    assert row.until_time == time()
    assert {name: getattr(row, name) for name in ends} == ends


def test_24_00_of_no_day_is_said_like_any_other(admin, browse):
    """Nothing is lost, and nothing counted on."""
    client = browse(admin)
    for over, said in (({"until_day": "31", "until_month": "4"}, "There is no such day"),
                       ({"until_day": ""}, "This field is required.")):
        answer = client.post(ADD, filled("yearly", until_time="24:00", **over))
        assert said in answer.text
    assert not Freeze.objects.exists()


def test_every_weekend_is_one_click_and_one_button(admin, browse):
    """The link fills the form in; a city is zone enough, and one's own stands there already."""
    client = browse(admin)
    link = re.search(r'href="(.repeats=weekly&amp;reason=Weekend[^"]*)"', client.get(ADD).text)
    page = client.get(ADD + unescape(link[1])).text
    assert 'name="until_time" value="24:00"' in page
    assert 'name="time_zone" value="UTC"' in page
    sent = filled("weekly", from_weekday="5", from_time="00:00", until_weekday="6",
                  until_time="24:00", time_zone="berlin")
    assert client.post(ADD, sent).status_code == 302
    row = Freeze.objects.get()
    assert times_words(row) == "every Saturday 00:00 until Monday 00:00, Europe/Berlin"


def test_naming_who_may_not_release_there_is_warned_of(
        admin, browse, production, outsider, releaser):
    """They could only say no; who may release is not mentioned, nor anybody in one switched off."""
    client, said = browse(admin), "may not release there, so cannot make"
    both = filled("weekly", may_override=[outsider.pk, releaser.pk])
    told = [str(row) for row in client.post(ADD, both, follow=True).context["messages"]]
    (warning,) = [words for words in told if said in words]
    assert warning.startswith(f"{outsider.username} may not release there")
    for sent in (filled("weekly", may_override=[releaser.pk]), both | {"is_active": ""}):
        assert said not in client.post(ADD, sent, follow=True).text


def test_naming_whose_release_nobody_could_approve_is_warned_of(
        admin, browse, production, releaser, approver):
    """When the freeze is saved, for the places it covers; who could be approved is left out."""
    factories.make_rule(production, approver)
    factories.make_grant(approver, "release", environment=production)
    client, said = browse(admin), "wait for a yes that nobody can give: Nobody can approve Shop"
    for over in ({}, {"project": production.project_id}, {"environment": production.pk}):
        page = client.post(ADD, filled("weekly", may_override=[approver.pk], **over), follow=True)
        assert f"{said} (Production) releases asked for by {approver.username}." in page.text
    other = factories.make_environment()
    for over in ({"may_override": [releaser.pk]},
                 {"may_override": [approver.pk], "environment": other.pk}):
        assert said not in client.post(ADD, filled("weekly", **over), follow=True).text
