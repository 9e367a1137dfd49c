"""A week in the life of five sites, as rows: what browser tests and screenshots look at."""

import hashlib
from datetime import timedelta

from django.utils import timezone

from deployments.models import (
    Approval,
    Commit,
    Deployment,
    LogLine,
    Notice,
    Project,
    ProtectionChange,
    Ref,
    Target,
    WitnessRecord,
    WorkerCluster,
)
from tests import factories
from tests.adopted import looked
from tests.browser import begun, begun_sites, governed, states, unproved
from tests.browser.drifted import find_drift
from tests.browser.examined import examine

PASSWORD = "correct horse battery"
NASTY = "</span><script>document.title='owned'</script>"


def cast():
    """Anna releases, Ben approves and decides, Vera looks, Ines sets things up."""
    people = {
        "anna": ("Anna", "Berg", ("look", "build", "release", "go_back")),
        "ben": ("Ben", "Okafor", ("look", "approve", "decide")),
        "vera": ("Vera", "Lind", ("look",)),
    }
    made = {name: factories.make_user(name, None, *actions, password=PASSWORD, first_name=first,
                                      last_name=last)
            for name, (first, last, actions) in people.items()}
    made["ines"] = factories.make_user("ines", password=PASSWORD, is_staff=True,
                                       is_superuser=True, first_name="Ines", last_name="Roth")
    return made


def make_site(name, *slugs, servers=("web-1", "web-2")):
    """A project with these environments, each on its servers."""
    project = factories.make_project(name=name, slug=name.lower().replace(" ", "-"),
                                     source_read_at=timezone.now() - timedelta(minutes=2))
    places = []
    for position, slug in enumerate(slugs):
        host = f"{project.slug}.example" if slug == "production" else \
            f"{slug}.{project.slug}.example"
        place = factories.make_environment(project, slug=slug, site_host=host, position=position)
        for server in servers[:1] if slug == "staging" else servers:
            factories.make_installation(place, server=factories.make_server(server))
        places.append(place)
    return project, *places


def make_commits(project, *subjects, ref="main", sort="branch"):
    """A line of commits with SHAs that look like some, `ref` naming the last; returns them."""
    start, parent, commits = timezone.now() - timedelta(hours=30), "", []
    for hour, subject in enumerate(subjects):
        sha = hashlib.sha1(f"{project.slug} {ref} {subject}".encode()).hexdigest()
        commits.append(Commit.objects.create(
            project=project, sha=sha, parents=parent, subject=subject,
            author_name=("Ada Young", "Jo Marsh")[hour % 2],
            authored_at=start + timedelta(hours=hour, minutes=hour * 7)))
        parent = sha
    Ref.objects.create(project=project, name=ref, sort=sort, sha=parent,
                       committed_at=commits[-1].authored_at)
    return commits


def make_release(project, commit=None, **over):
    """A release whose SHA and digest look like some."""
    sha = commit.sha if commit else hashlib.sha1(str(over).encode()).hexdigest()
    digest = hashlib.sha256(sha.encode()).hexdigest()
    return factories.make_release(
        project, commit_sha=sha, **{"requested_by_name": "Anna Berg", "digest": digest} | over)


def evidence(pools=(("www", 8), ("api", 4)), *, strategy="reset"):
    """What a proved server's row holds, as the pipeline writes it."""
    return {
        "pools": [{"pool": name, "workers": count, "proved": count, "exited": 0, "later": 0}
                  for name, count in pools],
        "pages": [{"path": "/", "status": 200, "ms": 41, "problem": ""}],
        "static": {"path": "assets/shop.css", "status": 200}, "strategy": strategy,
        "cache": {"php8.2-fpm": {"waited_ms": 35}} if strategy == "reset" else {},
    }


def went_live(environment, release, who, *, hours_ago, **over):
    """A proved deployment of some hours ago, with evidence and log."""
    at = timezone.now() - timedelta(hours=hours_ago)
    row = factories.make_deployment(
        environment, release=release, requested_by=who, requested_by_name=who.get_full_name(),
        finished_at=at, **over)
    Deployment.objects.filter(pk=row.pk).update(
        requested_at=at - timedelta(minutes=2),
        result=f"{environment.project.name} {release.title} is live: 24 of 24 PHP workers on "
               "2 servers run it.")
    for index, target in enumerate(row.targets.all()):
        strategy = "realpath" if index == 0 else "reset"
        Target.objects.filter(pk=target.pk).update(
            step="prove", evidence=evidence(strategy=strategy))
    write_log(row)
    row.refresh_from_db()
    return row


