"""What runs is asked before a server goes back, also where visitors get errors at that moment."""

import threading
import time

import pytest

from deployments.coherence import proof
from deployments.errors import NotConfirmed
from deployments.pipeline.steps.touch import LIMIT_S, Touch

from .conftest import NEW, OLD


def _fail_all(it):
    """nginx answers 503 to everything; return the servers it had."""
    before = it.host.nginx.servers
    it.host.nginx.servers = [text.replace("server {", "server {\nreturn 503;", 1)
                             for text in before]
    it.host.nginx.reload()
    return before


def _mend(it, servers):
    it.host.nginx.servers = servers
    it.host.nginx.reload()


def _touch(it):
    it.switch(NEW)
    Touch().run(it.ctx(pools=[it.www]))


def _prove(it):
    return proof.prove(it.site, it.www, it.root, OLD, limit_s=5, say=it.say)


def test_an_outage_of_a_moment_does_not_keep_going_back_from_being_proved(rig):
    """PHP is asked again as long as visitors may wait for it, not once."""
    with rig(kind="realpath") as it:
        servers = _fail_all(it)
        over = threading.Timer(1, _mend, [it, servers])
        over.start()
        _touch(it)
        over.join()
        it.switch(OLD)
        row = _prove(it)

    assert row["proved"] == row["workers"] > 0
    assert it.said[0].startswith("PHP pool www: ")  # nothing was to be told of the outage


def test_an_outage_that_lasts_is_told_in_time_with_what_the_web_server_answered(rig):
    """It goes back all the same; that it could not be proved tells what asks anew."""
    with rig(kind="realpath") as it:
        servers, began = _fail_all(it), time.monotonic()
        _touch(it)
        took = time.monotonic() - began
        _mend(it, servers)
        it.switch(OLD)
        with pytest.raises(NotConfirmed, match="Finish, or Put all back, asks it anew"):
            _prove(it)

    assert took < LIMIT_S + 3
    assert it.said == ["Could not ask PHP before going back: PHP pool www on web-9 never saw our "
                       "request to /: the web server answered 503 without asking it. See in its "
                       "error log why."]
