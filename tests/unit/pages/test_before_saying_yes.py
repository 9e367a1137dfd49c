"""What an approver reads before the answer: as much as whoever asked, and people come last."""

from deployments.models import Commit
from deployments.services import built_files
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


def test_two_counts_of_files_say_what_each_of_them_counts(
        production, approval_rule, releaser, approver, sign_in):
    """What a build makes of two changed files may be a hundred."""
    project = production.project
    shas = [row.sha for row in factories.make_commits(project, "First", "Second")]
    old, new = (factories.make_release(project, commit_sha=sha) for sha in shas)
    Commit.objects.filter(sha=shas[1]).update(files=["M config/app.php"], files_count=1)
    factories.make_deployment(production, release=old)
    waiting = factories.make_deployment(production, release=new, previous=old,
                                        status="awaiting_approval", requested_by=releaser)
    pages = ((sign_in(releaser), f"/admin/release/shop/production/review/?version={new.name}"),
             (sign_in(approver), f"/admin/approvals/{waiting.pk}/"))
    alone = "What differs on the servers may be more or less"
    assert [alone in text_of(client.get(address)) for client, address in pages] == [True, True]
    for release, files in ((old, b""), (new, b"1" * 64 + b"  ./vendor/a.php\0")):
        built_files.keep(release, files)
    for client, address in pages:
        text = text_of(client.get(address))
        built, _, changed = text.partition("In the repository, before the build")
        assert "On the servers, as built" in built
        assert "1 added, 0 changed, 0 removed." in built
        assert "Their number is another one wherever the build makes files of them" in changed
        assert "0 added, 1 changed, 0 removed." in changed
        assert alone not in text


def test_the_answer_comes_before_who_was_asked_and_who_must_agree(
        production, approval_rule, releaser, approver, sign_in):
    """On a phone, nobody scrolls past lists of people to say yes or no."""
    waiting = factories.make_deployment(production, status="awaiting_approval",
                                        requested_by=releaser)
    answer = text_of(sign_in(approver).get(f"/admin/approvals/{waiting.pk}/"))
    places = [answer.index(words) for words in ("What changes", "Your answer", "Who must agree")]
    assert places == sorted(places)


def test_whose_changes_are_taken_away_stands_open_where_nothing_else_changes(
        production, approval_rule, releaser, approver, sign_in):
    """“Ask whoever changed them, named below” leads to names that are there to be read."""
    shas = [row.sha for row in factories.make_commits(production.project, "First", "Second")]
    old, new = (factories.make_release(production.project, commit_sha=sha) for sha in shas)
    factories.make_deployment(production, release=new)
    waiting = factories.make_deployment(production, release=old, previous=new, kind="rollback",
                                        status="awaiting_approval", requested_by=releaser)
    for client, address in (
            (sign_in(approver), f"/admin/approvals/{waiting.pk}/"),
            (sign_in(releaser), f"/admin/release/shop/production/review/?version={old.name}")):
        assert "<details open><summary>Taken away: 1 change<" in client.get(address).text
