"""What is approved is what runs: the plan is fixed, printable, and its hash changes with it."""

import json
from dataclasses import fields, replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deployments.models import (
    CheckPage,
    Environment,
    Installation,
    InstallationPool,
    PhpPool,
    Project,
    Release,
    Server,
    ServerCommand,
)
from deployments.plan import (
    PARTS,
    CommandPlan,
    PagePlan,
    Plan,
    PoolPlan,
    TargetPlan,
    build_plan,
)
from tests.factories import make_environment, make_installation, make_release, make_server


@pytest.fixture
def release(shop):
    return make_release(shop, label="2.8.1")


@pytest.fixture
def full(shop, production, release):
    """A plan with something in every part; a function that builds it again."""
    Environment.objects.filter(pk=production.pk).update(canary_servers=1, wave_pause_s=60)
    Project.objects.filter(pk=shop.pk).update(
        shared_files=".env", created_files="local.php", shared_folders="uploads",
        writable_folders="var/cache", asset_folders="public/build")
    ServerCommand.objects.create(project=shop, moment="before", command="bin/migrate",
                                 runs_on="one", is_irreversible=True)
    ServerCommand.objects.create(project=shop, moment="after", command="bin/restart")
    CheckPage.objects.create(project=shop, path="/shop", text="Shop", headers="X-Check: 1")

    def build():
        environment = Environment.objects.get(pk=production.pk)
        return build_plan("deploy", environment, Release.objects.get(pk=release.pk))

    return build


def test_the_same_rows_give_the_same_hash(full):
    """Also through JSON, as the database keeps it."""
    plan = full()
    assert plan == full()
    assert plan.hash == full().hash
    assert len(plan.hash) == 64
    assert plan.differences(plan.as_json()) == []
    assert json.loads(json.dumps(plan.as_json())) == plan.as_json()


def test_building_a_plan_only_reads(full):
    """Pages show it before anybody asked for anything."""
    with CaptureQueriesContext(connection) as queries:
        full()
    assert all(query["sql"].startswith("SELECT") for query in queries)


CHANGES = [
    (Project, {"slug": "store"}, "project"),
    (Project, {"public_folder": "web"}, "public folder"),
    (Project, {"keep_releases": 9}, "keep releases"),
    (Project, {"shared_files": ".env\nkeys.json"}, "entries"),
    (Project, {"created_files": ""}, "entries"),
    (Project, {"shared_folders": "files"}, "entries"),
    (Project, {"writable_folders": "tmp"}, "entries"),
    (Project, {"asset_folders": ""}, "entries"),
    (Environment, {"slug": "live"}, "environment"),
    (Environment, {"site_host": "www.shop.example"}, "site host"),
    (Environment, {"canary_servers": 0}, "waves"),
    (Environment, {"wave_pause_s": 61}, "wave pause s"),
    (Release, {"name": "20261123T202645Z-99"}, "release"),
    (Release, {"commit_sha": "f" * 40}, "commit sha"),
    (Release, {"digest": "e" * 64}, "digest"),
    (Release, {"file_epoch": 1}, "file epoch"),
    (Release, {"contents": {"files": 121, "bytes": 480_000}}, "files"),
    (Release, {"contents": {"files": 120, "bytes": 480_001}}, "size bytes"),
    (ServerCommand, {"command": "rm -rf /"}, "after"),
    (ServerCommand, {"limit_s": 1}, "before"),
    (ServerCommand, {"runs_on": "all"}, "before"),
    (ServerCommand, {"is_irreversible": False}, "before"),
    (ServerCommand, {"restarts": "queue:work"}, "after"),
    (CheckPage, {"path": "/"}, "pages"),
    (CheckPage, {"text": ""}, "pages"),
    (CheckPage, {"status_to": 599}, "pages"),
    (CheckPage, {"headers": ""}, "pages"),
    (Server, {"address": "10.0.0.1"}, "targets"),
    (Server, {"user": "root"}, "targets"),
    (Server, {"port": 2222}, "targets"),
    (Server, {"host_key": "ssh-ed25519 another"}, "targets"),
    (Server, {"service_manager": "/sbin/service"}, "targets"),
    (Installation, {"web_server": "apache"}, "targets"),
    (Installation, {"web_service": "nginx-shop"}, "targets"),
    (Installation, {"web_test": "/opt/nginx -t"}, "targets"),
    (Installation, {"strategy": "reset"}, "targets"),
    (Installation, {"php_door": "endpoint"}, "targets"),
    (Installation, {"web_group": "root"}, "targets"),
    (Installation, {"ask_address": "127.0.0.1:80"}, "targets"),
    (Installation, {"is_https": False}, "targets"),
    (Installation, {"asked_over": "direct"}, "targets"),
    (Installation, {"is_active": False}, "targets"),
    (PhpPool, {"master": "php8.3-fpm"}, "targets"),
    (InstallationPool, {"page_path": "/api"}, "targets"),
    (InstallationPool, {"endpoint_path": "/other"}, "targets"),
]


