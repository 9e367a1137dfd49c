"""The only caller of django-q2's `async_task`. A message is a wake-up; the row is the truth.

Each task has its queue, and each queue a cluster of workers of its own: what may take long can
never stand in the way of a release, or of going back.
"""

from django.utils import timezone
from django_q.brokers.orm import ORM
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
PULSE = "deployments.tasks.answer_pulse"

QUEUE_OF = {
    DEPLOY: RELEASES, CHECK_SERVER: RELEASES, INSTALL_TOKENS: RELEASES, SEND_TOKENS: RELEASES,
    BUILD: BUILDS, READ_SOURCE: BUILDS, READ_SOURCES: BUILDS,
}
KNOWN = frozenset({BUILD, DEPLOY, READ_SOURCE, CHECK_SERVER, INSTALL_TOKENS})


def wake(task, pk):
    """Queue `task` for the row `pk`, in the caller's transaction (same database: both or none).

    Only whole numbers travel: messages are signed pickles that whoever reads the database can read.
    """
    if task not in KNOWN:
        raise ValueError(f"{task} is no task of ours")
    async_task(task, int(pk), cluster=QUEUE_OF[task])


def send_pulse(queue):
    """Queue a message that does nothing but show that `queue` is worked off; return its number."""
    broker = _Noting(queue)
    async_task(PULSE, broker=broker, cluster=queue, save=False)
    return broker.number


def is_in_line(number):
    """Whether no cluster has taken this message yet; django-q2 locks what is taken."""
    return OrmQ.objects.filter(pk=number, lock__lte=timezone.now()).exists()


def drop(numbers):
    """Remove these messages; the ones that were answered are gone already."""
    OrmQ.objects.filter(pk__in=numbers).delete()


def take_back(queue):
    """Put what a cluster took and never answered into line again; return how many there were.

    A task under way elsewhere may be begun twice by it, as each of ours allows.
    """
    return OrmQ.objects.filter(key=queue, lock__gt=timezone.now()).update(lock=timezone.now())


class _Noting(ORM):
    """The ORM broker, which also remembers the number of what it queued last."""

    number = None

    def enqueue(self, task):
        self.number = super().enqueue(task)
        return self.number
