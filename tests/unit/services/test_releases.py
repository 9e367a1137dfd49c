"""Asking for a build: what a name means, one row per click, names and times that never repeat."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from deployments import queue
from deployments.errors import Refused
from deployments.models import Project, Release
from deployments.pipeline.build_claim import BuildClaim
from deployments.services.releases import new_release, request_build, resolve
from tests import factories
from tests.factories import actor_for, make_commits, make_release

ACTION = "release.requested"


@pytest.fixture
def commits(shop):
    return make_commits(shop, "First", "Second", "Third")


def test_a_branch_names_its_last_commit(shop, commits):
    """As the source was last read."""
    assert resolve(shop, "main") == commits[-1].sha


def test_a_tag_names_its_commit(shop, commits):
    """Also with slashes and dots."""
    tagged = make_commits(shop, "Tagged", ref="release/v2.8.1", sort="tag")[-1]
    assert resolve(shop, "release/v2.8.1") == tagged.sha


def test_a_commit_is_named_by_its_sha(shop):
    """Whole, or its beginning from seven characters on."""
    commit = make_commits(shop)[0]
    commit.sha = "abcdef1" + commit.sha[7:]
    commit.save()
    assert resolve(shop, commit.sha) == commit.sha
    assert resolve(shop, "abcdef1") == commit.sha
    with pytest.raises(Refused, match="no version"):
        resolve(shop, "abcdef")


def test_a_name_that_means_two_things_is_refused(shop):
    """A branch and a tag of the same name at different commits; a SHA that begins two."""
    make_commits(shop, "Branch", ref="v2")
    make_commits(shop, "Tag", ref="v2", sort="tag")
    with pytest.raises(Refused, match="is both a branch and a tag, at different commits"):
        resolve(shop, "v2")
    for number, commit in enumerate(shop.commits.all()):
        commit.sha = f"abcdef1{number:033x}"
        commit.save()
    with pytest.raises(Refused, match="more than one commit"):
        resolve(shop, "abcdef1")


def test_other_projects_versions_do_not_count(shop, commits):
    """Neither their branches nor their commits."""
    other = factories.make_project()
    make_commits(other, ref="theirs")
    for ref in ("theirs", other.commits.get().sha):
        with pytest.raises(Refused, match="no version"):
            resolve(shop, ref)


@pytest.mark.parametrize("ref", [
    "--upload-pack=touch x", "-x", "$(id)", "`id`", "a;b", "a|b", "a'b", 'a"b', "a b", "a\nb",
    "main\n", "", "/main", ".git", "ä", "main\0", "x" * 201, "@{-1}", "HEAD^", "a:b", "*",
])
def test_what_git_or_a_shell_could_misread_is_refused(shop, commits, ref):
    """Before anything is looked up."""
    with pytest.raises(Refused, match="cannot be a version's name"):
        resolve(shop, ref)


def test_a_build_is_a_pending_row_and_a_message(releaser, shop, commits, queued, audited):
    """The commit is fixed when it is asked for, not when it is built."""
    release = request_build(actor_for(releaser), shop, "main")
    assert (release.status, release.commit_sha, release.ref) == (
        "pending", commits[-1].sha, "main")
    assert (release.requested_by, release.requested_by_name) == (releaser, "releaser")
    assert queued() == [(queue.BUILD, release.pk)]
    assert audited() == [(ACTION, "done")]


@pytest.mark.parametrize("name", ["approver", "viewer", "outsider", "admin"])
def test_only_who_may_build_can(name, request, shop, commits, refusal):
    """A build runs commands: not for lookers."""
    user = request.getfixturevalue(name)
    with refusal(ACTION, "You may not build Shop"):
        request_build(actor_for(user), shop, "main")


@pytest.mark.parametrize("ref", ["nowhere", "--upload-pack=x", "odd \udce4 \0"])
def test_a_name_without_a_version_is_refused(releaser, shop, commits, refusal, ref):
    """Whatever was typed, the refusal can be written down."""
    with refusal(ACTION, "version"):
        request_build(actor_for(releaser), shop, ref)


@pytest.mark.parametrize("status", ["pending", "building"])
def test_a_double_click_is_one_build(releaser, shop, commits, queued, status):
    """While that commit is being built, its row is the answer."""
    first = request_build(actor_for(releaser), shop, "main")
    Release.objects.update(
        status=status, lease_until=timezone.now() + timedelta(seconds=10))
    assert request_build(actor_for(releaser), shop, "main") == first
    assert len(queued()) == 1


def test_a_build_whose_worker_is_gone_is_queued_again(releaser, shop, commits, queued, audited):
    """The same row, for the next worker; once it is taken up, a click is only a look again."""
    first = request_build(actor_for(releaser), shop, "main")
    over = timezone.now() - timedelta(seconds=1)
    Release.objects.update(status="building", lease_until=over)
    assert request_build(actor_for(releaser), shop, "main") == first
    assert queued() == [(queue.BUILD, first.pk)] * 2
    assert audited() == [(ACTION, "done")] * 2

    assert BuildClaim.take(first.pk).release == first
    assert BuildClaim.take(first.pk) is None
    assert request_build(actor_for(releaser), shop, "main") == first
    assert len(queued()) == 2


@pytest.mark.parametrize("status", ["ready", "failed", "errored", "retired", "cancelled"])
def test_a_build_that_has_ended_can_be_asked_for_again(releaser, shop, commits, status):
    """Another row: a release never changes."""
    first = request_build(actor_for(releaser), shop, "main")
    Release.objects.update(status=status)
    assert request_build(actor_for(releaser), shop, "main") != first


@pytest.mark.django_db(transaction=True)
def test_a_double_click_at_once_is_one_build(releaser, shop, commits, at_once, queued):
    """Both clicks get the same row."""
    def click():
        return request_build(actor_for(releaser), Project.objects.get(pk=shop.pk), "main")

    first, second = at_once(click, click)
    assert isinstance(first, Release), first
    assert first == second
    assert len(queued()) == 1


def test_names_sort_by_age_and_never_repeat(releaser, shop, commits):
    """UTC time and the project's own counter, also within one second."""
    rows = [new_release(actor_for(releaser), shop, "main") for _ in range(3)]
    names = [row.name for row in rows]
    assert all(re.fullmatch(r"[0-9]{8}T[0-9]{6}Z-[0-9]+", name) for name in names)
    assert len(set(names)) == 3
    assert [name.rsplit("-")[1] for name in names] == ["1", "2", "3"]


