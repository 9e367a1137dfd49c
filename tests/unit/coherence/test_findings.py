"""What the doctor says about a machine: levels, sentences, and lines that can be pasted."""

from dataclasses import replace

import pytest

from deployments.coherence.doctor import diagnose
from deployments.coherence.doctor.changes import compare
from tests.unit.coherence.patients import RELOAD, a_pool, facts, handed_current

MACHINE = {
    # code: (what is wrong, level, a line to paste or "")
    "forwarding": ({"forwarding_problem": "sshd forbids it."}, "blocks",
                   "    AllowStreamLocalForwarding yes"),
    "group": ({"groups": ("deploy",)}, "warns", "usermod --append --groups www-data deploy"),
    "not-writable": ({"is_writable": False}, "blocks", "chown deploy /srv/shop"),
    "inodes": ({"free_inodes": 10}, "blocks", "du --inodes -xd 3 /srv/shop | sort -n | tail"),
    "certificate": ({"certificate_days": 5}, "warns", "certbot renew --dry-run"),
    "clock": ({"clock_s": 40}, "warns", "timedatectl set-ntp true"),
    "open-file-cache": ({"is_file_cached": True}, "blocks", "open_file_cache off;"),
    "left-running": ({"left_running": (
        "php artisan queue:work --tries=3", "php /srv/shop/current/bin/console messenger:consume a",
    )}, "warns", "php artisan queue:restart"),
    "unread": ({"problem": "It said nothing."}, "blocks", ""),
}


def one(found, code):
    rows = [row for row in found.findings if row.code == code]
    assert len(rows) == 1, [row.code for row in found.findings]
    return rows[0]


@pytest.mark.parametrize("code", MACHINE)
def test_a_problem_of_the_machine_is_told(code):
    """One finding with its level; its lines go into a file that the sentence names."""
    wrong, level, line = MACHINE[code]
    row = one(diagnose(facts(**wrong)), code)
    assert row.level == level
    assert not line or line in row.lines
    assert row.why
    assert row.todo


def test_a_well_server_has_nothing_to_do():
    """No finding asks for anything."""
    assert [row.title for row in diagnose(facts()).findings if row.level != "fine"] == []


def test_every_finding_that_asks_for_something_says_what_to_do():
    """Title, why it matters, what to do: an office manager and an operator can act on it."""
    ill = facts(
        handed_current(ini={"jit_buffer_size": "64M", "revalidate_path": "1", "use_cwd": "0",
                            "realpath_cache_ttl": "0", "force_restart_timeout": "5",
                            "file_cache": "/tmp", "file_update_protection": "60",
                            "disable_functions": "readlink, exec"}, queued=3, manager="static",
                       workers=1, longest_s=40, rights="666 www-data www-data world",
                       cache={"used": 9, "free": 9, "scripts": 1, "keys": 9, "max_keys": 10}),
        a_pool(name="api", master="other", master_pid=100),
        **{name: value for wrong, _, _ in MACHINE.values() for name, value in wrong.items()})
    rows = diagnose(ill).findings
    assert len(rows) > 20
    for row in rows:
        assert row.title[-1] not in ".!"
        assert row.why[-1] in ".!?"
        assert row.level == "fine" or row.todo or row.code == "strategy"
        assert not row.lines or row.todo
    assert [row.level for row in rows] == sorted(
        (row.level for row in rows), key=("blocks", "warns", "fine").index)


def test_a_link_that_is_gone_is_no_first_release():
    """A version was live, so somebody took the link away: that is to be looked at, and mended."""
    pool = a_pool(handed="", handed_path="")
    first = diagnose(facts(pool, current=""))
    assert "No version is live here yet." in one(first, "handed-unknown").why
    assert "current-gone" not in [row.code for row in first.findings]
    gone = diagnose(facts(pool, current="", was_live="v1.0"))
    row = one(gone, "current-gone")
    assert (row.level, row.title) == (
        "warns", "/srv/shop/current is gone, although v1.0 was live there")
    assert "release v1.0 again" in row.todo
    assert not any("live here yet" in row.why for row in gone.findings)


@pytest.mark.parametrize("current", ["releases/1", ""])
def test_what_to_do_is_something_to_do(current):
    """Not the bare sentence that nothing is known to be safe."""
    found = diagnose(facts(handed_current(is_cached=False, cache={}), strategy="reset",
                           current=current))
    for row in found.findings:
        assert not row.todo.startswith("No strategy is known"), row


def test_a_full_disk_blocks_and_a_nearly_full_one_warns():
    """Measured against what one more version takes there."""
    assert one(diagnose(facts(free_kb=19_000)), "disk").level == "blocks"
    assert one(diagnose(facts(free_kb=50_000)), "disk").level == "warns"
    assert "disk" not in [row.code for row in diagnose(facts()).findings]


def test_a_wrong_clock_blocks_where_requests_are_signed():
    """The guarded endpoint takes nothing older than 30 s."""
    assert one(diagnose(facts(clock_s=-40, door="endpoint")), "clock").level == "blocks"


def test_a_certificate_that_is_not_valid_blocks():
    """No page could be checked."""
    row = one(diagnose(facts(certificate_problem="It ended.", certificate_days=None)),
              "certificate")
    assert (row.level, row.why) == ("blocks", "It ended.")


def test_a_web_server_that_does_not_answer_is_no_matter_of_certificates():
    """None was seen: the address or the service is to be put right."""
    row = one(diagnose(facts(web_problem="web-1 cannot open 127.0.0.1:443.",
                             certificate_days=None)), "certificate")
    assert (row.level, row.why) == ("blocks", "web-1 cannot open 127.0.0.1:443.")
    assert row.title.startswith("No web server answers")
    assert "Correct the address" in row.todo
    assert "Renew" not in row.todo


