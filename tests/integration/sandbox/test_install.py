"""Installing the sandbox's packages starts nothing, enables nothing and is over when all is there.

The script runs on a copy of this machine's file system (an overlay in a mount namespace of its
own); only apt-get is a double, which does what a package with a service does.
"""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a copy")
SCRIPT = Path(__file__).parents[2] / "sandbox/install-debian.sh"

APT_GET = """#!/bin/sh
[ "$2" = install ] || exit 0
echo "apt-get $*"
/usr/sbin/policy-rc.d nginx start
echo "may it start: $?"
echo "clusters: $(cat /etc/postgresql-common/createcluster.d/*)"
cp /bin/true /usr/sbin/nginx
wants=/etc/systemd/system/multi-user.target.wants
mkdir -p "$wants"
ln -s /lib/systemd/system/nginx.service "$wants/nginx.service"
ln -s ../init.d/nginx /etc/rc2.d/S01nginx
exit "${APT_EXIT:-0}"
"""

# What a machine without nginx, and with one service of its own, looks like.
BARE = """
rm -f /usr/sbin/nginx /etc/rc?.d/*nginx /usr/sbin/policy-rc.d
rm -f /etc/systemd/system/*/nginx.service
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -s /lib/systemd/system/own.service /etc/systemd/system/multi-user.target.wants/own.service
"""

SHOW = """
echo "policy: $(cat /usr/sbin/policy-rc.d 2>/dev/null)"
echo "left: $(ls /etc/postgresql-common/createcluster.d 2>/dev/null)"
echo "kept: $(ls /usr/sbin | grep before-sandbox)"
ls /etc/systemd/system/multi-user.target.wants /etc/rc2.d
"""


@pytest.fixture
def on_a_copy(tmp_path):
    """A function that runs shell lines, with $SCRIPT, on a copy of this machine; (code, text)."""
    (tmp_path / "apt-get").write_text(APT_GET)
    (tmp_path / "apt-get").chmod(0o755)
    shutil.copy(SCRIPT, tmp_path / "install.sh")
    inside = """
        mount -t tmpfs none "$1/over" && mkdir "$1/over/up" "$1/over/work" "$1/over/all"
        mount -t overlay none "$1/over/all" \\
            -o "lowerdir=/,upperdir=$1/over/up,workdir=$1/over/work"
        mount --rbind /dev "$1/over/all/dev" && mount -t proc none "$1/over/all/proc"
        mount -t tmpfs none "$1/over/all/run" && mkdir "$1/over/all/run/lock"
        mkdir "$1/over/all/sandbox" && chmod 755 "$1/over/all/sandbox"
        cp "$1/install.sh" "$1/apt-get" "$1/over/all/sandbox"
        exec chroot "$1/over/all" env PATH="/sandbox:$PATH" SCRIPT=/sandbox/install.sh sh -c "$2"
    """
    (tmp_path / "over").mkdir()
    apart = ["unshare", "--mount", "--pid", "--fork"]

    def run(lines):
        done = subprocess.run(
            [*apart, "sh", "-euc", inside, "sh", str(tmp_path), lines],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    return run


def test_nothing_is_done_when_all_is_there():
    """On a machine that has the programs it is over at once, for anybody, without a word."""
    began = time.monotonic()
    done = subprocess.run(["sh", SCRIPT], capture_output=True, check=True)
    assert time.monotonic() - began < 1
    assert done.stdout + done.stderr == b""


@needs_root
def test_a_missing_program_is_installed_and_its_service_neither_started_nor_enabled(on_a_copy):
    """The package is refused its start, its links are gone, the machine's own service stays."""
    code, text = on_a_copy(f"{BARE} sh $SCRIPT; {SHOW}")
    assert code == 0, text
    assert "install -y --no-install-recommends nginx-light\n" in text
    assert "may it start: 101" in text
    assert "policy: \n" in text
    assert "own.service" in text
    assert "nginx.service" not in text
    assert "S01nginx" not in text


@needs_root
@pytest.mark.parametrize("apt_exit", [0, 100])
def test_the_machines_own_policy_comes_back_whatever_apt_get_says(on_a_copy, apt_exit):
    """A policy of the administrator's is in force again, after a failure too."""
    own = "printf 'exit 7 # own' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d;"
    code, text = on_a_copy(f"{BARE} {own} APT_EXIT={apt_exit} sh $SCRIPT; echo code=$?; {SHOW}")
    assert code == 0
    assert f"code={apt_exit}" in text
    assert "may it start: 101" in text
    assert "policy: exit 7 # own" in text
    assert "kept: \n" in text
    assert "nginx.service" not in text


@needs_root
def test_postgresql_is_told_to_make_no_cluster_of_its_own(on_a_copy):
    """Only while it is installed: later packages of the machine do as its administrator says."""
    code, text = on_a_copy(f"{BARE} sh $SCRIPT; {SHOW}")
    assert code == 0, text
    assert "clusters: create_main_cluster = false\n" in text
    assert "left: \n" in text


@needs_root
def test_a_run_that_was_killed_does_not_leave_its_policy_for_ever(on_a_copy):
    """The next run takes the leftover for what it is and brings the machine's own back."""
    killed = """
        printf 'exit 7 # own' > /usr/sbin/policy-rc.d.before-sandbox
        printf '# releasemgr-sandbox\\nexit 101' > /usr/sbin/policy-rc.d
    """
    code, text = on_a_copy(f"{BARE} {killed} sh $SCRIPT; {SHOW}")
    assert code == 0
    assert "policy: exit 7 # own" in text
    assert "kept: \n" in text


@needs_root
def test_who_may_not_install_is_told_what_is_missing_in_one_sentence(on_a_copy):
    """The sentence holds the command that an administrator needs."""
    lines = "setpriv --reuid=65534 --regid=65534 --clear-groups sh $SCRIPT; echo code=$?"
    _, text = on_a_copy(f"{BARE} rm /usr/bin/shellcheck; {lines}")
    sentence, code = text.splitlines()
    assert sentence.endswith("apt-get install --no-install-recommends nginx-light shellcheck")
    assert code == "code=1"
