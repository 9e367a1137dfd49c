"""deploy, rollback and reset_opcache, on real rows; the worker is played by the test."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.models import Deployment, LogLine, Pause, Release, Target
from tests import factories


@pytest.fixture
def version(shop):
    return factories.make_release(shop, label="2.9.1")


def end(status, **changes):
    """What a worker does to the newest deployment, in one call."""

    def work():
        row = Deployment.objects.latest("pk")
        LogLine.objects.create(deployment=row, number=1, at=timezone.now(),
                               server_name="web-1", text="switched")
        Deployment.objects.filter(pk=row.pk).update(
            status=status, finished_at=timezone.now(), **changes)

    return work


def read(project, problem=""):
    """What a worker does when it reads the git host."""

    def work():
        type(project).objects.filter(pk=project.pk).update(
            source_read_at=timezone.now(), source_problem=problem)

    return work


def test_deploy_asks_and_says_where_to_watch(staging, releaser, version, run, queued):
    """Accepted is 0: number and address are on standard output, the task is queued."""
    ended = run("deploy", "shop", "staging", "--release", version.name, "--reason", "VAT")
    row = Deployment.objects.get()
    assert (ended.code, ended.err) == (0, "")
    assert f"Number {row.pk}, http://localhost:8000/admin/progress/{row.pk}/" in ended.out
    assert (row.release, row.reason, row.status) == (version, "VAT", "queued")
    assert queued() == [("deployments.tasks.run_deployment", row.pk)]


@pytest.mark.parametrize(("status", "code"), [
    ("succeeded", 0), ("failed", 1), ("errored", 1), ("cancelled", 1), ("needs_attention", 4)])
def test_waiting_ends_with_what_became_of_it(
        status, code, staging, releaser, version, run, meanwhile):
    """The log while it runs, the words and the result at the end, the documented exit code."""
    meanwhile(end(status, result="That is how it went."))
    ended = run("deploy", "shop", "staging", "--wait")
    assert ended.code == code
    assert "web-1 switched" in ended.out
    row = Deployment.objects.get()
    assert f"{row}: {row.words}. That is how it went." in (ended.err if code else ended.out)


def test_who_waits_for_a_turn_is_told_whose_it_is(staging, releaser, shop, version, run, meanwhile):
    """Accepted is 0; with --wait it waits for the turn and the end, not for the line alone."""
    shop.when_busy = "wait"
    shop.save()
    factories.make_deployment(staging, status="running", requested_by_name="Ada",
                              release=factories.make_release(shop, label="2.8.1"))
    ended = run("deploy", "shop", "staging", "--release", version.name)
    assert ended.code == 0, ended.err
    assert ("Waiting for its turn. Ada's release of 2.8.1 is on its way; this one is next. Number"
            in ended.out)
    other = factories.make_release(shop, label="3.0")
    meanwhile(lambda: None, lambda: Deployment.objects.filter(release=other).update(
        status="succeeded", finished_at=timezone.now(), result="That is how it went."))
    ended = run("deploy", "shop", "staging", "--release", other.name, "--wait")
    assert (ended.code, "That is how it went." in ended.out) == (0, True), ended.err


def test_waiting_stops_at_its_limit(staging, releaser, version, run, meanwhile):
    """Exit code 5; what was asked for goes on."""
    meanwhile()
    ended = run("deploy", "shop", "staging", "--wait", "--limit", "0")
    assert ended.code == 5
    assert "It goes on; nobody waits for it any more." in ended.err
    assert Deployment.objects.get().status == "queued"


def test_json_tells_everything_in_one_object(staging, releaser, version, run, meanwhile):
    """Also while it waits: progress goes to standard error."""
    meanwhile(end("succeeded"))
    ended = run("deploy", "shop", "staging", "--wait", "--json")
    assert ended.json["status"] == "succeeded"
    assert ended.json["release"] == version.name
    assert ended.json["servers"] == {"web-1": "pending"}
    assert "switched" in ended.err


def test_a_ref_is_read_from_the_git_host_before_it_is_built(
        shop, staging, releaser, run, meanwhile, queued):
    """The worker reads first; what it found is what is built."""
    def found():
        factories.make_commits(shop, "Newest", ref="main")
        read(shop)()

    meanwhile(found)
    ended = run("deploy", "shop", "staging", "--ref", "main")
    assert ended.code == 0, ended.err
    release = Release.objects.get()
    assert release.commit_sha == shop.commits.get().sha
    assert [task for task, _ in queued()] == [
        "deployments.tasks.read_source", "deployments.tasks.build_release"]
    assert Deployment.objects.get().status == "waiting_for_build"


def test_a_ref_that_is_built_already_is_not_built_again(
        shop, staging, releaser, run, meanwhile, queued):
    """The ready version of that commit is released, as the plan and the page say."""
    commit, = factories.make_commits(shop, ref="main")
    built = factories.make_release(shop, commit_sha=commit.sha)
    factories.make_release(shop, commit_sha=commit.sha, status="failed")
    meanwhile(read(shop), read(shop))
    plan = run("deploy", "shop", "staging", "--ref", "main", "--plan")
    ended = run("deploy", "shop", "staging", "--ref", "main")
    assert (plan.code, ended.code) == (0, 0), ended.err
    assert f"Built already: {built.title} ({built.name})." in ended.out
    assert built.name in plan.out
    assert Deployment.objects.get().release == built
    assert Release.objects.count() == 2
    assert "deployments.tasks.build_release" not in dict(queued())


def test_a_ref_whose_builds_are_not_ready_is_built(shop, staging, releaser, run, meanwhile):
    """A failed one and one that was cleared away cannot be released."""
    commit, = factories.make_commits(shop, ref="main")
    for status in ("failed", "retired"):
        factories.make_release(shop, commit_sha=commit.sha, status=status)
    meanwhile(read(shop))
    assert run("deploy", "shop", "staging", "--ref", "main").code == 0
    assert Deployment.objects.get().release == Release.objects.get(status="pending")


def test_a_ref_that_names_nothing_is_refused_once(
        shop, staging, releaser, run, meanwhile, audited):
    """Exit code 3 and one entry, of what was asked for."""
    for plan, action in ((["--plan"], "deployment.planned"), ([], "deployment.requested")):
        meanwhile(read(shop))
        ended = run("deploy", "shop", "staging", "--ref", "nowhere", *plan)
        assert ended.code == 3
        assert [outcome for outcome, _ in audited(action)] == ["refused"]
    assert not Release.objects.exists()


def test_a_ref_that_no_worker_read_is_not_released(
        shop, staging, releaser, run, meanwhile, monkeypatch):
    """An old reading may name an old commit: exit code 5, a sentence, no deployment."""
    factories.make_commits(shop, ref="main")
    meanwhile()
    monkeypatch.setattr("deployments.management.commands.deploy.SOURCE_LIMIT_S", 0)
    ended = run("deploy", "shop", "staging", "--ref", "main")
    assert ended.code == 5
    assert ("No worker has read the git host within 0 s: they are busy, or `manage.py worker` is "
            "not running. Nothing was asked for.") in ended.err
    assert not Deployment.objects.exists()


def test_a_git_host_that_cannot_be_read_fails_the_command(shop, staging, releaser, run, meanwhile):
    """The worker's own sentence; exit code 1."""
    meanwhile(read(shop, "The git host refused the key."))
    ended = run("deploy", "shop", "staging", "--ref", "main")
    assert ended.code == 1
    assert "The git host refused the key." in ended.err
    assert not Deployment.objects.exists()