def write_log(row, *more):
    """The lines a deployment usually writes, and `more`."""
    lines = [
        ("", "", f"Release {row.environment.project.slug} in {row.environment.slug}"),
        ("web-1", "connect", "Connected to deploy@web-1.example:22 in 61 ms"),
        ("web-1", "copy", "Copied 480 KB in 120 files, content verified"),
        ("web-1", "switch", "current -> releases/20261123T202645Z-17"),
        ("web-1", "cohere", "PHP cache of php8.2-fpm reset after 35 ms (restart 12)"),
        ("web-1", "prove", "PHP pool www: 8 of 8 workers run it (pids 811, 812, 813, 814)"),
        *[("web-1", "copy", text) for text in more],
    ]
    LogLine.objects.bulk_create([
        LogLine(deployment=row, number=number, at=timezone.now(), server_name=server, step=step,
                text=text) for number, (server, step, text) in enumerate(lines, 1)])


def watch(deployment):
    """What its witness saw on each server: every sort of answer once, on the way there and back."""
    for target in deployment.targets.all():
        samples = [[ms, 200, ms % 97, 2 if 1400 < ms < 4000 else 1, 0, 0]
                   for ms in range(0, 5500, 100) if not 1500 < ms < 2200]
        samples += [[1550 + 100 * verdict, status, 12, version, 0, verdict]
                    for verdict, status, version in (
                        (1, 502, 0), (2, 200, 1), (3, 200, 3), (4, 200, 1), (5, 404, 0), (6, 0, 0))]
        WitnessRecord.objects.create(
            target=target, began_at=deployment.requested_at, ended_ms=5500, samples=samples,
            paths=[{"path": "/", "sort": "page"}], requests=len(samples) - 1, told=40, untold=9,
            failed=1, old=1, mixed=1, still_old=1, excused=1, unsent=1, slowest_ms=96,
            moments={"switch": 1000, "act": 1020, "coherent": 1400, "proved": 2500, "back": 4000,
                     "back_coherent": 4300, "back_proved": 5400})


def approve(deployment, who, answer="yes"):
    Approval.objects.create(deployment=deployment, user=who, user_name=who.get_full_name(),
                            answer=answer, plan_hash=deployment.plan_hash)


def build():
    """Everything: people, a worker, five sites and three begun ones, deployments of most states."""
    people = cast()
    anna, ben = people["anna"], people["ben"]
    show_life()
    sites = (_webshop(anna, ben) | _intranet(anna) | _shop_api(anna) | _blog(anna, ben)
             | _forum(anna, ben) | states.build(anna, ben) | begun_sites.build()
             | {"unproved": unproved.build(anna)})
    return people | sites | {
        "asked": governed.ask(people["vera"], sites["forum_production"]),
        "link": governed.link(people["vera"], people["ines"])}


def show_life():
    """A supervisor of workers that was seen just now."""
    now = timezone.now() + timedelta(hours=1)
    WorkerCluster.objects.create(machine="office:1", queue="release", data_folder="data",
                                 started_at=now, seen_at=now)


def _asked(environment, release, who, *, status, **over):
    return factories.make_deployment(environment, release=release, status=status,
                                     requested_by=who, requested_by_name=who.get_full_name(),
                                     **over)


def _webshop(anna, ben):
    """Three versions; the newest waits for Ben."""
    webshop, staging, production = make_site("Webshop", "staging", "production")
    factories.make_rule(production, ben)
    commits = make_commits(
        webshop, "Start the shop", "Show gift cards in the basket", "Fix VAT on shipping",
        f"Escape search words {NASTY}", "Make the product pages faster", "New autumn pictures")
    releases = [make_release(webshop, commit, label=label)
                for label, commit in zip(("2.8.0", "2.8.1", "2.9.0"), commits[1:4], strict=True)]
    make_commits(webshop, "Start the shop again", ref="v1.0", sort="tag")
    approve(went_live(production, releases[0], anna, hours_ago=170), ben)
    live = went_live(production, releases[1], anna, hours_ago=26, previous=releases[0])
    approve(live, ben)
    watch(live)
    begun.take_time(
        went_live(staging, releases[1], anna, hours_ago=30, previous=releases[0]),
        went_live(staging, releases[2], anna, hours_ago=3, previous=releases[1]))
    begun.tell_files(webshop)
    examine(staging)
    find_drift(staging)
    waiting = _asked(production, releases[2], anna, status="awaiting_approval",
                     reason="VAT fix, accounting waits for it", previous=releases[1])
    return {"webshop": webshop, "releases": releases, "live": live, "waiting": waiting,
            "staging_place": staging.installations.first()}


