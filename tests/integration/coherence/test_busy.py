"""Pools in which no worker is free: waited for up to the limit, and then not confirmed."""


import pytest

from deployments.coherence import proof, reset
from deployments.errors import NotConfirmed, StepFailed
from tests.integration.visit import visit_under_way
from tests.sandbox.fpm import Pool as FpmPool

from .conftest import NEW, OLD

LONG_S = 12  # longer than one question waits
POOLS = (FpmPool("www", max_children=1), FpmPool("api"))


def _long_request(it, release):
    """The pool's only worker is busy for LONG_S from now on."""
    return visit_under_way(it.host, it.host.root / "releases" / release / "public", LONG_S)


def test_a_pool_whose_only_worker_is_busy_is_waited_for(rig):
    """Arming and proving, which learns the path again, stand in the same line as visitors do."""
    with rig(kind="realpath", pools=POOLS) as it:
        proof.learn(it.site, [it.www], it.root)
        with _long_request(it, OLD):
            proof.arm(it.www, OLD, limit_s=60, say=it.say)
        it.switch(NEW)
        with _long_request(it, NEW):
            row = proof.prove(it.site, it.www, it.root, NEW, limit_s=60, say=it.say)

    assert (row["proved"], row["workers"]) == (1, 1)


def test_a_pool_that_stays_busy_is_not_confirmed(rig):
    """Each part says so in one sentence when its own limit is over, and not before."""
    with rig(kind="realpath", pools=POOLS) as it:
        proof.learn(it.site, [it.www], it.root)
        proof.arm(it.www, OLD, limit_s=20, say=it.say)
        with _long_request(it, OLD):
            with pytest.raises(NotConfirmed, match=r"within 2 s.*no worker was free to answer\."):
                proof.arm(it.www, OLD, limit_s=2, say=it.say)
            with pytest.raises(NotConfirmed, match=r"no worker was free to answer for \d s\."):
                proof.learn(it.site, [it.www], it.root, limit_s=2)
            with pytest.raises(NotConfirmed, match="no worker was free to answer for"):
                proof.prove(it.site, it.www, it.root, OLD, limit_s=2, say=it.say)


def test_a_reset_waits_for_a_pool_that_is_busy(rig):
    """The only worker cannot even be asked to reset before its request has ended."""
    with rig(kind="stale", pools=POOLS) as it, _long_request(it, OLD):
        with pytest.raises(NotConfirmed, match="no worker was free to answer"):
            reset.act([it.www], limit_s=2, say=it.say)
        counters = reset.act([it.www], limit_s=60, say=it.say)

    assert counters["php-fpm"]["manual_restarts"] > counters["php-fpm"]["manual_restarts_before"]


def test_a_web_server_that_is_down_while_the_path_is_learned_is_named(rig):
    """A fault of the server, not of ours; PHP itself would still answer."""
    with rig(kind="realpath") as it:
        it.host.nginx.stop()

        with pytest.raises(StepFailed, match=r"PHP pool www on web-9: .*cannot be reached"):
            proof.learn(it.site, it.pools, it.root)
