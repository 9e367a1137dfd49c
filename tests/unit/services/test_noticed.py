"""What people are told that visitors will notice, from what was measured on that server."""

import pytest

from deployments.models import Checkup
from deployments.plan import build_plan
from deployments.services.kept import kept_of
from deployments.services.noticed import noticed
from tests import factories


@pytest.fixture
def place(staging):
    return staging.installations.get()


def measured(environment, *evidences):
    """Earlier deployments there, oldest first, with these evidences."""
    for evidence in evidences:
        factories.make_deployment(environment).targets.update(evidence=evidence)


def restarted(seconds, master="php8.2-fpm"):
    return {"strategy": "fpm-restart", "cache": {master: {"outage_s": seconds}}}


@pytest.mark.parametrize(("strategy", "evidences", "says"), [
    ("realpath", (), []),
    ("reset", (),
     ["On web-1 visitors may get old pages for a moment, until PHP has followed."]),
    ("fpm-restart", (),
     ["On web-1 visitors may see errors for a few seconds (not measured there yet)."]),
    ("fpm-restart", (restarted(9), restarted(1.234), {"strategy": "reset", "cache": {}}),
     ["On web-1 visitors may see errors for about 1.2 s, as they did the last time."]),
    ("fpm-restart", (restarted(9, "php7.4-fpm"),),
     ["On web-1 visitors may see errors for a few seconds (not measured there yet)."]),
    ("fpm-restart", (restarted(0),),
     ["On web-1 visitors may see errors for about 0.1 s, as they did the last time."]),
    ("fpm-reload", (),
     ["On web-1 visitors may wait a moment, until the requests that run have ended."]),
    ("fpm-reload", ({"longest_request_s": 7.2}, {"longest_request_s": 0.4}),
     ["On web-1 visitors may wait up to 8 s, as long as the longest request takes."]),
])
def test_waiting_and_errors_are_told_from_what_was_measured_there(
        staging, place, strategy, evidences, says):
    """The newest pause counts, and the longest request of all."""
    type(place).objects.update(strategy=strategy)
    measured(staging, *evidences)
    assert noticed("deploy", staging) == says
    assert noticed("rollback", staging) == says


def test_what_is_left_for_a_moment_on_a_way_back_is_called_by_its_version(staging, place, shop):
    """The version one leaves is the newer one: nobody would know it as old."""
    type(place).objects.update(strategy="reset")
    factories.make_deployment(staging, release=factories.make_release(shop, label="v2.0"))
    assert noticed("deploy", staging) == [
        "On web-1 visitors may get old pages for a moment, until PHP has followed."]
    assert noticed("rollback", staging) == [
        "On web-1 visitors may still get pages of v2.0 for a moment, until PHP has followed."]


def test_restarting_php_is_told_whatever_the_strategy_is(staging, place):
    """As the button does it."""
    assert "errors" in noticed("reload", staging, installations=[place.pk],
                               strategy="fpm-restart")[0]


def test_other_sites_are_named(staging, place):
    """Those whose PHP shares the service."""
    blog = factories.make_environment(factories.make_project(name="Blog"), slug="live")
    factories.make_installation(blog, server=place.server, pools=place.pools.all())
    type(place).objects.filter(pk=place.pk).update(strategy="reset")
    assert noticed("reload", staging) == noticed("deploy", staging)[1:] == [
        "On web-1 Blog - Live uses the same PHP service: its PHP cache is reset, so pages are "
        "slow for a moment."]


def test_another_site_on_the_same_php_is_told_and_voids_no_approval(staging, place):
    """Whoever adds it changes nothing of what was approved here; the plan's lines name it."""
    type(place).objects.filter(pk=place.pk).update(strategy="reset")
    release = factories.make_release(staging.project)
    approved = build_plan("deploy", staging, release)
    blog = factories.make_environment(factories.make_project(name="Blog"), slug="live")
    factories.make_installation(blog, server=place.server, pools=place.pools.all())

    now = build_plan("deploy", staging, release)

    assert (now.hash, now.differences(approved.as_json())) == (approved.hash, [])
    assert any("Blog - Live uses the same PHP service" in line for line in now.lines())
    assert not any("Blog" in line for line in approved.lines())


def test_servers_where_php_follows_later_are_named_in_one_sentence(staging, place):
    """Not where the web server itself leads to the new folder, and not where versions stay."""
    for name in ("web-2", "web-3"):
        factories.make_installation(staging, server=factories.make_server(name), strategy="reset")
    assert noticed("deploy", staging) == [
        "On web-2 and web-3 visitors may get old pages for a moment, until PHP has followed."]
    assert noticed("reload", staging) == []


def test_what_the_doctor_advised_stands_for_auto(staging, place):
    """Its newest answer."""
    type(place).objects.update(strategy="auto")
    assert noticed("deploy", staging) == []
    for choice in ("realpath", "fpm-reload"):
        Checkup.objects.create(installation=place, choice=choice,
                               answered_at="2026-11-20T10:00:00Z")
    Checkup.objects.create(installation=place, choice="")
    assert "may wait a moment" in noticed("deploy", staging)[0]


def test_what_was_measured_is_kept_by_master_and_newest_first(staging, place):
    """A footprint that measured nothing does not hide the one before."""
    measured(
        staging,
        {"prepared": {"a": {"used_bytes": 5_000, "warmed": 10}}, "longest_request_s": 3},
        {"prepared": {"a": {"used_bytes": 7_000, "warmed": 14}, "b": {"skipped": "off"}}},
        {"prepared": {"a": {"warmed": 14}}, "cache": []}, {"cache": {"a": 1}},
    )
    kept = kept_of(place.pk)
    assert (kept.footprint, kept.outage_s, kept.longest_request_s) == ({"a": (7_000, 14)}, {}, 3)
