"""What must be true after every run, whatever went wrong in it."""

from collections import Counter
from itertools import combinations

from deployments import audit
from deployments.models import AuditEntry, CacheLock, Deployment, Environment, LogLine, Release

from .database import AWAY
from .sessions import running

MOST_WORKERS = 3
LEAST_WAKE_S = 25
RECOVERY_S = 180
ENDS = {f"deployment.{status}" for status in ("succeeded", "failed", "errored", "cancelled")}
DAY_S = 86_400


def violations(stage, world):
    """Return one sentence for everything that is not as it must be."""
    found = list(world.violations)
    for pk in stage.environments:
        environment = Environment.objects.get(pk=pk)
        found += _servers(world, environment)
        found += _rows(environment) + _turns(environment)
    for machine in world.machines.values():
        for folder in machine.folders.values():
            found += _fences(folder) + _directions(folder, world) + _commands(folder, world)
            found += [f"{machine.name}: {wrong}" for wrong in folder.wrong]
        found += _php(machine)
    found += _wakes(world) + _recoveries(world) + _locks() + _audit() + _log() + _problems(world)
    return found


def _servers(world, environment):
    """Every server is on exactly one known good release, the same everywhere, as the rows say."""
    live = Deployment.objects.live(environment)
    wanted = live.release.name if live else ""
    digests = dict(Release.objects.values_list("name", "digest"))
    found = []
    for place in environment.installations.select_related("server"):
        folder = world.machines[place.server.name].folders[place.root]
        where = f"{folder.server} {folder.root}"
        if folder.live != wanted:
            found.append(f"{where} is on {folder.live or 'nothing'}, and {wanted or 'nothing'} "
                         "should be live")
        pool = world.machines[place.server.name].pool_of(place.root)
        if live and folder.live in pool.broken:
            found.append(f"{where} is on {folder.live}, whose pages do not work")
        if folder.live and folder.releases.get(folder.live) != digests[folder.live]:
            found.append(f"{where}: {folder.live} is not what was approved")
        if live and not live.targets.filter(installation=place, status="proved").exists():
            found.append(f"{where} is live and its row does not say that it was proved")
    return found


def _rows(environment):
    found = [f"{row} is still {row.status}" for row in environment.deployments.open()]
    for row in environment.deployments.all():
        if row.attempts > MOST_WORKERS:
            found.append(f"{row} was given to {row.attempts} workers")
        if row.status == "succeeded" and row.finishes > 1:
            found.append(f"{row} went forward {row.finishes} times after its worker was lost")
        if row.status == "succeeded" and row.stop_requested_by_name:
            found.append(f"{row} went live although it was stopped")
    return found


def _turns(environment):
    """One deployment at a time holds an environment."""
    rows = environment.deployments.exclude(claimed_at=None).exclude(finished_at=None)
    return [f"{one} and {two} ran at the same time" for one, two in combinations(rows, 2)
            if max(one.claimed_at, two.claimed_at) < min(one.finished_at, two.finished_at)]


def _commands(folder, world):
    """A command of one deployment never runs beside itself, not again after it succeeded, and not
    after the deployment has ended."""
    found, seen = [f"{folder.server}: command {key} runs although all has ended"
                   for key in running(folder, world.loop.now)], {}
    for session in folder.runs:
        last = seen.get(session.key)
        if last and (last.code == 0 or session.began_at < last.ends_at):
            found.append(f"{folder.server}: command {session.key} ran twice")
        seen[session.key] = session
    return found


def _directions(folder, world):
    """What goes back goes on going back, unless a person decides otherwise."""
    found, last = [], {}
    for act in [act for act in folder.acts if act.script == "switch.sh" and act.target is not None]:
        turns = last.setdefault(act.deployment, [])
        if act.target not in turns[-1:]:
            turns.append(act.target)
    if not world.decisions:
        found += [f"{folder.server}: deployment {pk} switched {' then '.join(turns)}"
                  for pk, turns in last.items() if len(turns) > 2]
    return found


def _fences(folder):
    """Nobody with a lower fence acts after one with a higher fence."""
    highest, found = 0, []
    for act in folder.acts:
        if act.fence < highest:
            found.append(f"{folder.server}: {act.script} of fence {act.fence} acted after fence "
                         f"{highest}")
        highest = max(highest, act.fence)
    return found


def _php(machine):
    """Every PHP worker executes what `current` names."""
    found = []
    for master in machine.masters.values():
        for pool in master.pools:
            for worker in pool.workers:
                runs = pool.executes(worker)
                if pool.folder.live and runs != pool.folder.live:
                    found.append(f"{machine.name}: worker {worker.pid} runs {runs}, and current "
                                 f"names {pool.folder.live}")
    return found


def _wakes(world):
    """The reaper does not flood the queue: a row that was woken is given its time."""
    found, last = [], {}
    for at, pk in world.wakes:
        before = last.get(pk, at - DAY_S)
        was_taken = any(row == pk and before <= taken <= at for taken, row in world.takings)
        if at - before < LEAST_WAKE_S and not was_taken:
            found.append(f"deployment {pk} was woken again after {at - last[pk]:.0f} s")
        last[pk] = at
    return found


def _recoveries(world):
    """Whoever is killed is followed within three minutes, unless messages are lost as well."""
    found = []
    for at, pk in world.losses if not world.loss else ():
        later = [taken for taken, row in world.takings if row == pk and taken > at]
        if later and min(later) - at > RECOVERY_S:
            found.append(f"deployment {pk} was taken up {min(later) - at:.0f} s after a kill")
    return found


def _locks():
    held = CacheLock.objects.filter(deployment__isnull=False)
    return [f"{lock} is still held by {lock.deployment}" for lock in held]


def _audit():
    """Every intent has an outcome after it, none comes after the end, and the chain is whole."""
    found, left = _after_the_end(), Counter()
    rows = AuditEntry.objects.filter(action__startswith="step.").order_by("seq")
    for action, outcome, details in rows.values_list("action", "outcome", "details"):
        key = action, details["deployment"]
        left[key] = left[key] + 1 if outcome == AuditEntry.INTENDED else max(0, left[key] - 1)
    found += [f"{count} outcomes of {key} are missing" for key, count in left.items() if count]
    verdict = audit.verify()
    return found + ([] if verdict.first_bad is None else [verdict.sentence])


def _after_the_end():
    """A worker that was replaced writes nothing any more."""
    found, over = [], set()
    rows = AuditEntry.objects.filter(details__has_key="deployment").order_by("seq")
    for action, pk in rows.values_list("action", "details__deployment"):
        if action.startswith("step.") and pk in over:
            found.append(f"{action} of deployment {pk} was written after its end")
        if action in ENDS:
            over.add(pk)
    return found


def _log():
    found = []
    for pk in LogLine.objects.values_list("deployment", flat=True).distinct().order_by():
        numbers = list(LogLine.objects.filter(deployment=pk).order_by("number")
                       .values_list("number", flat=True))
        if numbers != list(range(1, len(numbers) + 1)):
            found.append(f"the log of deployment {pk} has gaps")
    return found


def _problems(world):
    """Exceptions that reached the queue: an engine that fails by itself."""
    return [f"{worker.name}: {type(task.problem).__name__}: {task.problem}"
            for worker in world.workers for task in worker.tasks
            if task.problem is not None and str(task.problem) != AWAY]


