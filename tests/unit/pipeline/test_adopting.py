"""Looking at folders that play servers, and taking one of them in: the real scripts and archive."""

import hashlib
import os
import tarfile
from dataclasses import replace

import pytest
from django.conf import settings

from deployments.models import Adoption, Deployment, Installation
from deployments.pipeline import adopting
from deployments.pipeline.adopt_reading import marks_of, place_of
from deployments.pipeline.contexts import make_contexts
from deployments.pipeline.log import Journal
from deployments.pipeline.ports import REAL
from deployments.plan import build_plan
from deployments.remote.faults import Unreachable
from deployments.remote.local import LocalConnection
from deployments.services import adoptions
from deployments.services.adoption_plan import plan_of
from tests import factories
from tests.adopted import adopted
from tests.unit.scripts.server import SITE, Link, lay, listing

LIVE = "releases/12"


@pytest.fixture
def ports():
    return replace(REAL, open_connection=lambda host: LocalConnection())


@pytest.fixture
def roots(production, tmp_path, settings):
    """Two folders, each with the same site as Deployer leaves it."""
    settings.PRIVATE_ROOT = tmp_path / "private"
    settings.PRIVATE_ROOT.mkdir()
    found = []
    for place in production.installations.all():
        root = tmp_path / place.server.name
        lay(root, {
            **{f"{LIVE}/{path}": content for path, content in SITE.items()},
            f"{LIVE}/.env": Link("../../shared/.env"), "shared/.env": b"KEY=1",
            f"{LIVE}/public/storage": Link(f"{root}/{LIVE}/src"),
            ".dep/releases_log": b"{}\n", "current": Link(LIVE)})
        Installation.objects.filter(pk=place.pk).update(root=str(root))
        found.append(root)
    return found


def look(production, ports, **over):
    row = Adoption.objects.create(environment=production, asked_by_name="Ines", **over)
    adopting.look(row.pk, ports=ports)
    row.refresh_from_db()
    return row


def take_in(row, ports):
    Adoption.objects.filter(pk=row.pk).update(wanted_by_name="Ines", wanted_at=row.looked_at)
    adopting.take_in(row.pk, ports=ports)
    row.refresh_from_db()
    return row


def archives():
    return list((settings.PRIVATE_ROOT / "artifacts").rglob("*.tar.gz"))


def test_a_site_is_looked_at_and_taken_in_as_it_lies_there(production, roots, ports):
    """The stored bytes have the digest that the servers said, and nothing there was changed."""
    before = [listing(root) for root in roots]
    row = look(production, ports)
    assert not plan_of(row).hindrances
    assert {place["digest"] for place in row.found} == {row.found[0]["digest"]}
    row = take_in(row, ports)
    assert row.problem == ""
    release = row.deployment.release
    assert release.digest == row.found[0]["digest"]
    assert release.contents["files"] == 4
    assert release.contents["entries"] == [["file", ".env"]]
    with tarfile.open(archives()[0]) as archive:
        names = archive.getnames()
        assert archive.getmember("./public/storage").linkname == "../src"
        manifest = archive.extractfile("./.releasemgr/manifest").read()
    assert hashlib.sha256(manifest).hexdigest() == release.digest
    assert "./.env" not in names
    assert [listing(root) for root in roots] == before


def test_servers_that_differ_are_told_and_not_taken_in(production, roots, ports):
    """Also where that came after the look."""
    row = look(production, ports)
    (roots[1] / LIVE / "public/index.php").write_text("other")
    row = take_in(row, ports)
    assert "web-1 differs from web-2" in row.problem
    assert (row.deployment, row.wanted_at, archives()) == (None, None, [])
    assert "do not hold the same files" in plan_of(look(production, ports)).hindrances[0].text


