"""Run the worker: builds, deployments and everything else that talks to other machines."""

import os
import sys

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from ... import queue, schedules
from ...services import clusters
from ..speaking import FAILED, WRONG
from ..supervising import lifelines
from ..supervising.supervisor import Supervisor


class Command(BaseCommand):
    help = ("Work off the queues until SIGTERM or SIGINT; what runs then is handed over at its "
            "next step.")

    def add_arguments(self, parser):
        parser.add_argument(
            "--only", choices=queue.QUEUES, metavar="QUEUE",
            help="Work off one queue, as a child of a worker without it: not for people.")

    def handle(self, *args, **options):
        if options["only"]:
            self._work_in(options["only"])
            return
        connection = connections["default"]
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self._refuse("The database is not up to date. Run `manage.py migrate` first.", FAILED)
        schedules.ensure()
        Supervisor(say=self._say, complain=self._complain).run()

    def _work_in(self, name):
        """Be a cluster of the worker that started this process, and end with it."""
        supervisor = os.getppid()
        machine = clusters.name_of(supervisor)
        if not clusters.is_registered(machine, name):
            self._refuse("Run `manage.py worker` without --only: it starts what it needs.", WRONG)
        lifelines.die_with_parent(supervisor)
        lifelines.pass_on()
        clusters.work_in(machine, name)
        connections.close_all()  # the cluster forks: no process may share a connection
        call_command("qcluster")

    def _refuse(self, sentence, code):
        self.stderr.write(sentence)
        sys.exit(code)

    def _say(self, sentence):
        self.stdout.write(sentence)
        self.stdout.flush()

    def _complain(self, sentence):
        self.stderr.write(sentence)
        self.stderr.flush()
