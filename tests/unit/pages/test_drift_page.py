"""The drift watch's page and its line on the home page: what they show, and who may press."""

import pytest
from django.utils import timezone

from deployments.models import AuditEntry, DriftCheck
from deployments.services import drift
from tests import factories
from tests.unit.pages.test_release_pages import text_of

PAGE = "/admin/drift/shop/staging/"
LOOK = f"{PAGE}look/"
BUILD = f"{PAGE}build/"
CHANGED = {"sort": "changed", "path": "index.php", "text": "index.php was changed.",
           "release": "2.0", "key": "changed 1 index.php", "is_way_back": False}


@pytest.fixture
def live(staging):
    return factories.make_deployment(staging)


def seen(environment, *, findings=(), problem="", looks=1, **facts):
    """An answer about the environment's first server, as a look keeps it."""
    check = DriftCheck.objects.create(installation=environment.installations.first())
    for number in range(looks):
        if number:
            check = DriftCheck.objects.create(installation=check.installation)
        drift.answer(check, drift.scene_of(environment), findings=findings, problem=problem,
                     facts=None if problem else
                     {"title": "2.0", "name": "2", "notes": [], "whole": True} | facts)
    return DriftCheck.objects.get(pk=check.pk)


def test_home_tells_in_one_line_which_server_differs_and_leads_to_the_page(
        live, staging, viewer, sign_in):
    """In the words of the finding, with an icon of a warning."""
    seen(staging, findings=[CHANGED])
    answer = text_of(sign_in(viewer).get("/admin/"))
    assert "web-1 is not as it was released: 1 file changed" in answer
    assert f'class="state warn" href="{PAGE}"' in answer


def test_home_says_nothing_where_all_is_as_released(live, staging, viewer, sign_in):
    """Nor where a server could not be reached once; the project's page has the link all the
    same."""
    seen(staging)
    seen(staging, problem="web-1 cannot be reached.")
    answer = text_of(sign_in(viewer).get("/admin/"))
    assert "state warn" not in answer
    servers = text_of(sign_in(viewer).get("/admin/projects/shop/"))
    assert f'href="{PAGE}"' in servers


def test_home_tells_of_a_server_that_was_out_of_reach_three_times(live, staging, viewer, sign_in):
    """Nobody knows what it is by then."""
    seen(staging, problem="web-1 cannot be reached.", looks=3)
    assert "web-1 could not be looked at 3 times in a row" in text_of(
        sign_in(viewer).get("/admin/"))


def test_the_page_lists_findings_and_what_to_do(live, staging, viewer, sign_in):
    """What, in which version, since when; and that releasing the same build mends nothing."""
    seen(staging, findings=[CHANGED], notes=["PHP was not asked: nobody was free."])
    answer = text_of(sign_in(viewer).get(PAGE))
    for words in ("Not as released", "index.php was changed.", "What to do", "Ask who changed it",
                  "a release of this very build is refused while its folder is changed",
                  "PHP was not asked: nobody was free.", "The evidence is kept"):
        assert words in answer


def test_a_way_back_that_is_spoilt_is_not_advised(live, staging, releaser, sign_in):
    """Whoever goes back would bring the intruder's file to visitors."""
    factories.make_deployment(staging)
    client = sign_in(releaser)
    seen(staging, findings=[CHANGED])
    assert 'href="/admin/go-back/shop/staging/">Go back to' in text_of(client.get(PAGE))
    seen(staging, findings=[CHANGED, CHANGED | {"key": "2", "is_way_back": True}], before="1.9")
    answer = text_of(client.get(PAGE))
    assert "Going back to 1.9 would bring what was found in it to visitors" in answer
    assert "href=\"/admin/go-back/" not in answer


GONE = {"sort": "missing", "path": "releases/1", "text": "The folder of 1.9 is not there.",
        "release": "1.9", "key": "missing 1", "is_way_back": True}
STOPPED = {"sort": "stopped", "path": "PHP pool www", "text": "PHP pool www does not run.",
           "release": "2.0", "key": "stopped www"}
LINK = {"sort": "current", "path": "current", "text": "current is not there.", "release": "2.0",
        "key": "current"}
INTRUDER = "take it for an intruder’s work"


