"""What everybody who watches a deployment reads alike is worked out once for all of them.

Fifty people ask twice a second, and the answer takes a dozen queries. It is kept for less than the
time between two polls, and counts only while the rows it was made of, read anew for each poll, are
the same to the last column: what may come late, by less than half a second, is the time that
passes and what other deployments do.
"""

from datetime import timedelta

from django.utils import timezone

KEPT = timedelta(seconds=0.4)
MOST = 100
"""So many deployments are kept at once; more than can be on their way in a moment."""

FEW, EACH_MS, LONGEST_MS = 10, 50, 2500
"""Where more people watch than a few, each asks less often: the servers' PHP may share a machine
with us, and so does the worker."""
SEEN = timedelta(seconds=5)

_kept, _watching = {}, {}


def kept(deployment, newest, work_out):
    """What `work_out()` returned for exactly these rows a moment ago, or returns now.

    `newest` is the number of the newest line of its log.
    """
    rows, now = _rows(deployment, newest), timezone.now()
    then = _kept.get(deployment.pk)
    if then and then[0] == rows and timedelta() <= now - then[1] < KEPT:
        return then[2]
    found = work_out()
    if len(_kept) >= MOST:
        _kept.clear()
    _kept[deployment.pk] = rows, now, found
    return found


def wait_ms(deployment, actor, usual_ms):
    """How long this person waits until the next poll, with all the others who watch."""
    now = timezone.now()
    if len(_watching) >= MOST:
        _watching.clear()
    people = {each: at for each, at in _watching.get(deployment.pk, {}).items() if now - at < SEEN}
    people[actor.user.pk] = now
    _watching[deployment.pk] = people
    if len(people) <= FEW:
        return usual_ms
    return max(usual_ms, min(len(people) * EACH_MS, LONGEST_MS))


def _rows(deployment, newest):
    """All that was read for this poll, to be compared; and in whose time zone it is told."""
    place, release = deployment.environment, deployment.release
    rows = [deployment, place, place.project, release, deployment.previous,
            *deployment.targets.all()]
    return [timezone.get_current_timezone_name(), newest, *map(_columns, filter(None, rows))]


def _columns(row):
    """As the database has them; what is deferred was not read."""
    return {field.attname: row.__dict__.get(field.attname) for field in row._meta.concrete_fields}
