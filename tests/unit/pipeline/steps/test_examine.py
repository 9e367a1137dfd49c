"""What blocks a release on the doctor's page stops one, and nothing else is called so."""

import ast
from pathlib import Path
from types import SimpleNamespace

import pytest

from deployments.coherence import doctor
from deployments.coherence.doctor import Facts, diagnose
from deployments.coherence.doctor.diagnosis import LATER
from deployments.errors import StepFailed
from deployments.pipeline.steps import examine
from tests.unit.coherence.patients import RELOAD, a_pool, facts, handed_current

PRELOAD = {"preload": "/srv/shop/current/preload.php"}
FILES_ALONE = {"file_cache": "/var/cache/php", "file_cache_only": "1"}
SECOND = {"name": "api", "master_pid": 200}
RESTART = RELOAD.replace("reload", "restart")

BLOCKED = {
    # code: what is there; the strategy is set by hand where it would not stop by itself
    "unread": facts(problem="It said nothing."),
    "forwarding": facts(forwarding_problem="sshd forbids it."),
    "not-writable": facts(is_writable=False),
    "sudo": facts(strategy="fpm-restart", may={RESTART: False}),
    "no-pools": Facts(server="web-1", root="/srv/shop", strategy="fpm-restart", current="x"),
    "no-scoreboard": facts(a_pool(manager="", sapi="cgi-fcgi"), strategy="fpm-restart"),
    "two-masters": facts(handed_current(control_timeout_s=9),
                         handed_current(control_timeout_s=9, **SECOND), strategy="fpm-reload"),
    "control-timeout": facts(handed_current(control_timeout_s=9, is_config_newer=True),
                             strategy="fpm-reload"),
    "preload": facts(handed_current(ini=PRELOAD), strategy="reset"),
    "opcache-off": facts(handed_current(is_cached=False, cache={}), strategy="reset"),
    "restrict-api": facts(handed_current(is_cached=None, ini={"restrict_api": "/x"}),
                          strategy="reset"),
    "disabled-functions": facts(a_pool(ini={"disable_functions": "readlink"})),
    "realpath-ttl": facts(handed_current(ini={"realpath_cache_ttl": "0"}), strategy="realpath"),
    "open-basedir": facts(a_pool(ini={"open_basedir": "/var"})),
    "file-cache": facts(a_pool(ini=FILES_ALONE)),
    "handed-elsewhere": facts(a_pool(handed="elsewhere", handed_path="/var/www"),
                              strategy="reset"),
    "open-file-cache": facts(a_pool(handed=""), is_file_cached=True, strategy="reset"),
    "no-strategy": facts(handed_current(is_cached=False, cache={})),
    "strategy": facts(handed_current(), strategy="realpath"),
}


@pytest.fixture
def looked(monkeypatch):
    """Have the step see these facts on a server; returns what it said."""

    def look(seen, kind="deploy"):
        said = []
        monkeypatch.setattr(examine, "read", lambda ctx: seen)
        ctx = SimpleNamespace(
            known={"is_file_cached": seen.is_file_cached}, evidence={}, say=said.append,
            truth=SimpleNamespace(may_be_switched=False), plan=SimpleNamespace(kind=kind),
            target=SimpleNamespace(server="web-1", strategy=seen.strategy))
        monkeypatch.setattr(examine.Examine, "_compare", lambda self, ctx, facts: None)
        examine.Examine().run(ctx)
        return said

    return look


@pytest.mark.parametrize("code", BLOCKED)
def test_what_blocks_stops_a_release(code, looked):
    """Before anything is copied, in words that say what to do."""
    levels = [row.level for row in diagnose(BLOCKED[code]).findings if row.code == code]
    assert "blocks" in levels
    with pytest.raises(StepFailed, match=r"^web-1: "):
        looked(BLOCKED[code])


def test_it_says_which_lines_to_paste_and_where(looked):
    """In one sentence: the log and the mail have no page beside them."""
    with pytest.raises(StepFailed) as stopped:
        looked(BLOCKED["not-writable"])
    assert str(stopped.value) == (
        "web-1: deploy may not write in /srv/shop. Versions are put there. Run this as root on "
        "web-1: “chown deploy /srv/shop”.")  # other sentences follow it


def test_every_finding_that_may_block_is_among_them():
    """What is not must be decided by the steps around the look."""
    found = set()
    for path in Path(doctor.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Finding":
                level = call.args[1]
                names = {each.id for each in ast.walk(level) if isinstance(each, ast.Name)}
                if names & {"BLOCKS", "level"}:
                    found.add(call.args[0].value)
    assert found == set(BLOCKED) | LATER


@pytest.mark.parametrize("kind", ["rollback", "reload"])
def test_what_blocks_a_release_stops_no_way_out(kind, looked):
    """Going back and making PHP reload are what helps."""
    looked(BLOCKED["disabled-functions"], kind)


@pytest.mark.parametrize(("seen", "code"), [
    (facts(a_pool(), a_pool(**SECOND)), "two-masters"),
    (facts(a_pool(), a_pool(name="api", master="other")), "one-master"),
    (facts(handed_current(ini=FILES_ALONE), strategy="reset"), "file-cache"),
    (facts(groups=("deploy",)), "group"),
    (facts(has_include=True, is_file_cached=True, strategy="web-config"), "open-file-cache"),
    (facts(handed_current(ini=PRELOAD), strategy="fpm-restart", may={RESTART: True}), "preload"),
])
def test_what_a_release_can_do_with_is_not_called_blocking(seen, code, looked):
    """It goes on there, so the page must not say that it would not."""
    rows = [row for row in diagnose(seen).findings if row.level == "blocks"]
    assert code not in [row.code for row in rows]
    assert rows == []
    looked(seen)


def test_a_cache_in_files_alone_is_known_to_be_safe_with_no_strategy():
    """Nobody has measured it, whatever the web server hands to PHP."""
    found = diagnose(facts(a_pool(ini=FILES_ALONE)))
    assert found.choice == ""
    assert found.verdicts["realpath"].why.startswith("Not known: PHP (pool www) has its cache in "
                                                     "files alone")
