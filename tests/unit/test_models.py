"""What the database itself refuses, and what forms refuse before it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from deployments import states
from deployments.models import (
    CacheLock,
    CheckPage,
    Commit,
    Grant,
    Installation,
    InstallationPool,
    LogLine,
    Ref,
    Server,
    ServerCheck,
    Target,
    TokenInstall,
)
from tests import factories
from tests.factories import (
    make_deployment,
    make_environment,
    make_installation,
    make_pool,
    make_project,
    make_release,
    make_server,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db


def assert_refused(make, *args, **fields):
    """The database refuses the row, by a constraint of its own."""
    with pytest.raises(IntegrityError), transaction.atomic():
        make(*args, **fields)


@pytest.mark.parametrize("second", states.ACTIVE)
@pytest.mark.parametrize("first", states.ACTIVE)
def test_an_environment_has_one_active_deployment(first, second):
    """Whatever two states they are in; whoever writes the rows."""
    row = make_deployment(status=first)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_deployment(row.environment, status=second)
    make_deployment(status=second)


@pytest.mark.parametrize("ended", sorted(set(states.DEPLOYMENT_MOVES) - set(states.ACTIVE)))
def test_deployments_that_have_ended_hold_nothing(ended):
    """History has room for any number beside the active one."""
    row = make_deployment(status=ended)
    make_deployment(row.environment, status=ended)
    make_deployment(row.environment, status="running")


def test_a_server_and_a_folder_belong_to_one_site():
    """Two sites in one folder would switch each other."""
    place = make_installation(root="/srv/shop")
    assert_refused(make_installation, server=place.server, root="/srv/shop")
    make_installation(server=place.server, root="/srv/blog")
    make_installation(root="/srv/shop")


@pytest.mark.parametrize("root", ["/srv/shop/", "/srv//shop", "//srv/shop///"])
def test_a_folder_has_one_name(root):
    """Otherwise a slash more would get around that rule."""
    place = Installation(environment=make_environment(), server=make_server(), root=root)
    place.full_clean()
    assert place.root == "/srv/shop"


def test_a_release_name_never_repeats():
    """It is a folder's name on servers; another project may have the same."""
    row = make_release()
    assert_refused(make_release, row.project, name=row.name)
    make_release(name=row.name)


def test_no_two_releases_of_a_project_share_a_file_time():
    """OPcache tells files apart by path and time."""
    row = make_release()
    assert_refused(make_release, row.project, file_epoch=row.file_epoch)
    make_release(file_epoch=row.file_epoch)


def test_a_request_key_is_used_once():
    """The database's own guard against double clicks."""
    row = make_deployment()
    assert_refused(make_deployment, request_key=row.request_key)


def test_a_server_has_one_part_in_a_deployment():
    """One target per installation."""
    place = make_installation()
    row = make_deployment(place.environment)
    assert_refused(Target.objects.create, deployment=row, installation=place, server_name="again")


def test_names_and_slugs_are_taken_once():
    """Projects, servers and keys everywhere; environments in their project."""
    project, server, key = make_project(), make_server(), factories.make_key()
    environment = make_environment(project, slug="live", name="Live")
    assert_refused(make_project, slug=project.slug)
    assert_refused(make_project, name=project.name)
    assert_refused(Server.objects.create, name=server.name, ssh_key=key)
    assert_refused(factories.make_key, name=key.name)
    assert_refused(make_environment, project, slug="live")
    assert_refused(make_environment, project, name="Live")
    make_environment(slug="live", name="Live")
    assert environment.project == project


def test_a_pool_of_a_server_is_there_once():
    """By its socket, and by its name in its master; other servers have the same."""
    pool = make_pool()
    assert_refused(make_pool, pool.server, socket=pool.socket)
    assert_refused(make_pool, pool.server, name=pool.name, socket="/run/other.sock")
    make_pool(name=pool.name, socket=pool.socket)


def test_a_pool_serves_an_installation_once():
    """And its cache has one lock, however many sites share the master."""
    use = InstallationPool.objects.get(installation=make_installation())
    assert_refused(
        InstallationPool.objects.create, installation=use.installation, pool=use.pool)
    CacheLock.objects.create(server=use.pool.server, master="php8.2-fpm")
    assert_refused(CacheLock.objects.create, server=use.pool.server, master="php8.2-fpm")


def test_a_token_is_in_one_state_per_server():
    """And its public name is its own."""
    place = make_installation()
    token = make_token(place.environment, installed_on=[place])
    assert_refused(TokenInstall.objects.create, token=token, installation=place)
    assert_refused(make_token, public_id=token.public_id)


def test_a_log_line_has_one_number_in_one_log():
    """Of a deployment or of a build, never both, never neither."""
    row, release = make_deployment(), make_release()
    line = {"number": 1, "at": timezone.now(), "text": "…"}
    LogLine.objects.create(deployment=row, **line)
    LogLine.objects.create(release=release, **line)
    assert_refused(LogLine.objects.create, deployment=row, **line)
    assert_refused(LogLine.objects.create, release=release, **line)
    assert_refused(LogLine.objects.create, **line | {"number": 2})
    assert_refused(LogLine.objects.create, deployment=row, release=release, **line | {"number": 2})


def test_a_check_asks_somebody():
    """A server or a git host."""
    assert_refused(ServerCheck.objects.create, question="host_key")


