"""What two releases leave on two servers: bytes, times, assets, few commands, no rubbish."""

import http.client
import os
import subprocess

import pytest

from deployments import tasks
from deployments.models import Project, ServerCommand
from tests.sandbox.site import BUILD_COMMAND
from tests.show import story

# docs/server-layout.md gives people this list; what is in both is what was approved.
RECOMPUTE = r"""
{ find . -mindepth 1 \( -path ./.releasemgr -o -path ./REVISION \) -prune \
    -o -type d -printf 'd %m %p\0' -o -type f -printf 'f %m %p\0' -o -type l -printf 'l %p//%l\0'
  find . -mindepth 1 \( -path ./.releasemgr -o -path ./REVISION \) -prune \
    -o -type f -exec sha256sum -z -- {} +
} | LC_ALL=C sort -z | LC_ALL=C comm -z -12 .releasemgr/manifest - | sha256sum | cut -d ' ' -f 1
"""
RESTYLE = """printf '.page { --of: "%s" }' "$REVISION" >>resources/shop.css"""


@pytest.fixture(scope="module")
def versions(show):
    """v1.0 and then v2.0 were released; v2.0 is live. Each has a style sheet of its own."""
    Project.objects.update(build_commands=f"{RESTYLE}\n{BUILD_COMMAND}")
    first, second = (show.release(ref) for ref in ("v1.0", "v2.0"))
    assert (first.status, second.status) == ("succeeded", "succeeded"), story(second)
    return first.release, second.release


@pytest.fixture
def sessions(hosts):
    """A function that counts what sshd was asked to run, by host, since it was last asked."""
    seen = {}

    def count():
        news = {}
        for host in hosts:
            whole = host.sshd.log().count("Starting session: command")
            news[host.name] = whole - seen.get(host.name, 0)
            seen[host.name] = whole
        return news

    count()
    return count


def folder_of(host, release):
    return host.root / "releases" / release.name


def times(folder):
    """The modification time of everything in a release but what PHP writes, by path."""
    found = {}
    for top, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = os.path.relpath(os.path.join(top, name), folder)
            if not path.startswith("var/cache"):
                found[path] = int(os.lstat(os.path.join(top, name)).st_mtime)
    return found


def page(host, path):
    """Status and body of a visitor's request."""
    link = http.client.HTTPConnection(host.http_address, timeout=10)
    link.request("GET", path, headers={"Host": host.site_name})
    answer = link.getresponse()
    body = answer.read()
    link.close()
    return answer.status, body


def test_the_digest_made_by_hand_on_the_server_is_the_approved_one(versions, hosts):
    """With find, sha256sum, sort and comm alone; one changed byte shows."""
    for host in hosts:
        for release in versions:
            folder = folder_of(host, release)
            by_hand = subprocess.run(["sh", "-c", RECOMPUTE], cwd=folder, check=True,
                                     capture_output=True, text=True).stdout.strip()
            assert by_hand == release.digest
            manifest = subprocess.run(["sha256sum", folder / ".releasemgr/manifest"], check=True,
                                      capture_output=True, text=True).stdout
            assert manifest.startswith(release.digest)
    assert versions[0].digest != versions[1].digest


def test_all_times_are_the_releases_own_on_both_servers(versions, hosts):
    """Equal on the servers (one cache key everywhere), never equal between releases; only the
    assets kept from v1.0 keep its time."""
    first, second = versions
    assert first.file_epoch < second.file_epoch
    for release in versions:
        here, there = (times(folder_of(host, release)) for host in hosts)
        assert here == there
        assert here["public/index.php"] == release.file_epoch
    assert set(times(folder_of(hosts[0], first)).values()) == {first.file_epoch}
    kept = {path for path, at in times(folder_of(hosts[0], second)).items()
            if at != second.file_epoch}
    assert kept == old_assets(versions)


def old_assets(versions):
    """Files of v1.0's asset folder that v2.0 does not have."""
    first, second = (dict(release.contents["static_files"]) for release in versions)
    return {path for path in set(first) - set(second) if path.startswith("public/build/")}