def test_a_ref_that_names_nothing_is_refused_and_recorded(
        shop, staging, releaser, run, meanwhile, audited):
    """Also one that git would take for an option."""
    for ref in ("missing", "--upload-pack=x"):
        meanwhile(read(shop))
        assert run("deploy", "shop", "staging", f"--ref={ref}").code == 3
    assert [outcome for outcome, _ in audited("deployment.requested")] == ["refused"] * 2


def test_a_plan_is_printed_and_nothing_else_happens(
        production, approval_rule, releaser, version, run, queued):
    """Its sentences and its hash, who must agree, no row."""
    ended = run("deploy", "shop", "production", "--plan")
    assert ended.code == 0
    assert f"Release shop {version.name} in production" in ended.out
    assert "Needs 1 to agree first" in ended.out
    assert run("deploy", "shop", "production", "--plan", "--json").json["people_needed"] == 1
    assert not Deployment.objects.exists()
    assert queued() == []


def test_an_unbuilt_ref_can_be_planned(shop, staging, releaser, run, meanwhile):
    """No release is made for it."""
    factories.make_commits(shop, ref="main")
    meanwhile(read(shop))
    ended = run("deploy", "shop", "staging", "--ref", "main", "--plan")
    assert "(not built yet)" in ended.out
    assert not Release.objects.exists()


