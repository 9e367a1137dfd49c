"""Clusters of workers as rows: which are there, which of them answer, and who in them is busy.

A supervisor writes the rows of its machine; each worker marks the row of the cluster it is in.
"""

import contextlib
import socket
from datetime import timedelta
from pathlib import Path

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from .. import queue
from ..models import Deployment, Release, WorkerCluster

ALIVE_S = 60
"""Without a sign of life of its supervisor for so long, a cluster counts as gone."""
KEPT = timedelta(days=1)
AT_WORK = "task "
"""How the name of a process begins (`ps -o comm`) while it works on something without a lease."""

_here = {}


def name_of(pid):
    """Host and process: how rows name a process."""
    return f"{socket.gethostname()}:{pid}"


def work_in(machine, name):
    """From now on tasks of this process, and of its children, are pulses of that cluster."""
    _here.update(machine=machine, queue=name)
    queue.work_for(machine)


def mark_pulse():
    """Write that a worker of this cluster began a task; nothing outside of a cluster."""
    if _here:
        WorkerCluster.objects.filter(**_here).update(pulse_at=Now())


@contextlib.contextmanager
def at_work(task):
    """Work on a task without a lease: the process is called by it, for its supervisor to see."""
    _call(f"{AT_WORK}{task}")
    try:
        yield
    finally:
        _call(_("worker idle"))


def _call(name):
    if _here:
        with contextlib.suppress(OSError):  # no Linux
            Path("/proc/self/comm").write_text(name)


def register(machine, *, data_folder):
    """Write a new row for each queue of this supervisor; those of ended ones of this host go."""
    _forget_ended()
    for name in queue.QUEUES:
        WorkerCluster.objects.update_or_create(
            machine=machine, queue=name,
            defaults={"data_folder": data_folder, "started_at": Now(), "seen_at": Now(),
                      "asked_at": None, "pulse_at": None})


def _forget_ended():
    """Remove what killed supervisors left: they would be taken for alive for a while."""
    for row in WorkerCluster.objects.filter(machine__startswith=name_of("")):
        if not Path("/proc", row.machine.rpartition(":")[2]).exists():
            row.delete()


def is_registered(machine, name):
    return WorkerCluster.objects.filter(machine=machine, queue=name).exists()


def show_life(machine, *, data_folder):
    """Write that the supervisor is there; rows of those long gone go, and messages for them."""
    WorkerCluster.objects.filter(seen_at__lt=Now() - KEPT).delete()
    queue.remove_lines_but(set(WorkerCluster.objects.values_list("machine", flat=True)))
    seen = WorkerCluster.objects.filter(machine=machine).update(seen_at=Now())
    if seen < len(queue.QUEUES):
        register(machine, data_folder=data_folder)


def forget(machine):
    """Remove the rows of a supervisor that ends."""
    WorkerCluster.objects.filter(machine=machine).delete()


def alive():
    """The rows of clusters whose supervisor gave a sign of life lately."""
    return WorkerCluster.objects.filter(seen_at__gt=Now() - timedelta(seconds=ALIVE_S))


def is_at_work():
    """Whether a worker holds a deployment now, and extends its lease."""
    return Deployment.objects.filter(status="running", lease_until__gt=Now()).exists()


def pulses(machine):
    """{queue: when a worker of it last began a task, or None} of this supervisor."""
    return dict(WorkerCluster.objects.filter(machine=machine).values_list("queue", "pulse_at"))


def ask(machine, name):
    """Send a pulse through the queue; return the message's number."""
    number = queue.send_pulse(name, machine)
    WorkerCluster.objects.filter(machine=machine, queue=name).update(asked_at=Now())
    return number


def take_back(machine, name):
    """Put into line again what a cluster that is gone had taken; return how many messages.

    Where other machines work off the same queue, nobody knows whose they are: they stay, but for
    those that were for this machine alone.
    """
    own = queue.take_back(queue.line_of(name, machine))
    if alive().filter(queue=name).exclude(machine=machine).exists():
        return own
    return own + queue.take_back(name)


def lease_holders(pids):
    """Those of these processes of this machine that hold a deployment or a build now."""
    owners = {name_of(pid): pid for pid in pids}
    held = {"owner__in": list(owners), "lease_until__gt": Now()}
    rows = [*Deployment.objects.filter(status="running", **held).values_list("owner", flat=True),
            *Release.objects.filter(status="building", **held).values_list("owner", flat=True)]
    return {owners[owner] for owner in rows}