def test_what_the_git_host_has_is_there_once():
    """A branch and a tag may share a name."""
    commit = factories.make_commits(make_project(), ref="v2")[0]
    same = {"project": commit.project, "author_name": "Ada", "authored_at": timezone.now()}
    assert_refused(Commit.objects.create, sha=commit.sha, **same)
    ref = {"project": commit.project, "name": "v2", "sha": commit.sha,
           "committed_at": timezone.now()}
    assert_refused(Ref.objects.create, sort="branch", **ref)
    Ref.objects.create(sort="tag", **ref)


def test_history_cannot_be_deleted_with_what_it_is_about():
    """Projects, environments, releases, installations and servers stay as long as it does."""
    place = make_installation()
    row = make_deployment(place.environment)
    for kept in (row.release, place, place.server, row.environment, row.environment.project):
        with pytest.raises(ProtectedError):
            kept.delete()


def test_history_outlives_the_people_in_it():
    """Their names stay as text; their entries in the allowlist go."""
    user = make_user("leaver", None, "release")
    row = make_deployment(requested_by=user)
    user.delete()
    row.refresh_from_db()
    assert (row.requested_by, row.requested_by_name) == (None, "leaver")
    assert not Grant.objects.exists()


@pytest.mark.parametrize("path", [
    "/etc/passwd", "../up", "a/../b", "a//b", "./a", "a/", ".releasemgr/x"])
def test_paths_stay_inside_the_release(path):
    """Single ones and lists of them."""
    project = make_project()
    for name in ("subdirectory", "public_folder"):
        with pytest.raises(ValidationError, match="path"):
            project._meta.get_field(name).clean(path, project)
    for name in ("left_out", "shared_files", "created_files", "shared_folders",
                 "writable_folders", "asset_folders"):
        with pytest.raises(ValidationError, match="path"):
            project._meta.get_field(name).clean(f"storage\n{path}", project)
        assert project._meta.get_field(name).clean("storage/logs\n-x y\n", project)


@pytest.mark.parametrize("root", ["srv/shop", "/srv", "/", "/srv/../etc", "/srv/./shop", "/srv/"])
def test_a_root_is_a_folder_of_its_own(root):
    """Nobody deploys into /, /srv or a relative path."""
    with pytest.raises(ValidationError):
        Installation._meta.get_field("root").clean(root, None)


@pytest.mark.parametrize("path", [
    "shop", "@evil.example/", "//evil.example", "/a b", "/a\nb", "/a#b", ""])
def test_a_page_is_a_path_on_the_site(path):
    """Put behind the site's name it must not become another site's."""
    for model, name in ((CheckPage, "path"), (InstallationPool, "page_path"),
                        (InstallationPool, "endpoint_path")):
        with pytest.raises(ValidationError):
            model._meta.get_field(name).clean(path, None)


@pytest.mark.parametrize("networks", ["somewhere", "10.0.0.0/33", "10.0.0.1-10.0.0.9", "10.0.0.1,"])
def test_networks_are_networks(networks):
    """IPv4 or IPv6, one per line; a single address is one."""
    field = Grant._meta.get_field("networks")
    with pytest.raises(ValidationError, match="is no network"):
        field.clean(networks, None)
    assert field.clean("10.1.2.3\n10.0.0.0/8\n2001:db8::/32", None)


@pytest.mark.parametrize("user", ["-oProxyCommand=x", "a b", "a;b", "", "a\nb", "ALL", "ADMINS"])
def test_a_login_name_is_a_name(user):
    """Nothing an option, a shell or sudo's aliases could be."""
    with pytest.raises(ValidationError):
        Server._meta.get_field("user").clean(user, None)


@pytest.mark.parametrize(("strategy", "door"), [("none", "fastcgi"), ("reset", "none")])
def test_a_site_without_php_has_no_strategy_and_no_door(strategy, door):
    """One of the two alone would prove nothing."""
    place = Installation(environment=make_environment(), server=make_server(), root="/srv/shop",
                         strategy=strategy, php_door=door)
    with pytest.raises(ValidationError, match="without PHP"):
        place.full_clean()


def test_a_pool_of_another_server_serves_nothing_here():
    """Its socket would be looked for in the wrong place."""
    use = InstallationPool(installation=make_installation(), pool=make_pool())
    with pytest.raises(ValidationError, match="another server"):
        use.full_clean()


def test_a_server_is_not_reached_through_itself():
    """Neither directly nor by way of others."""
    first = make_server("first")
    second = make_server("second", jump=first)
    first.jump = second
    with pytest.raises(ValidationError, match="through itself"):
        first.clean()
    Server.objects.get(pk=second.pk).clean()


def test_an_entry_that_could_never_count_is_refused():
    """Another project's environment, or an end before the beginning."""
    now, user = timezone.now(), make_user()
    with pytest.raises(ValidationError, match="is not of"):
        Grant(user=user, action="release", project=make_project(),
              environment=make_environment()).full_clean()
    with pytest.raises(ValidationError, match="before it begins"):
        Grant(user=user, action="release", valid_from=now, valid_until=now).full_clean()


def test_the_worker_of_a_deployment_without_a_sign_of_life_is_lost(monkeypatch):
    """Its lease is over by the database's clock; others are held, handed over or ended."""
    past, future = (timezone.now() + timedelta(seconds=s) for s in (-1, 60))
    held, lost = (make_deployment(status="running", owner="web:1", lease_until=at)
                  for at in (future, past))
    handed_over = make_deployment(status="running", owner="", lease_until=past)
    ended = make_deployment(status="failed", owner="web:1", lease_until=past)
    monkeypatch.setattr(timezone, "now", lambda: future + timedelta(days=1))
    rows = (held, lost, handed_over, ended)
    assert [row.is_worker_lost for row in rows] == [False, True, False, False]
    assert [row.needs_a_person for row in rows] == [False] * 4
