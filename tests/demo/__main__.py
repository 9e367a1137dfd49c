"""`python -m tests.demo [--once]`: two real web servers, the release manager, a first release.

Stays until Ctrl-C; with `--once` it releases twice, goes back under traffic, and exits 0 or 1, its
last line `demo: D deployments proved, R requests, failed=0, stale=0, mixed=0`.
"""

import argparse
import contextlib
import signal
import sys
import threading

from tests.demo.house import House
from tests.sandbox.daemons import open_folder, remove_folder
from tests.sandbox.site import SiteRepository
from tests.sandbox.traffic import Traffic
from tests.sandbox.webhost import WebHost

QUIET_REQUESTS = 200
"""Requests between two deployments: enough to see a page that stays old."""


def main():
    """Run the demo; return the exit code."""
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--once", action="store_true", help="do not stay; count wrong pages")
    once = parser.parse_args().once
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` would ignore it
    with contextlib.ExitStack() as stack:
        folder = open_folder("releasemgr-demo-site-")
        stack.callback(remove_folder, folder)
        repository = SiteRepository(folder).create()
        print("demo: starting two web servers, the release manager and its worker …", flush=True)
        hosts = [stack.enter_context(WebHost("web-1", kind="realpath")),
                 stack.enter_context(WebHost("web-2", kind="stale"))]
        house = stack.enter_context(House(_tell_of_mail))
        play = _set_the_stage(repository, hosts)
        return _once(play, hosts) if once else _stay(play, hosts, house)


def _tell_of_mail(mail):
    """What a person who had asked for it would find in the mailbox."""
    print(f"demo: mail to {mail['To']}: {mail['Subject']}", flush=True)


def _set_the_stage(repository, hosts):
    import django

    django.setup()  # only now: House has set the environment that settings read
    from tests.demo.play import Play

    return Play(repository, hosts)


def _once(play, hosts):
    from tests.demo.play import GaveUp

    proved, gave_up, traffic = 0, False, Traffic(hosts)
    try:
        _say(play.release("v1.0"))
        proved += 1
        with traffic:
            traffic.wait_for(QUIET_REQUESTS)
            for act in (lambda: play.release("v2.0"), play.go_back):
                deployment = act()
                for host in hosts:
                    traffic.mark(host.name, deployment.release.name)
                proved += 1
                _say(deployment)
                traffic.wait_for(QUIET_REQUESTS)
                for host in hosts:
                    traffic.unmark(host.name)
    except (GaveUp, TimeoutError) as problem:
        print(f"demo: {problem}", file=sys.stderr, flush=True)
        gave_up = True
    counts = traffic.counts()
    print(f"demo: {proved} deployments proved, {counts}", flush=True)
    return 0 if counts.clean and not gave_up else 1


def _say(deployment):
    print(f"demo: {deployment.result}", flush=True)


KINDS = {"realpath": "nginx resolves the link for each request",
         "stale": "PHP keeps old pages until its cache is reset"}


def _stay(play, hosts, house):
    _say(play.release("v1.0"))
    lines = [f"Release manager  {house.url}admin/"]
    lines += [f"  {name:<9} {password}" for name, password in play.passwords.items()]
    lines += [f"{host.name:<16} {host.url}  {KINDS[host.kind]}" for host in hosts]
    lines += [
        "Sign in as releaser, press Release…, choose v2.0 and ask; then sign in as approver, for",
        "example in a private window, and approve. The release's page shows what visitors got.",
        "To see the drift watch find an intruder's file, do this and press Look now:",
        f"  echo '<?php' > {hosts[0].root}/current/public/intruder.php",
        "Ctrl-C stops and removes all of it."]
    print("\n".join(["", *lines]), flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print("\ndemo: stopping and removing everything …", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("demo: stopped, everything is removed")
