"""The only caller of django-q2's `async_task`. A message is a wake-up; the row is the truth.

Each task has its queue, and each queue a cluster of workers of its own: what may take long can
never stand in the way of a release, or of going back. A message may be for one machine alone: then
it is in the line `QUEUE@MACHINE`, which the cluster of that machine works off first.

When a message may be taken is told by the database's clock, as with every lease: machines may
differ.
"""

from datetime import timedelta
from time import sleep

from django.db.models.functions import Now
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task

RELEASES, BUILDS = QUEUES = ("release", "build")

BUILD = "deployments.tasks.build_release"
DEPLOY = "deployments.tasks.run_deployment"
READ_SOURCE = "deployments.tasks.read_source"
READ_SOURCES = "deployments.tasks.read_sources"
CHECK_SERVER = "deployments.tasks.answer_check"
INSTALL_TOKENS = "deployments.tasks.install_tokens"
SEND_TOKENS = "deployments.tasks.send_unfinished_tokens"
SEND_NOTICES = "deployments.tasks.send_notices"
EXAMINE = "deployments.tasks.examine"
EXAMINE_LATER = "deployments.tasks.examine_later"
EXAMINE_ALL = "deployments.tasks.examine_at_night"
LOOK = "deployments.tasks.look_for_drift"
LOOK_TO_ADOPT = "deployments.tasks.look_to_adopt"
TAKE_IN = "deployments.tasks.take_in"
WATCH_DRIFT = "deployments.tasks.watch_drift"
START_PLANNED = "deployments.tasks.start_planned"
ANCHOR = "deployments.tasks.anchor_audit"
CHECK_LOG = "deployments.tasks.check_log"
TIDY_SESSIONS = "deployments.tasks.tidy_sessions"
ASK_AGAIN = "deployments.tasks.look_after_requests"
PULSE = "deployments.tasks.answer_pulse"

QUEUE_OF = {
    DEPLOY: RELEASES, CHECK_SERVER: RELEASES, INSTALL_TOKENS: RELEASES, SEND_TOKENS: RELEASES,
    EXAMINE: RELEASES,  # a person waits for it
    EXAMINE_LATER: BUILDS, EXAMINE_ALL: BUILDS, SEND_NOTICES: BUILDS,
    BUILD: BUILDS, READ_SOURCE: BUILDS, READ_SOURCES: BUILDS,
    ASK_AGAIN: BUILDS, LOOK: BUILDS, WATCH_DRIFT: BUILDS, TIDY_SESSIONS: BUILDS, ANCHOR: RELEASES,
    START_PLANNED: RELEASES, LOOK_TO_ADOPT: BUILDS, TAKE_IN: BUILDS,
    CHECK_LOG: BUILDS,  # a minute long, and no release may wait for it
}
KNOWN = frozenset({
    BUILD, DEPLOY, READ_SOURCE, CHECK_SERVER, INSTALL_TOKENS, EXAMINE, EXAMINE_LATER,
    SEND_NOTICES, LOOK, LOOK_TO_ADOPT, TAKE_IN, CHECK_LOG})


_ours = {}


def work_for(machine):
    """From now on this process, and its children, also work off what is for `machine` alone."""
    _ours["machine"] = machine


def line_of(queue, machine):
    """The name of the line for what one machine's cluster alone may take."""
    return f"{queue}@{machine}"


def wake(task, pk, *, machine=""):
    """Queue `task` for the row `pk`, in the caller's transaction (same database: both or none).

    Only whole numbers travel: messages are signed pickles that whoever reads the database can read.
    """
    if task not in KNOWN:
        raise ValueError(f"{task} is no task of ours")
    queue = QUEUE_OF[task]
    line = line_of(queue, machine) if machine else queue
    async_task(task, int(pk), broker=Broker(line), cluster=queue)


def send_pulse(queue, machine):
    """Queue a message that does nothing but show that `queue` is worked off on `machine`; return
    its number."""
    broker = Broker(line_of(queue, machine))
    async_task(PULSE, broker=broker, cluster=queue, save=False)
    return broker.number


def remove_lines_but(machines):
    """Remove what is for machines that are not among these: nobody would ever take it."""
    lines = [line_of(queue, machine) for machine in machines for queue in QUEUES]
    OrmQ.objects.filter(key__contains="@").exclude(key__in=lines).delete()


def is_in_line(number):
    """Whether no cluster has taken this message yet; django-q2 locks what is taken."""
    return OrmQ.objects.filter(pk=number, lock__lte=Now()).exists()


def waiting():
    """{queue: (how many messages wait for a worker, for how many seconds the oldest does)}."""
    rows = OrmQ.objects.filter(lock__lte=Now()).annotate(now=Now()).order_by("lock")
    found = {}
    for key, lock, now in rows.values_list("key", "lock", "now"):
        name = key.partition("@")[0]
        count, oldest_s = found.get(name, (0, int((now - lock).total_seconds())))
        found[name] = (count + 1, oldest_s)
    return found


def drop(numbers):
    """Remove these messages; the ones that were answered are gone already."""
    OrmQ.objects.filter(pk__in=numbers).delete()


def take_back(queue):
    """Put what a cluster took and never answered into line again; return how many there were.

    A task under way elsewhere may be begun twice by it, as each of ours allows.
    """
    return OrmQ.objects.filter(key=queue, lock__gt=Now()).update(lock=Now())


class Broker(ORM):
    """django-q2's ORM broker with a line for this machine, and the oldest message first.

    `number` is the message's that it queued last.
    """

    number = None

    def enqueue(self, task):
        """As ORM.enqueue of django-q2 1.11.1, which goes by this machine's clock."""
        self.number = self.get_connection().create(
            key=self.list_key or Conf.CLUSTER_NAME, payload=task, lock=Now()).pk
        return self.number

    def timeout(self, task):
        return Now() + timedelta(seconds=Conf.RETRY)

    def dequeue(self):
        """Return [(number, payload)] of what this call took; waits a moment when there is none.

        As ORM.dequeue of django-q2 1.11.1: whoever locks it first has it.
        """
        lines = [self.list_key, *(line_of(self.list_key, each) for each in _ours.values())]
        free = self.get_connection().filter(key__in=lines, lock__lte=Now())
        found = list(free.order_by("-key", "pk")[:Conf.BULK])
        if not found:
            sleep(Conf.POLL)
        return [(message.pk, message.payload) for message in found
                if free.filter(pk=message.pk).update(lock=self.timeout(message))]
