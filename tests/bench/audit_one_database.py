"""The audit log on the database of DATABASE_URL, made anew: appends, reading, and attacks.

`python -m tests.bench.audit_one_database ENTRIES TRIES SEED` prints one line of JSON. The triggers
are there while writers append; the attacker drops them.
"""

import json
import subprocess
import sys
import time

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from deployments import audit  # noqa: E402
from deployments.audit import offline, triggers  # noqa: E402
from deployments.models import AuditEntry, AuditHead  # noqa: E402
from tests.bench import audit_mutations as mutations  # noqa: E402

WRITERS = 8


def main(entries, tries, seed):
    call_command("migrate", verbosity=0)
    wrong = [f"trigger {name} is missing" for name in triggers.missing(connection)]
    connection.close()
    appended_s = _append(entries // WRITERS)
    count = entries // WRITERS * WRITERS
    began = time.perf_counter()
    verdict = audit.verify()
    read_s = time.perf_counter() - began
    if (verdict.entries, verdict.first_bad) != (count, None):
        wrong.append(f"{verdict.sentence} {count} were written.")
    began = time.perf_counter()
    code, said = offline.verify_export(audit.export_lines(), offline.ring(settings.AUDIT_KEYS))
    offline_s = time.perf_counter() - began
    wrong += [said] if code else []
    triggers.remove(connection)
    _begin_anew()
    print(json.dumps({
        "vendor": connection.vendor, "appends": count / appended_s, "reads": count / read_s,
        "offline": count / offline_s, "wrong": wrong,
        "database": mutations.on_database(tries, seed), "export": mutations.on_export(tries, seed),
    }))


def _append(each):
    """Seconds that so many writers took for so many entries each, started together."""
    writers = [subprocess.Popen([sys.executable, "-m", "tests.bench.audit_writer", str(each)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
               for _ in range(WRITERS)]
    for writer in writers:
        writer.stdout.readline()
    began = time.perf_counter()
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    failed = [writer for writer in writers if writer.wait()]
    if failed:
        sys.exit(f"{len(failed)} writers failed")
    return time.perf_counter() - began


def _begin_anew():
    """A short log: each attack is followed by a reading of all of it."""
    AuditEntry.objects.all().delete()
    AuditHead.objects.update(seq=0, hash="")
    for number in range(mutations.ENTRIES):
        audit.record("project.changed", f"Entry {number}", number=number,
                     before={"name": "old"}, after={"name": number})


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