@pytest.mark.parametrize(("model", "change", "part"), CHANGES)
def test_a_changed_row_changes_the_plan_and_is_named(full, model, change, part):
    """Whatever the runner would do otherwise, the approver must have seen."""
    before = full()
    model.objects.update(**change)
    after = full()
    assert after.hash != before.hash
    assert PARTS[part.replace(" ", "_")] in after.differences(before.as_json())


def test_other_scripts_of_ours_are_another_plan(full, monkeypatch):
    """An update changes what is run: what waited for a yes is void. What a person decides about
    goes on all the same, or a torn release could not be ended by a mended release manager."""
    before = full()
    monkeypatch.setattr("deployments.plan.scripts_digest", lambda: "0" * 64)
    assert full().hash != before.hash
    assert full().differences(before.as_json()) == []


def test_a_server_more_changes_the_plan(full, production):
    """The servers are part of what was approved."""
    before = full()
    make_installation(production, server=make_server("web-3"))
    assert full().differences(before.as_json()) == ["servers or their settings"]


@pytest.mark.parametrize("part", [PoolPlan, TargetPlan, PagePlan, CommandPlan, Plan])
def test_no_part_is_left_out_of_the_hash(full, part):
    """Every field of every part, one at a time."""
    plan = full()
    target = plan.targets[0]
    places = {
        Plan: (plan, lambda new: new),
        TargetPlan: (target, lambda new: replace(plan, targets=(new, *plan.targets[1:]))),
        PoolPlan: (target.pools[0], lambda new: replace(
            plan, targets=(replace(target, pools=(new,)), *plan.targets[1:]))),
        PagePlan: (plan.pages[0], lambda new: replace(plan, pages=(new,))),
        CommandPlan: (plan.before[0], lambda new: replace(plan, before=(new,))),
    }
    old, put = places[part]
    for field in fields(part):
        if field.name == "shares":
            continue  # see test_noticed.py
        other = () if field.name == "targets" else "something else"
        changed = put(replace(old, **{field.name: other}))
        assert changed.hash != plan.hash, field.name


def test_a_plan_never_bound_differs_in_everything(full):
    """An empty plan (a deployment that waited for its build) fits nothing."""
    plan = full()
    assert plan.differences({}) == sorted(set(PARTS.values()))
    assert set(PARTS) == {field.name for field in fields(Plan)}


@pytest.mark.parametrize(("over", "differ"), [
    ({"canary_servers": 0, "wave_size": "", "wave_pause_s": 0}, []),
    ({"canary_servers": 1}, ["the waves"]),
])
def test_a_plan_from_before_there_were_waves_differs_where_there_are_some_now(full, over, differ):
    """An update in the middle of a deployment changes nothing of what a person decided about."""
    full()
    ServerCommand.objects.update(is_irreversible=False)
    Environment.objects.update(**over)
    kept = full().as_json()
    del kept["waves"], kept["wave_pause_s"]
    for command in (*kept["before"], *kept["after"]):
        del command["is_irreversible"]
    assert full().differences(kept) == differ


def test_a_plan_comes_back_from_the_database_as_it_was(full, production, release):
    """Whoever goes on with what a lost worker left has what was approved, not what rows say now."""
    place = production.installations.first()
    for plan in (full(), build_plan("rollback", production, release),
                 build_plan("reload", production, release, installations=[place.pk])):
        kept = json.loads(json.dumps(plan.as_json()))
        assert Plan.from_json(kept) == plan
        assert Plan.from_json(kept).hash == plan.hash


def test_what_plans_did_not_say_yet_is_no_difference(full):
    """One saved before an update goes on after it, and is read as it stands now."""
    Server.objects.update(service_manager="/sbin/service")
    Installation.objects.update(web_server="apache")
    kept = full().as_json()
    for target in kept["targets"]:
        for name in ("web_server", "web_service", "service_manager", "shares"):
            del target[name]
    for command in (*kept["before"], *kept["after"]):
        del command["restarts"]
    assert full().differences(kept) == []
    Installation.objects.update(strategy="reset")
    assert full().differences(kept) == ["servers or their settings"]
    assert Plan.from_json(kept).targets[0].service_manager == "/usr/bin/systemctl"