@pytest.mark.parametrize(("findings", "said", "unsaid"), [
    ([GONE], ["copies it there again"], [INTRUDER, "refused as a rule", "Release "]),
    ([STOPPED], ["until somebody starts it on web-1"], [INTRUDER, "copies it", "again</a>"]),
    ([LINK, CHANGED | {"is_way_back": True}],
     [INTRUDER, "again</a>", "choose its branch or tag</a>"], ['href="/admin/go-back/']),
    ([LINK], [INTRUDER, "again</a>", 'href="/admin/go-back/'], ["refused as a rule"]),
])
def test_the_advice_fits_what_was_found(findings, said, unsaid, live, staging, releaser, sign_in):
    """Nothing is advised that would be refused, nor called harm what is none."""
    factories.make_deployment(staging)
    seen(staging, findings=findings, before="1.9")
    answer = text_of(sign_in(releaser).get(PAGE))
    advice = answer[answer.index("What to do"):answer.index("The evidence is kept")]
    assert [words for words in said if words not in advice] == []
    assert [words for words in unsaid if words in advice] == []


def test_the_page_says_that_a_server_out_of_reach_is_no_drift(live, staging, viewer, sign_in):
    """A sentence, and no finding."""
    seen(staging, problem="web-1 cannot be reached.")
    answer = text_of(sign_in(viewer).get(PAGE))
    assert "web-1 cannot be reached. This is no drift" in answer
    assert "What to do" not in answer


def test_the_first_look_is_no_earlier_one(live, staging, viewer, sign_in):
    """It stands above already; and what web servers read is not called a PHP file."""
    hidden = CHANGED | {"sort": "script", "path": ".htaccess", "text": ".htaccess was added."}
    seen(staging, findings=[hidden])
    answer = text_of(sign_in(viewer).get(PAGE))
    assert "Earlier looks" not in answer
    assert "1 script or server setting added" in answer
    assert "PHP file" not in answer


def test_the_page_keeps_what_was_found_before(live, staging, viewer, sign_in):
    """A finding that is gone is history with its words."""
    seen(staging, findings=[CHANGED])
    seen(staging, looks=2)
    answer = text_of(sign_in(viewer).get(PAGE))
    assert answer.count("As released</span>") == 1
    assert "Earlier looks" in answer
    assert "1 file changed" in answer
    assert "index.php was changed." in answer


def test_the_page_says_which_servers_have_different_versions(production, viewer, sign_in):
    """Told above all of them."""
    factories.make_deployment(production)
    for place, name in zip(production.installations.all(), ("2.0", "1.9"), strict=True):
        check = DriftCheck.objects.create(installation=place)
        drift.answer(check, drift.scene_of(production), facts={
            "title": "2.0", "name": "2", "current": name})
    answer = text_of(sign_in(viewer).get("/admin/drift/shop/production/"))
    assert "Servers differ: web-1 has 2.0, web-2 has 1.9" in answer


def test_whoever_may_look_sees_the_page_before_anything_is_live(staging, viewer, sign_in):
    """With a reason instead of a button that would be refused."""
    answer = text_of(sign_in(viewer).get(PAGE))
    assert "Nothing is live and checked here yet." in answer
    assert "You can’t look now: You may not release Shop (Staging)" in answer


@pytest.mark.parametrize("person", ["releaser", "admin"])
def test_look_now_asks_and_is_audited(person, live, staging, sign_in, queued, request):
    """For who may release there, and for who sets installations up; the page then waits."""
    client = sign_in(request.getfixturevalue(person))
    answer = client.post(LOOK)
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    assert queued() == [("deployments.tasks.look_for_drift", staging.pk)]
    assert AuditEntry.objects.order_by("-seq").first().action == "drift.asked"
    assert "Being looked at now" in text_of(client.get(PAGE))


def test_pressing_twice_is_one_look(live, staging, releaser, sign_in, queued):
    """The one that is under way answers both."""
    client = sign_in(releaser)
    client.post(LOOK)
    client.post(LOOK)
    assert len(queued()) == DriftCheck.objects.count() == 1


@pytest.mark.parametrize(("status", "reason"), [
    ("running", "A release is under way here"), (None, "Nothing is live and checked in Staging"),
])
def test_look_now_is_refused_where_there_is_nothing_to_compare(
        status, reason, staging, releaser, sign_in, queued):
    """With the reason on the page and in the audit log; nothing is asked."""
    if status:
        factories.make_deployment(staging)
        factories.make_deployment(staging, status=status)
    client = sign_in(releaser)
    client.post(LOOK)
    assert reason in text_of(client.get(PAGE))
    entry = AuditEntry.objects.order_by("-seq").first()
    assert (entry.action, entry.outcome) == ("drift.asked", "refused")
    assert queued() == []


