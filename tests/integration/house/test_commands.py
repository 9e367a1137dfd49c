"""Commands as a shell runs them, beside a worker, on two real servers; right and wrong use."""

import json
import re

import pytest

from deployments.management.speaking import system_account
from deployments.models import AuditEntry, Deployment, Installation, Token
from tests import factories
from tests.show import story

from .fpm import restarts
from .processes import wait_until

PLACE = ("tidewater", "production")


@pytest.fixture(scope="module")
def show(show):
    """v1.0 and v2.0 are built; both servers' caches can be reset, each in its own way."""
    Installation.objects.update(strategy="reset")
    factories.make_user("viewer", show.project, "look")
    show.versions = {ref: show.build(ref) for ref in ("v1.0", "v2.0")}
    return show


@pytest.fixture(scope="module")
def run(house, show):
    """A function that runs a command for the releaser while a worker takes tasks."""
    with house.worker():
        yield house.manage


@pytest.fixture
def live(show, run):
    """v2.0 is live, and v1.0 was before it; returns v2.0's release."""
    for ref in ("v1.0", "v2.0"):
        if _names_live() != {show.versions["v2.0"].name}:
            ended = run("deploy", *PLACE, "--release", show.versions[ref].name, "--wait")
            assert ended.code == 0, ended.err
    return show.versions["v2.0"]


def _newest():
    return Deployment.objects.order_by("-pk").first()


def _names_live():
    newest = _newest()
    done = newest and newest.targets.filter(evidence__has_key="release")
    return {target.evidence["release"] for target in done} if newest else set()


def _written(show):
    """How much commands wrote; what the worker records by itself meanwhile is not theirs."""
    entries = AuditEntry.objects.filter(actor_name__contains=system_account())
    return Deployment.objects.count(), entries.count(), show.project.releases.count()


def live_names(hosts):
    return {(host.root / "current").readlink().name for host in hosts}


def test_a_ref_is_read_built_released_and_waited_for(run, hosts, show):
    """The log on the way, the proof as the last line, exit code 0."""
    built = [release.commit_sha for release in show.versions.values()]
    unbuilt = show.project.commits.exclude(sha__in=built).order_by("-authored_at")[0].sha
    ended = run("deploy", *PLACE, "--ref", unbuilt, "--wait", "--reason", "By hand")
    assert ended.code == 0, ended.err
    deployment = Deployment.objects.get(reason="By hand")
    assert deployment.status == "succeeded", story(deployment)
    assert (deployment.release.ref, deployment.release.commit_sha) == (unbuilt, unbuilt)
    assert live_names(hosts) == {deployment.release.name}
    lines = ended.out.splitlines()
    assert any(line.startswith("web-1 Copied and checked") for line in lines)
    assert "12 of 12 PHP workers on 2 servers run it." in lines[-1]
    assert deployment.requested_by_name == f"system account {system_account()} for releaser"


def test_a_ref_that_is_built_already_is_not_built_again(run, show, live):
    """`main` and v2.0 are one commit: the stored version is released."""
    count = show.project.releases.count()
    ended = run("deploy", *PLACE, "--ref", "main", "--wait", "--reason", "Once more")
    assert ended.code == 0, ended.err
    assert "Built already: v2.0" in ended.out
    assert Deployment.objects.get(reason="Once more").release == show.versions["v2.0"]
    assert show.project.releases.count() == count


def test_a_version_that_is_built_is_asked_for_without_waiting(run, hosts, show):
    """Accepted is 0: the number and the address; the worker does the rest."""
    version = show.versions["v1.0"]
    ended = run("deploy", *PLACE, "--release", version.name)
    assert ended.code == 0, ended.err
    number = int(re.search(r"Number (\d+), http\S+/progress/\1/", ended.out)[1])
    deployment = Deployment.objects.get(pk=number)
    wait_until(lambda: not Deployment.objects.get(pk=number).is_active,
               story=lambda: story(deployment))
    assert live_names(hosts) == {version.name}