@pytest.mark.parametrize(("over", "service"), [
    ({}, "nginx"), ({"web_server": "apache"}, "apache2"), ({"web_service": "httpd"}, "httpd")])
def test_the_web_servers_service_has_a_name_where_nobody_wrote_one(
        production, release, over, service):
    """As Debian calls it."""
    production.installations.update(**over)
    assert build_plan("deploy", production, release).targets[0].web_service == service


def test_restarting_php_is_another_plan_than_what_the_servers_are_set_to(production, release):
    """The strategy asked for counts, but where no PHP runs there is nothing to restart."""
    production.installations.filter(server__name="web-2").update(php_door="none", strategy="none")
    plan = build_plan("reload", production, release, strategy="fpm-restart")
    assert [target.strategy for target in plan.targets] == ["fpm-restart", "none"]
    assert plan.hash != build_plan("reload", production, release).hash


@pytest.mark.parametrize(("over", "waves"), [
    ({}, [[1, 2, 3, 4, 5]]),
    ({"canary_servers": 1}, [[1], [2, 3, 4, 5]]),
    ({"wave_size": "2"}, [[1, 2], [3, 4], [5]]),
    ({"canary_servers": 1, "wave_size": "3"}, [[1], [2, 3, 4], [5]]),
    ({"canary_servers": 2, "wave_size": "25%"}, [[1, 2], [3, 4], [5]]),
    ({"wave_size": "100%"}, [[1, 2, 3, 4, 5]]),
    ({"wave_size": "1%"}, [[1], [2], [3], [4], [5]]),
    ({"canary_servers": 9, "wave_size": "2"}, [[1, 2, 3, 4, 5]]),
])
def test_servers_go_in_waves(shop, release, over, waves):
    """Canaries first, then a number or a share of all, rounded up; nobody is left out."""
    environment = make_environment(shop, wave_pause_s=60, **over)
    places = [make_installation(environment) for _ in range(5)]
    number = {place.pk: at for at, place in enumerate(places, 1)}
    plan = build_plan("deploy", environment, release)
    assert [[number[pk] for pk in wave] for wave in plan.waves] == waves
    assert plan.wave_pause_s == (60 if len(waves) > 1 else 0)
    for kind in ("rollback", "reload"):  # what was wrong goes away everywhere at once
        assert len(build_plan(kind, environment, release).waves) == 1


def test_two_roots_on_one_server_are_one_step(shop, release):
    """People count servers: one that is half switched is neither here nor there."""
    environment = make_environment(shop, canary_servers=1)
    server = make_server("web-1")
    first = make_installation(environment, server=server)
    other = make_installation(environment)
    second = make_installation(environment, server=server, root="/srv/second")
    plan = build_plan("deploy", environment, release)
    assert plan.waves == ((first.pk, second.pk), (other.pk,))
    assert plan.wave_words == f"First web-1 alone, then {other.server.name}"


def test_making_php_reload_moves_nothing(full, production, release):
    """No entries, no commands; the check pages stay; one server alone when it is asked for."""
    place = production.installations.first()
    plan = build_plan("reload", production, release, installations=[place.pk])
    assert (plan.entries, plan.before, plan.after) == ((), (), ())
    assert [target.installation_id for target in plan.targets] == [place.pk]


def test_a_project_without_check_pages_is_checked_at_its_front_page(production, release):
    """The default: / answers 200 to 399."""
    assert build_plan("deploy", production, release).pages == (PagePlan("/", 200, 399, "", ()),)


def test_inactive_servers_are_left_out(production, release):
    """Active ones are in the order they were added in."""
    production.installations.filter(server__name="web-1").update(is_active=False)
    plan = build_plan("deploy", production, release)
    assert [target.server for target in plan.targets] == ["web-2"]


def test_a_plan_reads_as_sentences(full):
    """The first lines of every log: what, where, which commands."""
    text = "\n".join(full().lines())
    assert "Release shop " in text
    assert "web-1: /srv/shop-production, PHP pools " in text
    assert "Waves: First web-1 alone, then web-2, 60 s in between" in text
    assert "Command before the switch on first server: bin/migrate (cannot be undone)" in text
    assert "Command after the switch on every server: bin/restart" in text
