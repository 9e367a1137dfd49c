"""The page of a release says who approved it and when, and when it went live."""

from datetime import timedelta

from django.utils import timezone
from django.utils.formats import date_format

from tests import factories
from tests.unit.pages.test_progress_page import rows


def moment(at):
    return date_format(timezone.localtime(at), "j M, H:i")


def test_the_approver_is_named_without_loading_the_page_again(production, approver, sign_in):
    """The page of who asked was opened before anybody had said yes."""
    running = factories.make_deployment(production, status="running")
    vote = running.approvals.create(user=approver, user_name="Ben", answer="yes", plan_hash="x")
    client = sign_in(approver)
    said = f", approved by Ben ({moment(vote.answered_at)})"
    assert rows(client, running)["approved"] == said


def test_the_page_says_when_it_went_live(production, viewer, sign_in):
    """Whoever asked may have asked the day before."""
    row = factories.make_deployment(
        production, finished_at=timezone.now() + timedelta(days=1))
    assert rows(sign_in(viewer), row)["approved"] == f", live from {moment(row.finished_at)}"


def test_what_another_version_replaced_was_live(shop, production, viewer, sign_in):
    """Its page and the list say so; the proof is told as of then, and the site is not its site."""
    first, second = (factories.make_deployment(
        production, release=factories.make_release(shop, label=label)) for label in ("v1", "v2"))
    client = sign_in(viewer)
    then, now = rows(client, first), rows(client, second)
    assert (then["words"], then["tone"]) == ("Was live and checked", "quiet")
    assert now["words"] == "Live and checked"
    assert then["result"].startswith("As it was then: ")
    assert not now["result"].startswith("As it was then")
    assert (then["offers"]["open"], now["offers"]["open"]) == (False, True)
    page = client.get(f"/admin/progress/{first.pk}/").text
    assert "Was live and checked" in page
    assert "As it was then: " in page
    assert 'rel="external noreferrer" hidden>Open the site' in page
    for address in ("/admin/history/", "/admin/projects/shop/history/"):
        page = client.get(address).text.partition('<ul class="events')[2]
        assert (page.count("Was live and checked"), page.count("Live and checked")) == (1, 1)
    for address in (f"/admin/approvals/{first.pk}/", f"/admin/approvals/{first.pk}/review/"):
        page = client.get(address).text
        assert "Was live and checked" in page
        assert "Live and checked" not in page
    factories.make_deployment(production, release=second.release, kind="reload")
    assert rows(client, second)["words"] == "Live and checked"


def test_an_old_page_says_what_is_live_now(production, viewer, sign_in):
    """“Run v2.3” was true when it was checked."""
    old, new = (factories.make_deployment(production) for _ in range(2))
    client = sign_in(viewer)
    news = rows(client, old)
    assert (news["hint"], news["see"]) == (f"{new.release.title} is live now.", "See it")
    assert news["links"]["see"] == f"/admin/progress/{new.pk}/"
    assert rows(client, new)["hint"] == ""
    again = factories.make_deployment(production, release=old.release)
    news = rows(client, old)
    assert (news["hint"], news["links"]["see"]) == (
        f"{old.release.title} is live again.", f"/admin/progress/{again.pk}/")


def test_what_is_live_again_is_live_by_going_back_to_it(shop, production, viewer, sign_in):
    """One row alone is live: two would read as two live versions."""
    first, second = (factories.make_deployment(
        production, release=factories.make_release(shop, label=label)) for label in ("v1", "v2"))
    back = factories.make_deployment(production, release=first.release, kind="rollback")
    client = sign_in(viewer)
    assert [rows(client, row)["words"] for row in (first, second, back)] == [
        "Was live and checked", "Was live and checked", "Live and checked"]


def test_who_waits_for_a_yes_reads_what_visitors_see(shop, production, viewer, sign_in):
    """Of a first release there is nothing to say."""
    old = factories.make_release(shop, label="v1")
    client = sign_in(viewer)
    for previous, hint in ((old, "Until it is live, visitors see v1."), (None, "")):
        row = factories.make_deployment(production, status="awaiting_approval", previous=previous)
        assert rows(client, row)["hint"] == hint
        type(row).objects.filter(pk=row.pk).update(status="cancelled")
