"""One process that appends audit entries: `python -m tests.bench.audit_writer N`; for audit.py."""

import sys

import django

django.setup()

from django.db import connection  # noqa: E402

from deployments import audit  # noqa: E402

if __name__ == "__main__":
    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(sys.argv[1])):
        audit.record("bench.step", "A step was done", number=number, before={"name": "old"},
                     after={"name": "new"})