def test_a_site_that_changes_while_it_is_read_is_not_taken_in(production, roots, ports,
                                                             monkeypatch):
    """The archive is removed again; a later try is free to succeed."""
    row = look(production, ports)
    real = adopting.foreign.collect

    def collect(*args, **more):
        (roots[0] / LIVE / "public/index.php").write_text("changed just now")
        return real(*args, **more)

    monkeypatch.setattr(adopting.foreign, "collect", collect)
    row = take_in(row, ports)
    assert "changed while they were read" in row.problem
    assert archives() == []
    assert not Deployment.objects.exists()


def test_a_server_out_of_reach_is_an_answer(production, roots):
    """Its sentence stands in the way."""
    def refuse(host):
        raise Unreachable(f"{host.name} refuses connections.", server=host.name)

    row = look(production, replace(REAL, open_connection=refuse))
    plan = plan_of(row)
    assert "web-1 refuses connections" in plan.hindrances[0].text
    assert (plan.will, plan.first) == ([], [])


def test_a_task_that_comes_twice_does_nothing_more(production, roots, ports):
    """Neither a look nor a taking in."""
    row = take_in(look(production, ports), ports)
    adopting.look(row.pk, ports=None)
    adopting.take_in(row.pk, ports=None)
    assert Deployment.objects.count() == 1


def test_the_same_files_are_stored_once(production, staging, roots, ports):
    """Another environment's version is used."""
    first = take_in(look(production, ports), ports).deployment
    place = staging.installations.get()
    Installation.objects.filter(root=str(roots[0])).update(root=f"{roots[0]}-gone")
    Installation.objects.filter(pk=place.pk).update(root=str(roots[0]))
    second = take_in(look(staging, ports), ports).deployment
    assert second.release == first.release
    assert len(archives()) == 1


def test_a_plain_folder_is_read_by_its_name(production, roots, ports):
    """Where no current leads to it; what is to be done by hand stands there as lines to copy."""
    for root in roots:
        os.rename(root / LIVE, root / "htdocs")
        os.unlink(root / "current")
        os.unlink(root / "htdocs/.env")
        os.unlink(root / "htdocs/public/storage")
    Installation.objects.filter(root=str(roots[1])).update(is_active=False)
    row = look(production, ports, folder=str(roots[0] / "htdocs"))
    plan = plan_of(row)
    assert not plan.hindrances
    assert "cp -a" in plan.first[0].lines
    assert f"root {roots[0]}/current/public;" in plan.first[1].lines
    assert not take_in(row, ports).deployment.release.contents["found_by_current"]
    assert adoptions.newest(production) == row


def test_what_was_found_is_no_folder_of_ours_until_it_was_gone_back_to(production, shop):
    """Else the first release would take `current` for one that hands had moved."""
    before = adopted(production).release

    def older(release, previous):
        row = factories.make_deployment(production, release=release, previous=previous,
                                        status="queued")
        found = make_contexts(row, build_plan("deploy", production, release), fence=1,
                              journal=Journal(deployment=row))[0].older
        row.delete()
        return found and found.name

    new = factories.make_release(shop)
    assert older(new, before) is None
    factories.make_deployment(production, release=before, kind="rollback", fence=2)
    assert older(new, before) == before.name


def test_absolute_links_into_the_site_become_relative_ones(production):
    """By the live folder, by current or by the release's name; those that lead out are told."""
    import base64

    fields = ("link", "public/storage", "/srv/x/current/storage/app", "/srv/x/shared/storage/app",
              "link", "a/b/c", "/srv/x/releases/7/d", "/real/7/d",
              "link", "up", "../../etc", "/etc", "link", "fine/x", "../y", "/real/7/y")
    place = production.installations.first()
    place.root = "/srv/x"
    found = place_of(place, {
        "layout": "releases", "current": "releases/7", "live": "/real/7", "user": "deploy",
        "entries": base64.b64encode(b"".join(f"{part}\0".encode() for part in fields) + b"odd")})
    assert found["links"] == [["a/b/c", "../../d"], ["public/storage", "../storage/app"]]
    assert found["out"] == [["up", "../../etc", "/etc"]]
    assert marks_of(found) == ["link", "a/b/c", "../../d",
                               "link", "public/storage", "../storage/app"]
