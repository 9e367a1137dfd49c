"""What a deployment's page counts as evidence, in words."""

import pytest

from tests import factories
from tests.unit.pages.test_progress_page import rows


def test_evidence_counts_workers_and_claims_a_cleared_cache_only_after_a_reset(
        production, viewer, sign_in):
    """“24 of 24 PHP workers on 2 servers run …”; a cache that was not reset is not called so."""
    live = factories.make_deployment(production)
    pools = [{"pool": "www", "workers": 8, "proved": 8}, {"pool": "api", "workers": 4, "proved": 4}]
    evidence = {"pools": pools, "pages": [{"path": "/", "status": 200, "ms": 9}],
                "static": {"path": "shop.css", "status": 200}, "cache": {}}
    live.targets.filter(server_name="web-1").update(
        evidence=evidence | {"strategy": "reset", "cache": {"php8.2-fpm": {"waited_ms": 35}}})
    live.targets.filter(server_name="web-2").update(evidence=evidence | {"strategy": "realpath"})
    news = rows(sign_in(viewer), live)
    assert news["result"] == f"24 of 24 PHP workers on 2 servers run {live.release.title}."
    first, second = (row["facts"] for row in news["evidence"])
    assert "12 of 12 PHP workers run it (www 8 of 8, api 4 of 4)" in first
    assert "PHP cache cleared, which took 35 ms" in first
    assert not any(fact.startswith("PHP cache cleared") for fact in second)
    assert "Page / answered 200 in 9 ms" in second
    assert "File /shop.css comes from this version" in second


def test_new_workers_are_told_with_what_they_cost(production, viewer, sign_in):
    """A reload by how long it took, a restart by how long visitors met errors."""
    live = factories.make_deployment(production)
    pools = [{"pool": "www", "workers": 8, "proved": 8}]
    for name, strategy, row in (("web-1", "fpm-reload", {"workers": 8, "waited_ms": 910}),
                                ("web-2", "fpm-restart", {"workers": 8, "outage_s": 1.25})):
        live.targets.filter(server_name=name).update(evidence={
            "pools": pools, "strategy": strategy, "cache": {"php8.2-fpm": row}})
    first, second = (row["facts"] for row in rows(sign_in(viewer), live)["evidence"])
    assert "php8.2-fpm reloaded: 8 new workers after 910 ms" in first
    assert "php8.2-fpm restarted: 8 new workers; visitors met errors for 1.25 s" in second


def test_apaches_children_are_called_so(production, viewer, sign_in):
    """mod_php has no workers of its own; what an entry, or a reload of Apache, did is told."""
    live = factories.make_deployment(production)
    pools = [{"pool": "www", "workers": 8, "proved": 8, "sapi": "apache2handler"}]
    for name, strategy, cache in (
            ("web-1", "apache-graceful", {"apache2": {"workers": 4, "waited_ms": 910}}),
            ("web-2", "front-controller", {})):
        live.targets.filter(server_name=name).update(evidence={
            "pools": pools, "strategy": strategy, "cache": cache})
    first, second = (row["facts"] for row in rows(sign_in(viewer), live)["evidence"])
    assert "8 of 8 PHP workers (Apache children) run it" in first
    assert "apache2 reloaded: 4 new workers after 910 ms" in first
    assert any(fact.startswith("PHP cache needs no clearing: the entry outside") for fact in second)


@pytest.mark.parametrize("status", ["failed", "unknown", "switched", "coherent"])
def test_what_was_asked_on_the_way_to_a_failure_is_no_evidence(
        production, viewer, sign_in, status):
    """A server counts when it is proved, or back and proved; not for what it once answered."""
    torn = factories.make_deployment(production, status="needs_attention")
    pools = [{"pool": "www", "workers": 4, "proved": 4}]
    torn.targets.update(evidence={"pools": pools}, status=status)
    torn.targets.filter(server_name="web-2").update(status="reverted")
    assert [row["server"] for row in rows(sign_in(viewer), torn)["evidence"]] == ["web-2"]


def test_a_server_that_went_back_names_the_version_as_people_do(production, viewer, sign_in):
    """Not the folder's name."""
    older = factories.make_release(production.project, label="2.8.1")
    failed = factories.make_deployment(production, status="failed", previous=older)
    failed.targets.update(status="reverted", evidence={"pools": [], "went_back_to": older.name})
    facts = rows(sign_in(viewer), failed)["evidence"][0]["facts"]
    assert facts[0] == "Went back to 2.8.1"
