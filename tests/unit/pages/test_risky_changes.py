"""Which of several changes touches what deserves a second look, and who made it."""

import re

from deployments.models import Commit
from tests import factories
from tests.unit.pages.test_release_pages import text_of

REVIEW = "/admin/release/shop/production/review/?version={name}"


def released(production, *files):
    """A commit for each (author, files), the first of them live; the Releases of both ends."""
    rows = factories.make_commits(production.project, *(f"Change {n}" for n in range(len(files))))
    for row, (author, lines) in zip(rows, files, strict=True):
        Commit.objects.filter(pk=row.pk).update(
            author_name=author, files=lines, files_count=len(lines))
    old, new = (factories.make_release(production.project, commit_sha=row.sha)
                for row in (rows[0], rows[-1]))
    factories.make_deployment(production, release=old)
    return old, new


def marks(page):
    """{change: what it touches, or ""} of the list of changes, in its order."""
    listed = re.search(r'<ol class="changes">(.*?)</ol>', page, re.DOTALL)[1]
    found = {}
    for item in listed.split("<li>")[1:]:
        touches = re.search(r"Touches: ([^<]*)<", item)
        found[re.search(r"Change \d", item)[0]] = touches[1] if touches else ""
    return found


def test_a_change_is_marked_with_what_it_touches_and_its_author_is_named_at_the_risk(
        production, approval_rule, releaser, approver, sign_in):
    """Of many changes, somebody wants to know which one to ask about, and whom; and so does who
    approves it."""
    old, new = released(
        production, ("Ada", ["A index.php"]),
        ("Bo", ["M config/app.php", "A migrations/1.sql"]), ("Cy", ["M src/Basket.php"]),
        ("Di", ["M config/app.php"]))
    waiting = factories.make_deployment(production, release=new, previous=old,
                                        status="awaiting_approval", requested_by=releaser)
    pages = [sign_in(releaser).get(REVIEW.format(name=new.name)),
             sign_in(approver).get(f"/admin/approvals/{waiting.pk}/")]
    for page in pages:
        assert marks(page.text) == {
            "Change 3": "settings", "Change 2": "", "Change 1": "database, settings"}
        risks = re.search(r'<ul class="risks">.*?</p></div></li></ul>', page.text, re.DOTALL)[0]
        assert re.findall(r"<p>(The database|Settings)|(Changed by [^<]*)<", risks) == [
            ("The database", ""), ("", "Changed by Bo."),
            ("Settings", ""), ("", "Changed by Di, Bo.")]


def test_what_comes_and_goes_again_marks_nobody(production, releaser, sign_in):
    """Nothing of it is left to ask about."""
    _, new = released(production, ("Ada", ["A index.php"]), ("Bo", ["A migrations/1.sql"]),
                      ("Cy", ["D migrations/1.sql"]))
    page = sign_in(releaser).get(REVIEW.format(name=new.name))
    assert marks(page.text) == {"Change 2": "", "Change 1": ""}
    assert "The database changes" not in page.text


def test_going_back_names_those_whose_changes_are_taken_away(production, releaser, sign_in):
    """Whoever made them knows what they need."""
    old, new = released(production, ("Ada", ["A index.php"]), ("Bo", ["M .env"]))
    factories.make_deployment(production, release=new, previous=old)
    page = sign_in(releaser).get(REVIEW.format(name=old.name))
    assert marks(page.text) == {"Change 1": "settings"}
    assert "Changed by Bo." in text_of(page)


def test_many_people_are_named_in_part(production, releaser, sign_in):
    """The newest five."""
    _, new = released(production, ("Ada", []), *((name, ["M .env"]) for name in "ABCDEFG"))
    assert "Changed by G, F, E, D, C and 2 more." in text_of(
        sign_in(releaser).get(REVIEW.format(name=new.name)))
