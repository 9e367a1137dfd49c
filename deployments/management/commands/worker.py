"""Run the worker: builds, deployments and everything else that talks to other machines."""

import sys

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from ... import schedules
from ..speaking import FAILED


class Command(BaseCommand):
    help = "Work off the queue until SIGTERM or SIGINT; what runs then is finished first."

    def handle(self, *args, **options):
        connection = connections["default"]
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stderr.write("The database is not up to date. Run `manage.py migrate` first.")
            sys.exit(FAILED)
        schedules.ensure()
        connection.close()  # the cluster forks: no process may share a connection
        self.stdout.write("The worker takes tasks now.")
        call_command("qcluster")
