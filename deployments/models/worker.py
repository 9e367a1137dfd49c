"""WorkerCluster: one running cluster of workers on one machine, as its supervisor sees it."""

from django.db import models
from django.utils.translation import gettext as _


class WorkerCluster(models.Model):
    """A row per supervisor and queue. Its times are the database's."""

    machine = models.CharField(max_length=80)  # host:pid of the supervisor
    queue = models.CharField(max_length=20)  # release, build
    data_folder = models.CharField(max_length=36)  # identity of the DATA_DIR it works in
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # the supervisor's own sign of life
    asked_at = models.DateTimeField(null=True)  # when it last sent a pulse through the queue
    pulse_at = models.DateTimeField(null=True)  # when a worker of it last finished one

    class Meta:
        ordering = ("machine", "queue")
        constraints = [models.UniqueConstraint("machine", "queue", name="one_row_per_cluster")]

    def __str__(self):
        return _("{queue} on {machine}").format(queue=self.queue, machine=self.machine)
