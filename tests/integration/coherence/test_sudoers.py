"""Commands that need root: what the printed lines allow, and that they allow nothing else."""

import os
import subprocess

import pytest
from django.core.exceptions import ValidationError

from deployments.models.installation import validate_test
from deployments.remote.local import LocalConnection
from deployments.sudoers import sudoers_line, sudoers_lines
from deployments.sudoers import test_line as line_of_test
from tests.sandbox.accounts import Account
from tests.sandbox.daemons import open_folder, remove_folder
from tests.sandbox.services import SUDOERS, Services

COMMANDS = (("reload", "php8.2-fpm"), ("restart", "php8.2-fpm"), ("reload", "nginx"),
            ("reload", "php@8.2_fpm.service"))


@pytest.fixture(scope="module")
def account():
    with Account(groups=()) as account:
        yield account


@pytest.fixture
def services():
    folder = open_folder()
    with Services(folder) as services:
        for name in ("php8.2-fpm", "nginx", "postgresql", "php@8.2_fpm.service"):
            services.add(name, reload=lambda: None, restart=lambda: None)
        yield services
    remove_folder(folder)


def run(account, services, *words):
    """Run `sudo -n PROGRAM WORDS…` as the account; return how it ended."""
    return subprocess.run(
        ["sudo", "-n", str(services.program), *words], user=account.uid, group=account.gid,
        extra_groups=[], cwd="/", capture_output=True, text=True)


def script(account, services, verb, service, *, root, fence="1"):
    line = sudoers_line(account.name, str(services.program), verb, service)
    with LocalConnection(account.name) as connection:
        return connection.run_script(
            "service.sh", str(root), fence, str(services.program), verb, service, line,
            timeout_s=20), line


@pytest.fixture
def root(account):
    folder = open_folder()
    os.chown(folder, account.uid, account.gid)
    yield folder
    remove_folder(folder)


def test_the_printed_lines_allow_exactly_their_commands(account, services):
    """Another service, another verb, one more argument, no argument: all refused."""
    services.allow(sudoers_lines(account.name, str(services.program), COMMANDS))
    for command in COMMANDS:
        assert run(account, services, *command).returncode == 0
    assert services.calls == list(COMMANDS)
    for words in (("reload", "postgresql"), ("stop", "nginx"), ("restart", "nginx"),
                  ("reload", "nginx", "postgresql"), ("reload", "nginx "), ("reload",), ()):
        refused = run(account, services, *words)
        assert refused.returncode == 1, words
        assert "password is required" in refused.stderr
    assert len(services.calls) == len(COMMANDS)


def test_nothing_of_it_is_left_behind(account, services):
    """The file in /etc/sudoers.d goes with the sandbox."""
    path = services.allow(sudoers_lines(account.name, str(services.program), COMMANDS))
    assert path.parent == SUDOERS
    assert path.exists()
    services.forbid()
    assert not path.exists()
    assert run(account, services, "reload", "nginx").returncode == 1


def test_a_missing_right_is_one_sentence_with_the_line_to_paste(account, services, root):
    """Asked before anything is switched; and with that very line it works."""
    answer, line = script(account, services, "reload", "nginx", root=root, fence="")
    assert answer.exit_code == 82
    assert answer.stderr.strip() == (
        f"{account.name} may not run '{services.program} reload nginx' as root on this server. "
        "Let an administrator run 'visudo -f /etc/sudoers.d/releasemgr' there and add this "
        f"line: '{line}'.")  # other sentences follow it on the pages
    services.allow([line])
    asked, _ = script(account, services, "reload", "nginx", root=root, fence="")
    assert (asked.exit_code, asked.values, services.calls) == (0, {"may": "1"}, [])
    done, _ = script(account, services, "reload", "nginx", root=root)
    assert (done.exit_code, done.values["carried_out"]) == (0, "reload")
    assert services.calls == [("reload", "nginx")]


def test_a_right_that_asks_for_a_password_is_none(account, services, root):
    """`sudo -l` alone would say yes."""
    line = sudoers_line(account.name, str(services.program), "reload", "nginx")
    other = sudoers_line(account.name, str(services.program), "reload", "postgresql")
    services.allow([line.replace("NOPASSWD: ", ""), other])
    answer, _ = script(account, services, "reload", "nginx", root=root, fence="")
    assert answer.exit_code == 82