def test_file_times_never_repeat_even_when_the_clock_goes_back(releaser, shop, commits):
    """OPcache compares times: two releases with the same one would look alike to it."""
    rows = [new_release(actor_for(releaser), shop, "main") for _ in range(3)]
    ahead = rows[-1].file_epoch + 1000
    Project.objects.update(last_file_epoch=ahead)
    rows.append(new_release(actor_for(releaser), shop, "main"))
    epochs = [row.file_epoch for row in rows]
    assert epochs == sorted(set(epochs))
    assert epochs[-1] == ahead + 1
    assert abs(epochs[0] - timezone.now().timestamp()) < 60


def test_row_and_message_are_undone_together(releaser, shop, commits, monkeypatch, audited):
    """A release nobody builds would wait for ever."""
    def broken(*args, **options):
        raise OSError("disk full")

    monkeypatch.setattr(queue, "async_task", broken)
    with pytest.raises(OSError, match="disk full"):
        request_build(actor_for(releaser), shop, "main")
    assert not Release.objects.exists()
    assert audited() == []
    assert Project.objects.get().release_counter == 0


@pytest.mark.parametrize(("over", "title"), [
    ({"label": "2.8.1", "ref": "v2"}, "2.8.1"),
    ({"label": "", "ref": "v2.8.1"}, "v2.8.1"),
    ({"label": "", "ref": "main"}, "main, 23 Nov 09:30"),
    ({"label": "", "ref": "abcdef1", "commit_sha": "abcdef1" + "0" * 33}, "abcdef1, 23 Nov 09:30"),
    ({"label": "", "ref": "abcdef1" + "0" * 33, "commit_sha": "abcdef1" + "0" * 33},
     "abcdef1000, 23 Nov 09:30"),
    ({"label": "", "ref": "", "commit_sha": "abcdef1" + "0" * 33}, "abcdef1000, 23 Nov 09:30"),
])
def test_people_call_a_version_by_its_label_tag_or_branch(shop, commits, over, title):
    """A branch moves, so its time belongs to the name."""
    make_commits(shop, ref="v2.8.1", sort="tag")
    release = make_release(shop, **over)
    release.requested_at = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert release.title == title