def test_a_plan_is_only_said(run, show, live):
    """What would be done on which server, and nothing written but the reading of the source."""
    before = _written(show)
    said = run("deploy", *PLACE, "--release", show.versions["v1.0"].name, "--plan")
    asked = run("deploy", *PLACE, "--ref", "v1.0", "--plan", "--json")
    assert (said.code, asked.code) == (0, 0), said.err + asked.err
    assert "web-1" in said.out
    assert "PHP cache: reset, asked by endpoint" in said.out
    assert [target["server"] for target in asked.json["plan"]["targets"]] == ["web-1", "web-2"]
    assert asked.json["plan_hash"][:12] in said.out
    assert _written(show) == before


def test_json_is_one_object_and_the_log_goes_to_standard_error(run, hosts, live, show):
    """For programs: outcome, state, servers; then back again with rollback, in sentences."""
    version = show.versions["v1.0"]
    ended = run("deploy", *PLACE, "--release", version.name, "--wait", "--json")
    assert ended.code == 0, ended.err
    facts = json.loads(ended.out)
    assert (facts["outcome"], facts["status"], facts["release"]) == (
        "done", "succeeded", version.name)
    assert facts["servers"] == {"web-1": "proved", "web-2": "proved"}
    assert "web-2 Endpoint /_releasemgr/www answers as fpm-fcgi" in ended.err
    assert live_names(hosts) == {version.name}


def test_going_back_is_one_command(run, hosts, live, show):
    """By default the version before; --to names one that was live."""
    back = run("rollback", *PLACE, "--wait", "--reason", "Too early")
    assert back.code == 0, back.err
    assert live_names(hosts).isdisjoint({live.name})
    again = run("rollback", *PLACE, "--to", live.name, "--wait", "--json")
    assert again.code == 0, again.err
    assert again.json["kind"] == "rollback"
    assert live_names(hosts) == {live.name}


def test_resetting_reaches_the_fpm_processes_of_every_server(run, hosts, live):
    """Not the CLI's own cache: FPM's counters grow by one, and its workers' pids are named."""
    before = {host.name: restarts(host) for host in hosts}
    ended = run("reset_opcache", *PLACE, "--json")
    assert ended.code == 0, ended.err
    for host in hosts:
        assert restarts(host) == before[host.name] + 1
        pools = [pool for pool in ended.json["pools"] if pool["server"] == host.name]
        assert {pool["sapi"] for pool in pools} == {"fpm-fcgi"}
        assert {pool["pool"]: set(pool["pids"]) for pool in pools} == {
            name: set(host.fpm.workers(name)) for name, _ in host.pools}


def test_resetting_one_server_leaves_the_other_alone(run, hosts, live):
    """The named server's counter grows; on the other one nobody even signs in."""
    first, second = hosts
    before, visits = restarts(second), second.sshd.log().count("Accepted publickey")
    first_before = restarts(first)
    ended = run("reset_opcache", *PLACE, "--server", "web-1")
    assert ended.code == 0, ended.err
    assert restarts(first) == first_before + 1
    assert restarts(second) == before
    assert second.sshd.log().count("Accepted publickey") == visits
    assert re.search(r"web-1 www: SAPI fpm-fcgi, pids [\d, ]+ run " + live.name, ended.out)
    assert "web-2" not in ended.out


def test_a_token_is_issued_installed_and_its_key_stays_secret(run, hosts, house, live):
    """The public name on standard output; the key in both servers' private file alone."""
    ended = run("issue_token", *PLACE, "--expires", "2099-01-31", may_speak_for="admin")
    assert ended.code == 0, ended.err
    token = Token.objects.order_by("-pk").first()
    assert token.public_id in ended.out
    wait_until(lambda: token.installs.filter(state="installed").count() == 2,
               story=lambda: token.installs.values("state", "problem"))
    for host in hosts:
        kept = json.loads((host.root / ".releasemgr/door/keys.json").read_text())
        assert token.key in [row["key"] for row in kept["tokens"]]
    assert token.key not in ended.out + ended.err + house.logs()