def test_pages_loaded_before_the_switch_still_find_their_assets(versions, hosts):
    """Old and new, by HTTP, from both servers."""
    first, second = versions
    assets = old_assets(versions)
    assert assets
    for host in hosts:
        for path in assets:
            status, body = page(host, "/" + path.removeprefix("public/"))
            assert status == 200
            assert body == (folder_of(host, first) / path).read_bytes()
        changed = dict(second.contents["static_files"]).keys() - dict(
            first.contents["static_files"]).keys()
        assert {page(host, "/" + path.removeprefix("public/"))[0] for path in changed} == {200}


def test_no_deployment_needs_more_than_eight_commands(
        versions, show, hosts, sessions, site_repository):
    """Counted by sshd itself: forward, going back by itself, going back and forth again."""
    site_repository.add_variant("broken-page")
    tasks.read_source(show.project.pk)
    acts = {"failed": lambda: show.release("broken-page"), "back": show.go_back,
            "succeeded": lambda: show.release("v2.0")}
    for act, run in acts.items():
        deployment = run()
        asked = sessions()
        assert deployment.status == ("failed" if act == "failed" else "succeeded"), \
            story(deployment)
        assert max(asked.values()) <= 8, (act, asked)
        counted = {target.server_name: target.commands for target in deployment.targets.all()}
        assert counted == asked


def test_the_projects_commands_run_where_and_when_they_should(versions, show, hosts):
    """On all or on one server, in the new release, before and after; output and code logged."""
    commands = [("before", "all", 'echo "all $RELEASE_NAME $(basename "$PWD")"'),
                ("before", "one", "echo migrated; echo careful >&2"),
                ("after", "one", 'echo "now $(basename "$(readlink ../../current)")"'),
                ("after", "all", "id -un")]
    for position, (moment, runs_on, command) in enumerate(commands):
        ServerCommand.objects.create(project=show.project, moment=moment, runs_on=runs_on,
                                     command=command, position=position)
    deployment = show.release(versions[0])
    assert deployment.status == "succeeded", story(deployment)

    name = deployment.release.name
    told = {host.name: [(line.step, line.text) for line in deployment.log.filter(
        server_name=host.name, step__startswith="commands")] for host in hosts}
    everywhere = [("commands before", f"all {name} {name}")]
    assert ("commands before", "migrated") in told["web-1"]
    assert ("commands before", "careful") in told["web-1"]
    assert ("commands after", f"now {name}") in told["web-1"]
    assert [text for step, text in told["web-2"] if not text.startswith("$ ")] == [
        everywhere[0][1], "Ended with code 0", hosts[1].ssh_user, "Ended with code 0"]
    for host in hosts:
        assert set(everywhere) < set(told[host.name])
        assert ("commands after", host.ssh_user) in told[host.name]
    ServerCommand.objects.all().delete()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_command_that_fails_stops_the_release(versions, show, hosts, moment):
    """Before the switch nothing changes; after it everything goes back, proved."""
    live = (hosts[0].root / "current").readlink().name
    other = next(release for release in versions if release.name != live)
    ServerCommand.objects.create(project=show.project, moment=moment, runs_on="one",
                                 command="echo no such table; exit 7")
    deployment = show.release(other)
    ServerCommand.objects.all().delete()

    assert deployment.status == "failed", story(deployment)
    assert "web-1: the command “echo no such table; exit 7” ended with code 7." in deployment.cause
    assert deployment.log.filter(step=f"commands {moment}", text="no such table").exists()
    assert ("went back" in deployment.result) == (moment == "after")
    assert {(host.root / "current").readlink().name for host in hosts} == {live}


def test_old_releases_are_removed_but_never_the_live_one_or_the_way_back(versions, show, hosts):
    """Two are kept; going back keeps the version gone back from, even when one is to be kept."""
    Project.objects.update(keep_releases=2)
    third, fourth = show.release("v1.0"), show.release("v2.0")
    assert fourth.status == "succeeded", story(fourth)
    assert kept(hosts) == {third.release.name, fourth.release.name}
    assert "prune: Removed " in story(fourth)

    Project.objects.update(keep_releases=1)
    back = show.go_back()
    assert back.status == "succeeded", story(back)
    assert back.release == third.release
    assert kept(hosts) == {third.release.name, fourth.release.name}
    for host in hosts:
        assert not list((host.root / ".releasemgr/trash").iterdir())


def kept(hosts):
    here, there = ({path.name for path in (host.root / "releases").iterdir()} for host in hosts)
    assert here == there
    return here
