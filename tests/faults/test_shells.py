"""Accounts whose login shell is not sh, and that talks: a whole release goes through it."""

import os
import subprocess

import pytest

from tests.sandbox.webhost import WebHost
from tests.show import story

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can make accounts")

GREETING = "W=1 ‘hello’ $(id); `date` \\ %s\n"
# What each shell reads before a command, and how it prints the greeting there.
START = {
    "/usr/bin/tcsh": (".cshrc", "cat $HOME/greeting\necho 'set' >> $HOME/was-read\n"),
    "/usr/bin/fish": (".config/fish/config.fish", "cat ~/greeting\necho set >> ~/was-read\n"),
    "/bin/rbash": (".bashrc", "cat ~/greeting\necho set | tee -a ~/was-read\n"),
}


def _settle_in(host, shell):
    """Give the account this shell, with start-up files that greet whoever comes."""
    name, text = START[shell]
    home = host.account.home
    (home / "greeting").write_text(GREETING * 20)
    rc = home / name
    rc.parent.mkdir(parents=True, exist_ok=True)
    rc.write_text(text)
    subprocess.run(["chown", "-R", host.ssh_user, home], check=True)
    subprocess.run(["usermod", "--shell", shell, host.ssh_user], check=True)
    return home / "was-read"


@pytest.mark.parametrize("shell", START)
def test_a_release_and_a_way_back_work_in_any_login_shell(show, shell, tmp_path):
    """csh, fish and a restricted bash, each greeting at length, behind a banner of sshd."""
    banner = tmp_path / "banner"
    banner.write_text(GREETING * 50)
    with WebHost("web-1", ssh_options=(f"Banner {banner}",)) as host:
        was_read = _settle_in(host, shell)
        show.project.server_commands.create(
            command="echo 'it'\"'\"'s !done\\n' $HOME", moment="after", limit_s=10)
        show.on(host)

        releases = [show.release("v1.0"), show.release("v2.0"), show.go_back()]

        assert was_read.exists()
        for deployment in releases:
            assert deployment.status == "succeeded", story(deployment)
        assert "it's !done" in story(releases[-1])
