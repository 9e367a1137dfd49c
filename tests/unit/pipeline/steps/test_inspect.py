"""What a server says of itself before anything is done there."""

from types import SimpleNamespace

from deployments import clock
from deployments.pipeline.context import Release, StepContext, Truth
from deployments.pipeline.steps.inspect import Inspect
from deployments.remote.printer import PrinterConnection


def inspect(live, **truth):
    """Look at a server where `live` is current; return what was said, and what is known now."""
    answer = {"previous": f"releases/{live}", "previous_marker": live, "placed": "1",
              "free_kb": "9", "free_inodes": "8", "identity": "i", "user": "u", "host": "h",
              "epoch": str(int(clock.now_s()))}
    said = []
    plan = SimpleNamespace(digest="d" * 64, kind="deploy", size_bytes=1, files=1, entries=(),
                           pools=())
    ctx = StepContext(
        plan=plan, target=SimpleNamespace(server="web-1", root="/srv/shop", php_door="fastcgi",
                                          pools=(), web_group="www-data"),
        deployment=17, fence=5, older=None, host=None, control_name="c", control_php="",
        release=Release("r9", None), endpoint_key=None, ca_file="", proof_limit_s=1,
        say=said.append, connection=PrinterConnection({"inspect.sh": answer}),
        truth=Truth(was_placed=False, **truth))
    ctx.site = SimpleNamespace(release_name="")
    Inspect().run(ctx)
    return said, ctx.truth


def test_the_log_says_what_is_live_when_it_is_asked():
    """A lost worker's successor remembers what was live before, but the log is no memory."""
    said, truth = inspect("r9", is_known=True, previous="releases/r8", previous_name="r8")
    assert said == ["Live: releases/r9; 9 KB and 8 files free"]
    assert (truth.previous, truth.previous_name) == ("releases/r8", "r8")