def test_a_viewer_may_not_press(live, viewer, sign_in, queued):
    """Looking costs the servers something."""
    client = sign_in(viewer)
    assert client.post(LOOK).status_code == 303
    assert "You may not release Shop (Staging)" in text_of(client.get(PAGE))
    assert AuditEntry.objects.order_by("-seq").first().outcome == "refused"
    assert queued() == []


def test_a_person_of_another_project_sees_and_asks_nothing(live, sign_in, queued):
    """The page and its button are closed alike."""
    client = sign_in(factories.make_user("neighbour", factories.make_project(), "look", "release"))
    assert client.get(PAGE).status_code == client.post(LOOK).status_code == 403
    assert queued() == []


def test_the_page_shows_and_the_button_acts(live, releaser, sign_in):
    """Each by its own method."""
    client = sign_in(releaser)
    assert (client.post(PAGE).status_code, client.get(LOOK).status_code) == (405, 405)


def test_an_environment_that_is_not_there_is_a_page_with_words(shop, releaser, sign_in):
    """For both addresses."""
    client = sign_in(releaser)
    assert client.get("/admin/drift/shop/nothing/").status_code == 404
    assert client.post("/admin/drift/shop/nothing/look/").status_code == 404


@pytest.fixture
def changed(live, staging):
    """A folder that was changed; the live version's commit is known by its number alone."""
    live.release.commit_sha = factories.make_commits(staging.project)[0].sha
    live.release.save()
    seen(staging, findings=[CHANGED])
    return live.release


def test_build_again_makes_a_new_build_and_leads_to_releasing_it(
        changed, staging, shop, sign_in, queued):
    """Of the very commit that is live; the build that is there is left alone."""
    builder = factories.make_user("builder", shop, "look", "build", "release")
    client = sign_in(builder)
    assert f"Build {changed.title} again and release it…" in text_of(client.get(PAGE))

    answer = client.post(BUILD)

    made = shop.releases.exclude(pk=changed.pk).get()
    assert (made.commit_sha, made.status) == (changed.commit_sha, "pending")
    assert (answer.status_code, answer["Location"]) == (
        303, f"/admin/release/shop/staging/review/?version={made.name}")
    assert client.get(answer["Location"]).status_code == 200
    assert [task for task, _ in queued()] == ["deployments.tasks.build_release"]
    assert AuditEntry.objects.order_by("-seq").first().action == "release.requested"


def test_who_may_not_build_gets_a_reason_instead_of_the_button(
        changed, viewer, shop, sign_in, queued):
    """And a press of it is refused, audited, and changes nothing."""
    client = sign_in(viewer)
    assert "You can’t build it: " in text_of(client.get(PAGE))
    assert client.post(BUILD)["Location"] == PAGE
    assert "You may not build" in text_of(client.get(PAGE))
    assert AuditEntry.objects.order_by("-seq").first().outcome == "refused"
    assert (shop.releases.count(), queued()) == (1, [])


def test_build_again_has_its_method_its_people_and_its_environment(changed, shop, sign_in, queued):
    """Others get a page with words."""
    neighbour = factories.make_user("neighbour", factories.make_project(), "look", "build")
    assert sign_in(neighbour).post(BUILD).status_code == 403
    client = sign_in(factories.make_user("builder", shop, "look", "build"))
    assert client.get(BUILD).status_code == 405
    assert client.post("/admin/drift/shop/nothing/build/").status_code == 404
    assert queued() == []


def test_build_again_is_refused_where_nothing_is_live(staging, shop, sign_in, queued):
    """In words, on the page."""
    client = sign_in(factories.make_user("builder", shop, "look", "build"))
    assert client.post(BUILD)["Location"] == PAGE
    assert "Nothing is live and checked in Staging yet." in text_of(client.get(PAGE))
    assert queued() == []


def test_a_look_that_nobody_answered_says_so(live, staging, viewer, sign_in):
    """The worker may be away."""
    check = DriftCheck.objects.create(installation=staging.installations.first())
    DriftCheck.objects.filter(pk=check.pk).update(asked_at=timezone.now() - drift.LOST_AFTER)
    assert "no worker has answered" in text_of(sign_in(viewer).get(PAGE))
