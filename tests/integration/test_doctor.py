"""The doctor as people meet it: rows, tasks and real servers, before and after a first release."""

import pytest

from deployments import tasks
from deployments.models import Checkup, Installation
from deployments.services import checkups
from tests.integration.test_web_servers import staged
from tests.sandbox.webhost import WebHost
from tests.show import story

NO_TUNNELS = ("AllowTcpForwarding no", "AllowStreamLocalForwarding no")


def examined(show):
    """Press *Examine again*, let the worker work; the answered Checkup."""
    (asked,) = checkups.ask(show.admin, show.environment)
    tasks.examine(asked.pk)
    checkup = Checkup.objects.get(pk=asked.pk)
    assert checkup.answered_at
    for row in checkup.findings:
        print(f"{row['level']}: {row['title']}\n  {row['why']}\n  {row['todo']} {row['lines']}")
    print(f"-> {checkup.choice or 'none'}: {checkup.reason} {checkup.problem}")
    return checkup


def finding(checkup, code):
    return next(row for row in checkup.findings if row["code"] == code)


def test_auto_from_the_first_look_to_a_release_that_a_change_stopped(show):
    """A new host is examined, released to, examined again, changed, stopped, examined, released."""
    with WebHost("web-1", kind="stale") as host:
        show.on(host, strategy="auto", php_door="fastcgi")
        assert examined(show).choice == "reset"
        first = show.release("v1.0")
        assert first.status == "succeeded", story(first)
        chosen = first.targets.get().evidence["strategy_chosen"]
        assert chosen["strategy"] == "reset"
        assert "handed-current" in [row["code"] for row in examined(show).findings]

        host.fpm.ini["opcache.revalidate_path"] = "1"
        host.fpm.reload()
        stopped = show.release("v2.0")
        assert stopped.status == "failed", story(stopped)
        assert "opcache.revalidate_path was 0, is 1" in stopped.result
        assert "Visitors still see v1.0" in stopped.result or "v1.0" in stopped.result

        known = examined(show)
        assert "PHP pool www: opcache.revalidate_path was 0, is 1" in known.changes
        second = show.release("v2.0")
        assert second.status == "succeeded", story(second)


@pytest.mark.parametrize(("server", "kind", "choice"), [
    ("nginx", "web-config", "web-config"), ("apache", "entry", "front-controller"),
    ("apache", "stale", "reset"),
])
def test_web_servers_are_recognised_by_what_they_hand_to_php(show, server, kind, choice):
    """nginx with our included file; our entry behind Apache; mod_php, which has no scoreboard."""
    with staged(show, kind=kind, server=server) as (host, _):
        released = show.release("v1.0")
        assert released.status == "succeeded", story(released)
        Installation.objects.update(strategy="auto")
        checkup = examined(show)
        assert checkup.choice == choice, checkup.verdicts
        assert not [row for row in checkup.findings if row["level"] == "blocks"]
        assert not list(host.root.rglob("releasemgr-check-*"))


def test_what_ssh_forbids_and_a_certificate_that_ended_are_told(show, settings):
    """Both stand in the way of every release; each with what to change."""
    with WebHost("web-2", kind="stale", https=True, ssh_options=NO_TUNNELS) as host:
        settings.SITE_CA_FILE = str(host.ca)
        show.on(host, ask_address=host.https_address, is_https=True, asked_over="direct",
                php_door="fastcgi")
        checkup = examined(show)
        row = finding(checkup, "forwarding")
        assert row["level"] == "blocks"
        assert "    AllowStreamLocalForwarding yes" in row["lines"]
        assert finding(checkup, "certificate")["level"] == "fine"
        assert checkup.choice == ""

        host.nginx.servers = [text.replace(str(host.certificate.certificate),
                                           str(host.certificate.expired))
                              for text in host.nginx.servers]
        host.nginx.reload()
        row = finding(examined(show), "certificate")
        assert row["level"] == "blocks"
        assert "expired" in row["why"]


def test_a_server_that_cannot_be_reached_is_an_answer(show):
    """One sentence that says what to do; the installation can be corrected then."""
    with WebHost("web-1", kind="realpath") as host:
        show.on(host)
        host.sshd.stop()
        checkup = examined(show)
    assert "refuses connections; start its SSH service or correct the port." in checkup.problem
    assert checkups.blocked([show.environment])
