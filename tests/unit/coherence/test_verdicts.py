"""Which strategy is safe where, and that nothing unknown ever makes one safe."""

from dataclasses import replace

import pytest

from deployments.coherence.doctor import Facts, diagnose
from deployments.coherence.doctor.verdicts import FAILS, FITS, JUDGES, UNKNOWN
from deployments.models.installation import STRATEGIES
from tests.unit.coherence.patients import RELOAD, a_pool, facts, handed_current

PRELOAD = {"preload": "/srv/shop/current/preload.php"}


def mod_php(**over):
    fields = {"sapi": "apache2handler", "manager": "prefork", "master": "apache2",
              "master_pid": None, "control_timeout_s": None}
    return handed_current(**fields | over)


CASES = {
    "real paths": (facts(), "realpath"),
    "the link": (facts(handed_current()), "reset"),
    "one of two pools the link": (
        facts(a_pool(), handed_current(name="api")), "reset"),
    "our entry": (facts(a_pool(handed="entry", handed_path="/srv/shop/.releasemgr/entry")),
                  "front-controller"),
    "preload, patient reload": (
        facts(handed_current(ini=PRELOAD, control_timeout_s=10)), "fpm-reload"),
    "preload, default reload": (facts(handed_current(ini=PRELOAD)), ""),
    "preload, reload shorter than a request": (
        facts(handed_current(ini=PRELOAD, control_timeout_s=10, longest_s=12)), ""),
    "preload, no right": (
        facts(handed_current(ini=PRELOAD, control_timeout_s=10), may={RELOAD: False}), ""),
    "preload on real paths": (facts(a_pool(ini=PRELOAD, control_timeout_s=10)), ""),
    "preload that looks at files": (
        facts(handed_current(ini=PRELOAD | {"validate_timestamps": "1"}, control_timeout_s=10)),
        ""),
    "preload of one version's own file": (
        facts(handed_current(ini={"preload": "/srv/shop/releases/1/p.php"},
                             control_timeout_s=10)), ""),
    "the link, no OPcache, patient reload": (
        facts(handed_current(is_cached=False, cache={}, control_timeout_s=10)), "fpm-reload"),
    "the link, no OPcache": (facts(handed_current(is_cached=False, cache={})), ""),
    "real paths, no OPcache": (facts(a_pool(is_cached=False, cache={})), "realpath"),
    "two services under one name": (
        facts(handed_current(), handed_current(name="api", master_pid=200)), ""),
    "mod_php": (facts(mod_php(), web_server="apache", door="endpoint"), "reset"),
    "mod_php without OPcache, Apache may be reloaded": (
        facts(mod_php(is_cached=False, cache={}), web_server="apache", door="endpoint",
              may={"/usr/bin/systemctl reload apache2": True}), "apache-graceful"),
    "mod_php that preloads, Apache may be reloaded": (
        facts(mod_php(ini=PRELOAD), web_server="apache", door="endpoint",
              may={"/usr/bin/systemctl reload apache2": True}), "apache-graceful"),
    "mod_php that preloads, no right": (
        facts(mod_php(ini=PRELOAD), web_server="apache", door="endpoint",
              may={"/usr/bin/systemctl reload apache2": False}), ""),
    "mod_php that preloads and looks at files": (
        facts(mod_php(ini=PRELOAD | {"validate_timestamps": "1"}), web_server="apache",
              door="endpoint", may={"/usr/bin/systemctl reload apache2": True}), ""),
    "our included file": (
        facts(has_include=True, may={"/usr/bin/systemctl reload nginx": True,
                                     "/usr/sbin/nginx -t": True}), "web-config"),
    "our included file without rights": (facts(has_include=True), ""),
    "our included file, which names the link still": (
        facts(handed_current(), has_include=True), "reset"),
    "PHP before 7.3": (facts(handed_current(manager="")), ""),
    "a web server that keeps files open": (facts(is_file_cached=True), ""),
    "the same with our included file": (
        facts(is_file_cached=True, has_include=True, may={
            "/usr/bin/systemctl reload nginx": True, "/usr/sbin/nginx -t": True}), "web-config"),
    "a silent pool": (facts(a_pool(problem="It does not answer.")), ""),
    "first release": (facts(a_pool(handed="", handed_path=""), current=""), "reset"),
    "no PHP": (replace(facts(), pools=(), door="none"), "none"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_choice(name):
    """The ranked recommendation of what was measured."""
    given, choice = CASES[name]
    found = diagnose(given)
    assert found.choice == choice, found.whys
    assert found.reason
    assert (choice == "") == any(row.code == "no-strategy" for row in found.findings)


def test_every_strategy_gets_a_verdict():
    """What an administrator may set, but “auto”, the doctor judges."""
    assert set(JUDGES) == {name for name, _ in STRATEGIES} - {"auto"}


@pytest.mark.parametrize("name", CASES)
def test_a_restart_is_never_safe_and_never_chosen(name):
    """Visitors see errors: only a person may want that."""
    found = diagnose(CASES[name][0])
    assert found.choice != "fpm-restart"
    assert found.verdicts["fpm-restart"].why


@pytest.mark.parametrize("pool", [
    {"handed": "", "handed_path": "", "is_cached": None, "control_timeout_s": None},
    {"problem": "It does not answer."},
])
def test_what_could_not_be_read_makes_no_strategy_safe(pool):
    """Each is failing or not known; “safe” needs every fact."""
    found = diagnose(facts(a_pool(**pool), may={}, has_include=None))
    assert found.choice == ""
    assert not [name for name, verdict in found.verdicts.items() if verdict.sort == FITS]


def test_where_our_included_file_names_the_folder_nothing_else_is_known_to_be_safe():
    """Measured: after a reset or a reload PHP is handed the old folder all the same."""
    given = facts(a_pool(control_timeout_s=10), has_include=True)
    found = diagnose(replace(given, may=given.may | {"/usr/bin/systemctl reload nginx": True,
                                                     "/usr/sbin/nginx -t": True}))
    for name in ("realpath", "reset", "fpm-reload"):
        assert found.verdicts[name].sort == UNKNOWN, name
    assert "the file that “web-config” writes names the folder" in found.verdicts["reset"].why
    assert found.choice == "web-config"


@pytest.mark.parametrize("given", [
    facts(is_file_cached=True), facts(has_include=True),
    facts(a_pool(ini=PRELOAD, control_timeout_s=10)),
])
def test_a_restart_is_not_left_to_a_person_where_it_would_not_help(given):
    """Old styles, an old folder, mixed pages: none of them comes from PHP's own cache."""
    assert diagnose(given).verdicts["fpm-restart"].sort in (FAILS, UNKNOWN)


def test_php_inside_apache_is_not_left_to_a_person_to_restart():
    """There is no PHP-FPM; whoever chose it would learn that before the switch."""
    inside = a_pool(sapi="apache2handler", manager="prefork", master="apache2")
    verdict = diagnose(facts(inside, door="endpoint")).verdicts["fpm-restart"]
    assert (verdict.sort, "no PHP-FPM to restart" in verdict.why) == (FAILS, True)


def test_hidden_masters_keep_pools_of_one_name_from_a_confident_reset():
    """Two pools may be two services; one alone cannot be."""
    hidden = handed_current(master_pid=None)
    two = diagnose(facts(hidden, replace(hidden, name="api")))
    assert two.verdicts["reset"].sort == UNKNOWN
    assert diagnose(facts(hidden)).choice == "reset"


def test_facts_survive_the_database_and_later_versions():
    """What comes back equals what went in; columns of another version are left out."""
    given = facts(a_pool(), handed_current(name="api"), left_running=("php worker",))
    assert Facts.from_json(given.as_json() | {"later": 1}) == given


def test_a_strategy_that_is_set_is_judged_as_such():
    """Wrong blocks and names a better one; unknown warns; by hand is said; right is fine."""
    given = facts(handed_current())

    def about(strategy, **over):
        rows = diagnose(replace(given, strategy=strategy, **over)).findings
        return next(row for row in rows if row.code == "strategy")

    assert about("realpath").level == "blocks"
    assert "choose “reset”" in about("realpath").todo
    assert about("reset").level == "fine"
    assert about("fpm-restart").level == "warns"
    unseen = about("realpath", current="", pools=(a_pool(handed="", handed_path=""),))
    assert unseen.level == "warns"
