"""What it costs that 50 people watch a deployment: `python -m tests.bench.watchers`.

Two real servers, and gunicorn and a worker as the demo has them. Two versions go live to and fro,
watched and unwatched by turns within one run: so whatever else this machine does meets both alike.
The people come within SPREAD_S and then ask when the page is told to, so each poll meets the others
as it would in an office: that is how long an answer takes, not how many can be given at once.
Prints how long polls took, and the ratio of the deployments' times; fails where an answer is none,
the median poll takes longer than LIMIT_MS, or the median of the pairs' ratios is over LIMIT_RATIO.
Other work on the machine makes polls slower, and ratios wider on both sides of 1.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import uuid
from pathlib import Path

from tests.demo.house import House
from tests.sandbox.daemons import open_folder, remove_folder
from tests.sandbox.site import SiteRepository
from tests.sandbox.webhost import WebHost

ROOT = Path(__file__).parents[2]
LIMIT_MS = 20
LIMIT_RATIO = 1.05
SPREAD_S = 2


def main():
    """Measure; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.watchers")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--pairs", type=int, default=8, help="deployments of each kind")
    wanted = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = open_folder("releasemgr-bench-")
        stack.callback(remove_folder, folder)
        repository = SiteRepository(folder).create()
        hosts = [stack.enter_context(WebHost("web-1", kind="realpath")),
                 stack.enter_context(WebHost("web-2", kind="stale"))]
        house = stack.enter_context(House(lambda mail: None))
        took_s, answers = _measure(repository, hosts, house.url, wanted)
    return report(took_s, answers, wanted.people)


def _measure(repository, hosts, url, wanted):
    """Return {is watched: seconds of each deployment, in turn} and all answers to polls."""
    import django

    django.setup()  # only now: House has set the environment that settings read
    from tests.demo.play import Play

    play = Play(repository, hosts)
    versions = [play.release(ref).release for ref in ("v1.0", "v2.0")]
    cookies = _sign_in(play, wanted.people)
    took_s, answers = {True: [], False: []}, []
    for pair in range(wanted.pairs):
        for is_watched in (True, False) if pair % 2 else (False, True):
            count = len(took_s[True]) + len(took_s[False])
            seconds, own = _release(play, versions[count % 2], url, cookies if is_watched else [])
            took_s[is_watched].append(seconds)
            answers += own
    return took_s, answers


def _sign_in(play, count):
    """The cookies of so many new people who may look."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    from deployments.models import Grant

    cookies = []
    for number in range(count):
        user = get_user_model().objects.create_user(f"watcher-{number}")
        Grant.objects.create(user=user, project=play.project, action=Grant.LOOK,
                             granted_by_name="the measurement")
        client = Client(HTTP_HOST="localhost")
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        cookies.append(f"{name}={client.cookies[name].value}")
    return cookies


def _release(play, version, url, cookies):
    """Release it while these people watch; return its seconds at work, and the answers."""
    from deployments.services import deployments

    watching = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.watching", url, str(SPREAD_S)], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    print(json.dumps(cookies), file=watching.stdin, flush=True)
    watching.stdout.readline()
    row = deployments.request_deployment(
        play.people["releaser"], play.environment, release=version, request_key=uuid.uuid4().hex,
        reason="To be watched")
    print(row.pk, file=watching.stdin, flush=True)
    ended = play.through(row)
    text, _ = watching.communicate()
    return (ended.finished_at - ended.claimed_at).total_seconds(), json.loads(text)


def report(took_s, answers, people):
    """Print the figures; return the exit code."""
    polls = sorted(ms for _, ms in answers)
    failed = sum(status != 200 for status, _ in answers)
    median, p95 = statistics.median(polls), polls[int(len(polls) * 0.95)]
    print(f"watchers: {people} people asked {len(polls)} times: median {median:.1f} ms, "
          f"p95 {p95:.1f} ms, failed={failed}")
    for is_watched, name in ((False, "unwatched"), (True, "watched")):
        own = took_s[is_watched]
        print(f"watchers: {name}: {len(own)} deployments, median "
              f"{statistics.median(own):.2f} s ({min(own):.2f} to {max(own):.2f})")
    pairs = [mine / other for mine, other in zip(took_s[True], took_s[False], strict=True)]
    ratio = statistics.median(pairs)
    print(f"watchers: deployment x{ratio:.3f} (median of {len(pairs)} pairs, "
          f"{min(pairs):.3f} to {max(pairs):.3f})")
    slow = [words for words, is_so in ((f"polls over {LIMIT_MS} ms", median > LIMIT_MS),
                                       (f"deployments over x{LIMIT_RATIO}", ratio > LIMIT_RATIO))
            if is_so]
    if slow:
        print(f"watchers: {', '.join(slow)}")
    return 1 if failed or slow else 0


if __name__ == "__main__":
    sys.exit(main())