@pytest.mark.parametrize(("arguments", "words", "code"), [
    (("deploy", *PLACE, "--ref", "v1.0", "--release", "x"), "not allowed with", 2),
    (("deploy", "tidewater"), "required", 2),
    (("deploy", "nowhere", "production"), "There is no project “nowhere”", 2),
    (("deploy", "tidewater", "moon"), "has no environment “moon”", 2),
    (("deploy", *PLACE, "--release", "never"), "has no release “never”", 2),
    (("rollback", *PLACE, "--to", "never"), "has no release “never”", 2),
    (("reset_opcache", *PLACE, "--server", "web-9"), "There is no server “web-9”", 2),
    (("decide", "1", "maybe"), "invalid choice", 2),
    (("decide", "999999", "finish"), "There is no deployment 999999", 2),
    (("deploy", *PLACE, "--ref=--upload-pack=x"), "cannot be a version's name", 3),
    (("deploy", *PLACE, "--as", "viewer"), "You may not release", 3),
    (("deploy", *PLACE, "--as", "admin"), "may not speak for admin", 3),
    (("decide", "THE NEWEST", "finish"), "You may not decide", 3),
    (("issue_token", *PLACE), "You may not set up Tidewater", 3),
])
def test_wrong_use_is_told_and_changes_nothing(run, live, hosts, arguments, words, code):
    """One sentence on standard error, the documented code, nothing asked for."""
    count, refusals = Deployment.objects.count(), AuditEntry.objects.filter(outcome="refused")
    refused_before = refusals.count()
    users = "releaser+viewer" if "--as" in arguments else "releaser"
    newest = str(_newest().pk)
    ended = run(*[newest if word == "THE NEWEST" else word for word in arguments],
                may_speak_for=users)
    assert ended.code == code, (ended.out, ended.err)
    assert words in ended.err
    assert ended.out == "" or ended.out.startswith("The newest version")
    assert Deployment.objects.count() == count
    assert refusals.count() == refused_before + (1 if code == 3 else 0)
    assert live_names(hosts) == {live.name}


def test_two_users_to_speak_for_means_saying_which(run, live, show):
    """Without --as it is refused; with it the person is who asked."""
    vague = run("deploy", *PLACE, may_speak_for="releaser+viewer")
    assert vague.code == 3
    assert "Say --as USER" in vague.err
    meant = run("deploy", *PLACE, "--release", live.name, "--as", "releaser", "--wait",
                may_speak_for="releaser+viewer")
    assert meant.code == 0, meant.err
    assert _newest().requested_by == show.releaser.user


def test_a_release_that_fails_ends_the_command_with_1(run, hosts, live, site_repository):
    """It went back by itself; the sentence says so, on standard error."""
    site_repository.add_variant("broken-page")
    ended = run("deploy", *PLACE, "--ref", "broken-page", "--wait")
    assert ended.code == 1, ended.err
    assert "answered 500" in ended.err
    assert "All servers went back to v2.0" in ended.err
    assert live_names(hosts) == {live.name}
    assert _newest().status == "failed"


def test_waiting_has_a_limit_of_its_own(run, live):
    """Exit code 5; what was asked for goes on, and its end is the worker's business."""
    ended = run("deploy", *PLACE, "--release", live.name, "--wait", "--limit", "0")
    assert ended.code == 5, ended.err
    assert "It goes on" in ended.err
    deployment = _newest()
    wait_until(lambda: not Deployment.objects.get(pk=deployment.pk).is_active,
               story=lambda: story(deployment))
    assert Deployment.objects.get(pk=deployment.pk).status == "succeeded"