def test_a_service_that_is_not_there_is_told_in_the_managers_words(account, services, root):
    """What it says reaches the log."""
    services.allow([sudoers_line(account.name, str(services.program), "reload", "php7.4-fpm")])
    answer, _ = script(account, services, "reload", "php7.4-fpm", root=root)
    assert answer.exit_code == 74
    assert "Unit php7.4-fpm not found" in answer.stderr


def test_a_worker_that_was_replaced_reloads_nothing(account, services, root):
    """The fence is looked at before sudo is called."""
    services.allow([sudoers_line(account.name, str(services.program), "reload", "nginx")])
    script(account, services, "reload", "nginx", root=root, fence="7")
    answer, _ = script(account, services, "reload", "nginx", root=root, fence="6")
    assert answer.exit_code == 76
    assert len(services.calls) == 1


@pytest.mark.parametrize("parts", [
    ("deploy", "/bin/systemctl", "reload", "nginx, /bin/sh"),
    ("deploy", "/bin/systemctl", "reload", "*"),
    ("deploy", "/bin/systemctl", "stop", "nginx"),
    ("deploy", "systemctl", "reload", "nginx"),
    ("deploy", "/bin/sys temctl", "reload", "nginx"),
    ("ALL, deploy", "/bin/systemctl", "reload", "nginx"),
    ("deploy", "/bin/systemctl", "reload", "nginx\n"),
    ("deploy", "/bin/systemctl", "reload", "-H"),
    ("ALL", "/bin/systemctl", "reload", "nginx"),
    ("ADMINS", "/bin/systemctl", "reload", "nginx"),
    ("deploy", "/bin/", "reload", "nginx"),
    ("deploy", "/bin/../tmp/systemctl", "reload", "nginx"),
])
def test_no_line_says_more_than_one_command(parts):
    """Nothing that sudo would read as another command, another user or a wildcard."""
    with pytest.raises(ValueError, match="No command for sudo"):
        sudoers_line(*parts)


BAD_TESTS = (
    "/usr/sbin/nginx", "/usr/sbin/", "/usr/sbin/ -t", "/usr/sbin/nginx ",
    "/usr/sbin/nginx -t /etc/",
    "/usr/sbin/../../tmp/nginx -t", "/usr/sbin/./nginx -t", "/usr//sbin/nginx -t", "nginx -t",
    "/usr/sbin/nginx -t *", "/usr/sbin/nginx -t, ALL", "/usr/sbin/nginx -t\n",
    "/usr/sbin/nginx  -t",
    "/usr/sbin/nginx -c ../own.conf", '/usr/sbin/nginx ""', "")


@pytest.mark.parametrize("command", BAD_TESTS)
def test_no_line_for_a_test_allows_more_than_that_test(command):
    """A program without arguments may be run with any, a folder stands for all that is in it: the
    line, the form and the server's scripts refuse both."""
    with pytest.raises(ValueError, match="No command for sudo"):
        line_of_test("deploy", command)
    if command:  # empty: the usual test
        with pytest.raises(ValidationError):
            validate_test(command)
    with LocalConnection() as connection:
        assert connection.run_script("rights.sh", command, timeout_s=20).exit_code == 64
        assert connection.run_script(
            "webconf.sh", "/srv/none", "1", "nginx", command, "-", timeout_s=20).exit_code == 64


@pytest.mark.parametrize("user", ["ALL", "ADMINS", "%wheel", "#0", "!deploy", "deploy, ALL"])
def test_no_line_for_a_test_names_more_than_one_user(user):
    """Capitals alone are an alias."""
    with pytest.raises(ValueError, match="No command for sudo"):
        line_of_test(user, "/usr/sbin/nginx -t")


@pytest.mark.parametrize("command", [
    "/usr/sbin/nginx -t", "/usr/sbin/apache2ctl configtest",
    "/usr/sbin/nginx -t -c /etc/nginx/nginx.conf"])
def test_usual_tests_have_a_line(command):
    """The form and the scripts take them as well."""
    assert line_of_test("Deploy", command) == f"Deploy ALL=(root) NOPASSWD: {command}"
    validate_test(command)
    with LocalConnection() as connection:
        answer = connection.run_script("rights.sh", command, timeout_s=20)
    assert answer.values["right"].endswith(command)