def _intranet(anna):
    """One server switched, the other one nobody can tell."""
    intranet, production = make_site("Intranet", "production", servers=("web-3", "web-4"))
    first, second = (make_release(intranet, label=label) for label in ("1.4.0", "1.5.0"))
    went_live(production, first, anna, hours_ago=400)
    torn = _asked(
        production, second, anna, status="needs_attention", previous=first,
        switching_at=timezone.now(),
        result="web-4 stopped answering while it was switched. Nobody can tell yet what web-4 "
               "shows to visitors.")
    torn.targets.filter(server_name="web-3").update(
        status="proved", step="prove", switched_at=timezone.now(), evidence=evidence())
    torn.targets.filter(server_name="web-4").update(
        status="unknown", step="switch", problem="web-4 did not say how the switch ended.")
    write_log(torn, f"hostile line {NASTY}")
    return {"torn": torn}


def _shop_api(anna):
    """Production failed for want of room; staging is being released now."""
    api, staging, production = make_site("Shop API", "staging", "production")
    old, new = (make_release(api, label=label) for label in ("3.0.9", "3.1.0"))
    emergency = went_live(
        production, old, anna, hours_ago=60, emergency="Nobody could pay any more",
        overridden=[{"gate": "freeze:1", "words": "Releases were frozen (Stock-taking)."}])
    went_live(staging, old, anna, hours_ago=90)
    failed = _asked(
        production, new, anna, status="failed", previous=old, finished_at=timezone.now(),
        result="web-2 has only 120 MB free; the release needs about 400 MB. Visitors still see "
               "3.0.9.")
    told = _tell(failed)
    failed.targets.update(switched_at=None)
    failed.targets.filter(server_name="web-2").update(
        status="failed", step="inspect", problem="Only 120 MB free; about 400 MB are needed.")
    running = _asked(staging, new, anna, status="running", previous=old, owner="worker-1",
                     lease_until=timezone.now() + timedelta(hours=1))
    running.targets.update(status="prepared", step="switch")
    write_log(running)
    return {"failed": failed, "running": running, "told": told, "emergency": emergency}


def _tell(failed):
    """Anna was told; the office's address, a long one, is refused."""
    fields = {"event": "deployment.failed", "deployment": failed, "text": f"{NASTY}\n",
              "environment": failed.environment, "tries": 1,
              "subject": "Shop API 3.1.0 to Production: Failed - visitors still see 3.0.9"}
    Notice.objects.create(address="anna.berg@shop.example", status="sent",
                          sent_at=timezone.now(), **fields)
    return Notice.objects.create(
        address=f"{'the-whole-office-' * 3}@notifications.shop.example", status="given_up",
        problem="The mail server refused the address: 550 no such user here.", **fields)


def _blog(anna, ben):
    """Nothing is live yet; its first version is being built, and nothing may be released."""
    blog, production = make_site("Blog", "production")
    governed.freeze(blog, production, ben)
    make_commits(blog, "Hello")
    begun.begin(anna, production, checklist=("Customer support knows", "I watched Staging"))
    looked(production, assets=["public/build"])
    return {"building": make_release(blog, status="building", label="", ref="main", digest=""),
            "exceptions": governed.exceptions(production, anna, ben)}


def _forum(anna, ben):
    """In waves: web-5 is live, the others follow; Ben's version stands in line behind it."""
    forum, production = make_site("Forum", "production", servers=("web-5", "web-6", "web-7"))
    Project.objects.filter(pk=forum.pk).update(when_busy=Project.WAIT)
    type(production).objects.filter(pk=production.pk).update(canary_servers=1, wave_pause_s=600)
    production.refresh_from_db()
    old, new, next_one = (make_release(forum, label=label) for label in ("5.0", "5.1", "5.2"))
    went_live(production, old, anna, hours_ago=200)
    waves = _asked(production, new, anna, status="running", previous=old, owner="worker-2",
                   switching_at=timezone.now(), lease_until=timezone.now() + timedelta(hours=1))
    waves.targets.update(status="prepared", step="arm")
    waves.targets.filter(server_name="web-5").update(
        status="proved", step="prove", switched_at=timezone.now(),
        evidence=evidence() | {"irreversible": "bin/console doctrine:migrations:migrate"})
    write_log(waves)
    in_line = _asked(production, next_one, ben, status="waiting_turn")
    ProtectionChange.objects.create(
        environment=production, before={}, after={}, asked_by_name="Mia Wolf",
        words=["it is no longer protected", "the approval rule “2 of anna, ben” goes"])
    governed.edit(forum, ben)
    return {"waves": waves, "in_line": in_line, "forum_production": production}
