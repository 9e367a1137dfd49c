"""What people read before a site is adopted: each finding in a sentence, with what to do."""

import pytest

from deployments.models import Project
from deployments.services.adoption_plan import plan_of
from deployments.services.adoption_words import listed, size_words
from tests.adopted import looked


@pytest.mark.parametrize(("over", "words", "todo"), [
    ({"layout": "none", "live": "", "current": ""}, "Nothing was found", "just release the first"),
    ({"live": "", "current": "releases/gone"}, "current leads to releases/gone", "look again"),
    ({"layout": "ours"}, "is live there already", "nothing to adopt"),
    ({"is_public": False}, "has no folder “public”", "the folder above it"),
    ({"files": 0}, "has no files", "where the site really lies"),
    ({"out": [["uploads", "/mnt/up", "/mnt/up"]]}, "leads out of the site, to /mnt/up",
     "a place in shared/"),
    ({"out": [["uploads", "../../../gone", ""]]}, "leads out of the site", "Take that link away"),
    ({"odd": ["var/run.sock"]}, "no file, folder or link", "outside of the site"),
    ({"closed": ["key.pem"]}, "deploy may not read key.pem", "Let deploy read it"),
    ({"is_cut": True}, "There is more of this sort", "Mend these first"),
])
def test_what_stands_in_the_way_says_what_to_do(staging, over, words, todo):
    """One sentence what, one what to do."""
    first = plan_of(looked(staging, **over)).hindrances[0]
    assert words in first.text
    assert todo in first.todo


def test_a_link_that_leads_out_comes_with_the_line_that_mends_it(staging):
    """Quoted for a shell."""
    row = looked(staging, out=[["my up/x", "/mnt/it's", "/mnt/it's"]])
    assert plan_of(row).hindrances[0].lines == (
        "mkdir -p -- '/srv/shop-staging/shared/my up' && "
        "ln -s -- '/mnt/it'\"'\"'s' '/srv/shop-staging/shared/my up/x'")


def test_without_room_nothing_is_adopted(staging):
    """Ours, that is; theirs is only told."""
    assert "2 MB are free" in plan_of(looked(staging, room_kb=2048)).hindrances[0].text
    plan = plan_of(looked(staging, free_kb=5000))
    assert not plan.hindrances
    assert any("4 MB are free" in remark.text for remark in plan.remarks)


def test_the_plan_says_what_stays_what_is_copied_and_what_is_not(production):
    """And what of PHP's own files to do with."""
    plan = plan_of(looked(production))
    text = " ".join(plan.will)
    for words in ("The files on web-1 are copied", "“before Release manager”",
                  "Nothing changes for visitors", "stays as it is",
                  "storage/uploads and .env are not copied", "What lies in var/cache is not copied",
                  "The other servers were found to hold the same files", "not released and not"):
        assert words in text
    assert str(plan.remarks[0]).startswith("web-1 and web-2: 12 files lie in var/cache")
    assert len(plan.remarks) == 1
    assert plan.remarks[0].lines.startswith("mkdir -p -- /srv/shop-production/shared/var/cache")
    assert "Deploy with Capistrano no more." in plan.first[0].text
    assert "It was deployed with Capistrano" in plan.found[0].text
    assert "Its commit is c0ffeec0ff." in plan.found[0].text


def test_what_the_project_names_already_is_not_proposed(staging):
    """Only what is new, in the field where it belongs."""
    assert plan_of(looked(staging)).proposals == {
        "shared_files": [".env"], "shared_folders": ["storage/uploads"],
        "writable_folders": ["var/cache"]}
    Project.objects.update(shared_files=".env", shared_folders="storage", writable_folders="var")
    staging.project.refresh_from_db()
    assert plan_of(looked(staging)).proposals == {"writable_folders": ["var/cache"]}


def test_built_folders_are_asked_about_where_the_project_does_not_name_them(staging):
    """Neither one inside another, nor one that is shared or written to; looks of before have none.
    """
    folders = ["public/build", "public/build/admin", "storage/uploads/x"]
    assert plan_of(looked(staging, assets=folders)).assets == ["public/build"]
    Project.objects.update(asset_folders="public/build")
    staging.project.refresh_from_db()
    row = looked(staging, assets=folders)
    assert plan_of(row).assets == []
    for place in row.found:
        del place["assets"]
    assert plan_of(row).assets == []


@pytest.mark.parametrize(("layout", "words"), [
    ("folder", "mv -T"), ("link", "cp -a"), ("plain", "cp -a"), ("releases", None)])
def test_what_comes_before_the_first_release_depends_on_the_layout(staging, layout, words):
    """`current` must be a link into releases/."""
    first = plan_of(looked(staging, layout=layout)).first
    assert (words in first[0].lines) if words else first == []


@pytest.mark.parametrize(("layout", "live"), [
    ("capistrano", "/srv/shop-staging/releases/12"), ("plain", "/var/www/shop")])
def test_folders_of_another_account_become_ours_first(staging, layout, live):
    """The live one, or its copy: the first release writes its marker there."""
    lines = [remark.lines for remark in plan_of(looked(
        staging, layout=layout, live=live, owner="www-data")).first]
    folder = live if layout == "capistrano" else "/srv/shop-staging/releases/before-releasemgr"
    assert any(line.endswith(f"/srv/shop-staging/shared {folder}") for line in lines)


def test_sizes_and_lists_are_short():
    """As people write them."""
    assert [size_words(kb) for kb in (12, 3 * 1024, 1_500_000)] == ["12 KB", "3 MB", "1.4 GB"]
    assert listed("abc") == "a, b and c"
    assert listed("abcdefgh") == "a, b, c, d, e and 3 more"