def test_the_line_of_sudoers_is_the_one_that_the_release_uses():
    """Told where a reload is the strategy, and only while it is missing."""
    given = facts(handed_current(control_timeout_s=10), strategy="fpm-reload")
    assert "sudo" not in [row.code for row in diagnose(given).findings]
    row = one(diagnose(replace(given, may={RELOAD: False})), "sudo")
    assert row.lines == (f"deploy ALL=(root) NOPASSWD: {RELOAD}",)
    assert "/etc/sudoers.d/releasemgr" in row.todo


def test_a_setting_of_the_web_server_needs_its_test_too():
    """Both commands, each with its line."""
    given = facts(has_include=True, strategy="web-config", may={
        "/usr/bin/systemctl reload nginx": False, "/usr/sbin/nginx -t": False})
    assert one(diagnose(given), "sudo").lines == (
        "deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload nginx",
        "deploy ALL=(root) NOPASSWD: /usr/sbin/nginx -t")


def test_a_user_that_sudo_would_read_as_an_alias_gets_no_line():
    """The finding says so; the other findings are there all the same."""
    given = facts(handed_current(control_timeout_s=10), strategy="fpm-reload", user="ADMINS")
    row = one(diagnose(replace(given, may={RELOAD: False})), "sudo")
    assert (row.lines, "SSH user" in row.todo) == ((), True)


def test_a_hidden_service_is_told_of_php_fpm_alone():
    """mod_php has none; saying so would send people after nothing."""
    hidden = handed_current(master_pid=None)
    assert one(diagnose(facts(hidden)), "hidden-master").level == "warns"
    inside = facts(handed_current(master_pid=None, sapi="apache2handler", manager="prefork"))
    assert "hidden-master" not in [row.code for row in diagnose(inside).findings]
    assert "counted over SSH" in one(diagnose(inside), "mod-php").why


def test_what_a_strategy_does_without_blocks_nothing():
    """OPcache that is off or closed to us stops a reset, and no reload."""
    closed = handed_current(is_cached=None, control_timeout_s=10,
                            ini={"restrict_api": "/nowhere", "realpath_cache_ttl": "0"})
    found = diagnose(facts(closed))
    assert found.choice == "fpm-reload"
    assert one(found, "restrict-api").level == one(found, "realpath-ttl").level == "warns"
    assert one(diagnose(facts(closed, strategy="reset")), "restrict-api").level == "blocks"


def test_apache_gets_the_lines_of_the_strategy_without_old_pages():
    """With the public folder of this project."""
    given = facts(handed_current(sapi="apache2handler", manager="prefork"), web_server="apache",
                  door="endpoint", public_folder="web")
    assert one(diagnose(given), "handed-current").lines == (
        "Include /srv/shop/.releasemgr/web.conf", "DocumentRoot ${RELEASE_ROOT}/web")


CHANGES = {
    "PHP pool www: opcache.validate_timestamps was 0, is 1": {"ini": {"validate_timestamps": "1"}},
    "PHP pool www: open_basedir was empty, is /srv": {"ini": {"open_basedir": "/srv"}},
    "PHP pool www: PHP was 8.2, is 8.3": {"php": "8.3.1"},
    "PHP pool www: what the web server hands it was the version's own folder, is the link "
    "current": {"handed": "current"},
    "PHP pool www: OPcache was on, is off": {"is_cached": False},
    "PHP pool www: process_control_timeout was 0 s, is 10 s": {"control_timeout_s": 10},
    "PHP pool www: pm was dynamic, is ondemand": {"manager": "ondemand"},
}


@pytest.mark.parametrize("sentence", CHANGES)
def test_a_change_that_decides_about_caches_is_one_sentence(sentence):
    """It stops a release, so it names the setting with both values."""
    assert compare(facts(), facts(a_pool(**CHANGES[sentence]))) == [sentence]


@pytest.mark.parametrize("over", [
    {"php": "8.2.99"}, {"master_pid": 7}, {"longest_s": 9}, {"workers": 9}, {"queued": 4},
    {"cache": {"used": 1}}, {"handed": ""}, {"control_timeout_s": None}, {"is_cached": None},
    {"handed_path": "/srv/shop/releases/2"}, {"problem": "It does not answer."},
])
def test_what_changes_all_the_time_and_what_was_not_read_are_no_difference(over):
    """Else every release would be stopped for nothing."""
    assert compare(facts(), facts(a_pool(**over))) == []


def test_pools_services_and_rights_are_compared_too():
    """A pool that went, services that were divided, a right that was taken."""
    one_pool, two = facts(), facts(a_pool(), a_pool(name="api"))
    assert compare(one_pool, two) == ["PHP pool api is new"]
    assert compare(two, one_pool) == ["PHP pool api is gone"]
    divided = facts(a_pool(), a_pool(name="api", master_pid=200))
    assert compare(two, divided) == ["which PHP pools share one PHP-FPM service changed"]
    assert compare(one_pool, facts(may={RELOAD: False})) == [
        f"deploy may not run “{RELOAD}” as root now"]
    assert compare(one_pool, facts(may={})) == []
    assert compare(one_pool, facts(is_file_cached=True)) == [
        "the web server keeps replaced files now"]


@pytest.mark.parametrize(("strategy", "level"), [
    ("reset", "warns"), ("realpath", "warns"), ("apache-graceful", "fine")])
def test_kept_connections_hold_children_of_apache_where_they_are_waited_for(strategy, level):
    """With Apache's defaults a release may stop before the switch; one strategy waits for none."""
    inside = facts(handed_current(sapi="apache2handler", manager="prefork"), strategy=strategy,
                   web_server="apache")
    row = one(diagnose(inside), "mod-php")
    assert row.level == level
    assert "KeepAliveTimeout 1" in row.lines