def test_what_needs_approval_is_accepted_but_not_done(
        production, approval_rule, releaser, version, run):
    """Accepted is exit code 0, and the words say that it waits."""
    ended = run("deploy", "shop", "production")
    assert ended.code == 0
    assert "Waiting for approval" in ended.out


def test_rollback_goes_back_to_the_version_before(staging, shop, releaser, run):
    """By default the one before the live one; --to names another that was live."""
    first, second, third = (factories.make_release(shop) for _ in range(3))
    for release in (first, second, third):
        factories.make_deployment(staging, release=release)
    assert run("rollback", "shop", "staging").code == 0
    row = Deployment.objects.latest("pk")
    assert (row.kind, row.release) == ("rollback", second)
    row.delete()
    assert run("rollback", "shop", "staging", "--to", first.name).code == 0
    assert Deployment.objects.latest("pk").release == first


def test_rollback_without_an_earlier_version_is_refused(staging, releaser, run):
    """Exit code 3 and one sentence."""
    ended = run("rollback", "shop", "staging")
    assert ended.code == 3
    assert "There is no earlier version of Shop in Staging to go back to." in ended.err


def test_reset_opcache_waits_and_prints_what_each_pool_proved(
        production, releaser, version, run, meanwhile):
    """Per pool its SAPI, its pids and the release they run; from the servers' own answers."""
    factories.make_deployment(production, release=version)

    def proved():
        row = Deployment.objects.latest("pk")
        Target.objects.filter(deployment=row).update(evidence={"pools": [
            {"pool": "www", "sapi": "fpm-fcgi", "pids": [11, 12], "proved": 2, "workers": 2}]})
        end("succeeded")()

    meanwhile(proved)
    ended = run("reset_opcache", "shop", "production", "--server", "web-2")
    assert ended.code == 0, ended.err
    row = Deployment.objects.latest("pk")
    assert row.kind == "reload"
    assert [target.server_name for target in row.targets.all()] == ["web-2"]
    assert f"web-2 www: SAPI fpm-fcgi, pids 11, 12 run {version.name}" in ended.out


def test_reset_opcache_needs_not_wait(staging, releaser, version, run):
    """--no-wait returns as soon as it was asked for."""
    factories.make_deployment(staging, release=version)
    ended = run("reset_opcache", "shop", "staging", "--no-wait", "--json")
    assert (ended.code, ended.json["status"], ended.json["pools"]) == (0, "queued", [])


def test_approvals_have_no_command():
    """Saying yes needs a browser; two of these are Django's, and lead elsewhere, a third is for
    translators."""
    from django.core.management import get_commands

    ours = [name for name, app in get_commands().items() if app == "deployments"]
    assert sorted(ours) == ["changepassword", "createsuperuser", "decide", "deploy", "doctor",
                            "issue_token", "makemessages", "reset_opcache", "rollback",
                            "rotate_keys", "seal_audit", "superuser", "verify_audit", "worker"]


def test_deploy_plans_for_later(staging, releaser, version, run, queued):
    """Accepted is 0; nothing starts before its time. Times without an offset are of TIME_ZONE."""
    start = timezone.localtime() + timedelta(days=1)
    ended = run("deploy", "shop", "staging", "--at", f"{start:%Y-%m-%dT%H:%M}",
                "--until", (start + timedelta(hours=3)).isoformat())
    row = Deployment.objects.get()
    assert (ended.code, row.status, queued()) == (0, "scheduled", [])
    assert row.planned_for == start.replace(second=0, microsecond=0)
    assert "Planned for" in ended.out


def test_deploy_refuses_times_and_gates_in_words(staging, releaser, version, run):
    """2 where it cannot be read, 3 where it is refused; nothing was asked for."""
    Pause.objects.create(environment=staging, reason="Repair", paused_by_name="Ines")
    for options, code, said in (
            (["--at", "soon"], 2, "is no time"), (["--until", "2030-01-01T10:00"], 2, "Say --at"),
            (["--at", "2020-01-01T10:00"], 3, "past already"),
            ([], 3, "Ines paused releases to Staging (Repair)")):
        ended = run("deploy", "shop", "staging", *options)
        assert (ended.code, said in ended.err) == (code, True)
    assert not Deployment.objects.exists()
