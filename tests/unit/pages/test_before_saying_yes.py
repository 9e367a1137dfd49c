"""What an approver reads before the answer: as much as whoever asked, and people come last."""

from deployments.models import Commit
from tests import factories
from tests.unit.pages.test_release_pages import text_of


def test_the_approver_reads_the_risks_and_files_that_whoever_asked_was_shown(
        production, approval_rule, releaser, approver, sign_in):
    """One of two must not know less than the other: settings and the database, and all files."""
    project = production.project
    shas = [row.sha for row in factories.make_commits(project, "First", "Second")]
    old, new = (factories.make_release(project, commit_sha=sha) for sha in shas)
    Commit.objects.filter(sha=shas[1]).update(
        files=["M config/app.php", "A migrations/1.sql"], files_count=2)
    factories.make_deployment(production, release=old)
    asked = text_of(sign_in(releaser).get(
        f"/admin/release/shop/production/review/?version={new.name}"))
    waiting = factories.make_deployment(production, release=new, previous=old,
                                        status="awaiting_approval", requested_by=releaser)
    answer = text_of(sign_in(approver).get(f"/admin/approvals/{waiting.pk}/"))
    for part in ("Settings of the site change:", "The database changes:", "config/app.php",
                 "1 added, 1 changed, 0 removed.", "See all 2 files"):
        assert part in asked
        assert part in answer


def test_the_answer_comes_before_who_was_asked_and_who_must_agree(
        production, approval_rule, releaser, approver, sign_in):
    """On a phone, nobody scrolls past lists of people to say yes or no."""
    waiting = factories.make_deployment(production, status="awaiting_approval",
                                        requested_by=releaser)
    answer = text_of(sign_in(approver).get(f"/admin/approvals/{waiting.pk}/"))
    places = [answer.index(words) for words in ("What changes", "Your answer", "Who must agree")]
    assert places == sorted(places)
